"""A threaded HTTP/1.1 server on loopback that keeps connections alive and can drop them unanswered."""

import socket
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from toolkit.lab.exchange import Dropped, Handler, Request

LOOPBACK = "127.0.0.1"
BACKLOG = 1024


class Listener(ThreadingHTTPServer):
    """One thread for each connection; every request goes to one handler."""

    daemon_threads = True
    request_queue_size = BACKLOG

    def __init__(self, port: int, *, handler: Handler) -> None:
        super().__init__((LOOPBACK, port), _Exchange)
        self.handler = handler

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{LOOPBACK}:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that goes away in mid-call is part of the lab's work, not news."""


class _Exchange(BaseHTTPRequestHandler):
    """Reads a whole request before anything else happens, so that no lock is ever held over a slow caller."""

    server: Listener
    protocol_version = "HTTP/1.1"
    # Headers and body leave in two writes; with Nagle's algorithm each answer would wait for a delayed ACK.
    disable_nagle_algorithm = True

    def _read_body(self) -> bytes:
        """The whole body.

        Raises:
            Dropped: the caller went away in the middle of it, so that there is no request.
        """
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            announced = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(announced)
            if len(body) < announced:
                raise Dropped
            return body
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            request = Request(method=self.command, target=self.path, headers=headers, body=self._read_body())
            answer = self.server.handler(request)
        except Dropped:
            self.close_connection = True
            with suppress(OSError):  # the caller may be gone
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(answer.status)
        for name, value in answer.headers:
            if name.lower() not in {"content-length", "transfer-encoding", "connection", "date", "server"}:
                self.send_header(name, value)
        bodiless = self.command == "HEAD" or answer.status in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
        length = next((v for n, v in answer.headers if n.lower() == "content-length"), str(len(answer.body)))
        self.send_header("Content-Length", length if self.command == "HEAD" else str(len(answer.body)))
        self.end_headers()
        if not bodiless:
            self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = _serve  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Nothing: the recorder is the log."""
