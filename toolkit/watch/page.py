"""The health page and the metrics, over HTTP; on loopback unless another address is given."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from socketserver import TCPServer
from typing import TYPE_CHECKING, Final

from toolkit.domain.errors import UsageError
from toolkit.watch import metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from toolkit.watch.report import Report

_LAST_PORT: Final = 65535


class Server(ThreadingHTTPServer):
    """Serves the reports of one source; a request is no reason for the watcher to stay."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], source: Callable[[], Report]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, Page)
        self.source = source

    def server_bind(self) -> None:
        """Without the base class's question for this machine's name, which waits long for a resolver that is away."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever hangs up early is nobody's trouble."""


class Page(BaseHTTPRequestHandler):
    """``/health`` for people and load balancers, ``/metrics`` for Prometheus."""

    server: Server
    # Whoever connects and asks nothing must not keep a thread.
    timeout = 10.0

    def do_GET(self) -> None:
        found, path = self.server.source(), self.path.partition("?")[0]
        if path == "/metrics":
            self._answer(HTTPStatus.OK, metrics.CONTENT_TYPE, metrics.text(found))
        elif path in {"/", "/health"}:
            status = HTTPStatus.OK if found.alive else HTTPStatus.SERVICE_UNAVAILABLE
            self._answer(status, "application/json", json.dumps(found.as_json(), indent=2) + "\n")
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", "there are /health and /metrics\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        del format, args

    def _answer(self, status: HTTPStatus, content_type: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def place(text: str) -> tuple[str, int]:
    """Address and port out of ``127.0.0.1:9470``; raises UsageError for anything else, a name or a port alone too."""
    host, _, port = text.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    with suppress(ValueError):
        if port.isascii() and port.isdigit() and int(port) <= _LAST_PORT and (":" in bare) is (bare != host):
            return str(ip_address(bare)), int(port)
    raise UsageError(f"can't serve the health page at {text!r}: write an address and a port, such as 127.0.0.1:9470")


def is_open(address: tuple[str, int]) -> bool:
    """Whether other machines can reach a page that is served there."""
    return not ip_address(address[0]).is_loopback


@contextmanager
def served(address: tuple[str, int], source: Callable[[], Report]) -> Iterator[int]:
    """The page on its port (which is given back, for port 0) while the block lasts; raises UsageError when taken."""
    try:
        server = Server(address, source)
    except OSError as error:
        raise UsageError(f"can't serve the health page at {address[0]}:{address[1]}: {error.strerror}") from error
    thread = threading.Thread(target=server.serve_forever, name="page", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
