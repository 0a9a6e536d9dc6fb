"""Small servers on loopback for probes to look at; each stops at the end of its ``with``."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator

LOOPBACK = "127.0.0.1"


@contextlib.contextmanager
def serving(handle: Callable[[socket.socket], None], *, host: str = LOOPBACK) -> Iterator[int]:
    """A TCP server that gives each connection to ``handle``; its port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                handle(self.request)

    class Server(socketserver.ThreadingTCPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        daemon_threads = True
        block_on_close = False
        request_queue_size = 128

    with Server((host, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def accepting(*, host: str = LOOPBACK) -> Iterator[int]:
    """A port that accepts connections and says nothing."""
    with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as server:
        yield int(server.getsockname()[1])


@contextlib.contextmanager
def silent() -> Iterator[int]:
    """A port whose queue is full, so that the kernel drops every further SYN, as a black hole does."""
    with socket.socket() as server, contextlib.ExitStack() as stack:
        server.bind((LOOPBACK, 0))
        server.listen(0)
        port = int(server.getsockname()[1])
        for _ in range(4):
            client = stack.enter_context(socket.socket())
            client.settimeout(0)
            client.connect_ex((LOOPBACK, port))
        yield port


def closed() -> int:
    """A port that nothing listens on."""
    with socket.create_server((LOOPBACK, 0)) as server:
        return int(server.getsockname()[1])


def saying(answer: bytes) -> Callable[[socket.socket], None]:
    """Read a request's head, give a canned answer, close."""

    def handle(sock: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data and (more := sock.recv(65536)):
            data += more
        sock.sendall(answer)

    return handle


def proxying(places: dict[tuple[str, int], int]) -> Callable[[socket.socket], None]:
    """A SOCKS5 proxy that knows where each (host, port) is on loopback, and else refuses."""

    def handle(sock: socket.socket) -> None:
        sock.recv(3)
        sock.sendall(b"\x05\x00")
        kind = sock.recv(4)[3]
        if kind == 1:
            host = socket.inet_ntop(socket.AF_INET, sock.recv(4))
        elif kind == 4:
            host = socket.inet_ntop(socket.AF_INET6, sock.recv(16))
        else:
            host = sock.recv(sock.recv(1)[0]).decode()
        (port,) = struct.unpack(">H", sock.recv(2))
        place = places.get((host, port))
        sock.sendall(bytes([5, 0 if place else 5, 0, 1]) + bytes(6))
        if place:
            with socket.create_connection((LOOPBACK, place)) as onward:
                onward.sendall(sock.recv(65536) or b"")
                while more := onward.recv(65536):
                    sock.sendall(more)

    return handle
