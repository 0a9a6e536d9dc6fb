"""A node's real service: a process of its own that answers HTTP with the node's name."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Service:
    """A running service and where it listens on loopback."""

    node: str
    process: subprocess.Popen[str]
    port: int

    def die(self) -> None:
        """End it at once, as a crash would."""
        self.process.kill()
        self.process.wait()


@contextmanager
def service(node: str) -> Iterator[Service]:
    """A service for the node, gone at the end."""
    arguments = [sys.executable, "-m", "toolkit.lab.demo.service", node]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own module
    with process:
        line = process.stdout.readline() if process.stdout else ""
        try:
            yield Service(node, process, int(json.loads(line)["port"]))
        finally:
            process.kill()


def main(node: str) -> None:
    """Serve until killed."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = node.encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(json.dumps({"port": server.server_address[1]}), flush=True)  # noqa: T201 - the parent reads it
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
