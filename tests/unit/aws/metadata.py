"""A metadata service on loopback that answers as EC2's does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

MAC = "02:00:00:00:00:01"
WHOLE = {
    "instance-id": "i-0123456789abcdef0",
    "placement/region": "eu-west-1",
    "placement/availability-zone": "eu-west-1a",
    "mac": MAC,
    "local-ipv4": "10.0.1.10",
    f"network/interfaces/macs/{MAC}/interface-id": "eni-0123456789abcdef0",
    "tags/instance/failover:group": "db",
}


@dataclass
class Service:
    """What it knows, the tokens it gave, and the status that it answers with instead, if any."""

    things: dict[str, str] = field(default_factory=lambda: dict(WHOLE))
    url: str = ""
    tokens: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    broken: Callable[[str], int | None] = field(default=lambda _: None)


@contextmanager
def serving() -> Iterator[Service]:
    """The service, for as long as the ``with`` lasts."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            if not 1 <= int(self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "0")) <= 21_600:
                return self._answer(400, "")
            if status := service.broken("PUT"):
                return self._answer(status, "")
            service.tokens.append(f"token-{len(service.tokens)}")
            return self._answer(200, service.tokens[-1])

        def do_GET(self) -> None:
            path = self.path.removeprefix("/latest/meta-data/")
            service.asked.append(path)
            if status := service.broken(path):
                return self._answer(status, "")
            if self.headers.get("X-aws-ec2-metadata-token") not in service.tokens[-1:]:
                return self._answer(401, "")
            found = service.things.get(path)
            return self._answer(404 if found is None else 200, found or "")

        def _answer(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *words: object) -> None:
            del words

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        service.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()
