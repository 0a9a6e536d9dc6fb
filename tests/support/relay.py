"""The lab on the loopback of a network namespace, for as long as a test wants it to be reachable there."""

from __future__ import annotations

import socket
import subprocess
import sys
from contextlib import suppress
from threading import Lock, Thread
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from types import TracebackType

# A socket belongs to the namespace that it was made in, whoever holds it.
_LISTEN: Final = """
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=128)
socket.send_fds(socket.socket(fileno=0), [b"x"], [server.fileno()])
"""
_CHUNK: Final = 65_536


class Relay:
    """Carries connections to the lab's own port inside the namespace over to the lab."""

    def __init__(self, url: str, namespace: str) -> None:
        parts = urlsplit(url)
        self._lab = (parts.hostname or "", parts.port or 0)
        self._namespace = namespace
        self._open = True
        self._lock = Lock()
        self._sockets: list[socket.socket] = []
        self._threads: list[Thread] = []

    def cut(self) -> None:
        """Every connection breaks, and new ones are dropped."""
        with self._lock:
            self._open = False
            self._break()

    def mend(self) -> None:
        """New connections are carried again."""
        with self._lock:
            self._open = True

    def __enter__(self) -> Self:
        self._server = _server_in(self._namespace, self._lab[1])
        self._run(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.cut()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._server.accept()
                self._carry(caller)

    def _carry(self, caller: socket.socket) -> None:
        with self._lock:
            if not self._open:
                caller.close()
                return
            lab = socket.create_connection(self._lab)
            self._sockets += [caller, lab]
        for source, sink in ((caller, lab), (lab, caller)):
            self._run(_pump, source, sink)

    def _run(self, work: object, *sockets: socket.socket) -> None:
        assert callable(work)
        thread = Thread(target=work, args=sockets, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _break(self) -> None:
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._sockets.clear()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _server_in(namespace: str, port: int) -> socket.socket:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        command = ["ip", "netns", "exec", namespace, sys.executable, "-c", _LISTEN, str(port)]
        subprocess.run(command, stdin=theirs.fileno(), check=True)
        _, (descriptor,), _, _ = socket.recv_fds(ours, 1, 1)
    return socket.socket(fileno=descriptor)
