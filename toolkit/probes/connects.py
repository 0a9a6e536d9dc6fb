"""TCP looks by callbacks on a loop's selector: a third of the cost of a task and streams for each.

What they say is what ``toolkit.probes.tcp`` says; a thousand of them a second are a watcher's daily work.
"""

from __future__ import annotations

import asyncio
import errno
import functools
import os
import socket
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final

from toolkit.detection.anchors import OBSERVER
from toolkit.domain.group import TcpProbe
from toolkit.domain.health import Observation, Outcome
from toolkit.probes.look import Look
from toolkit.probes.result import met

# Closing by RST leaves no TIME_WAIT behind: a thousand looks a second would use up the ports within a minute.
_RESET: Final = struct.pack("ii", 1, 0)
_IPV4: Final = 4


@dataclass(slots=True)
class _Attempt:
    """A look that is under way; ``began`` is 0 until it has a socket."""

    look: Look
    told: Callable[[Observation], None]
    began: float = 0.0
    sockets: list[socket.socket] = field(default_factory=list)
    timer: asyncio.TimerHandle | None = None


class Connects:
    """TCP looks on one loop, with at most so many sockets open; what is above waits, and its limit with it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, most_sockets: int) -> None:
        self._loop = loop
        self._most = most_sockets
        self._waiting: deque[_Attempt] = deque()
        self._starting = False
        self.open = 0
        self.most_open = 0

    @staticmethod
    def can(look: Look) -> bool:
        """Whether the look is of this kind: TCP, straight, at a literal address."""
        return isinstance(look.probe, TcpProbe) and look.via is None and _family(look.host) is not None

    def begin(self, look: Look, told: Callable[[Observation], None]) -> None:
        """Look; ``told`` is called once, in the loop.

        Of those that wait, anchors come first: whoever sees hundreds of failures must know whether it is its own.
        """
        attempt = _Attempt(look, told)
        if self.open < self._most:
            self._start(attempt)
        elif look.node == OBSERVER:
            self._waiting.appendleft(attempt)
        else:
            self._waiting.append(attempt)

    def _start(self, attempt: _Attempt) -> None:
        attempt.began = self._loop.time()
        # One lost SYN is no dead service: a second one goes out at half of the limit (``probes.connect``).
        half = attempt.look.probe.timeout_seconds / 2 if isinstance(attempt.look.probe, TcpProbe) else 0.0
        attempt.timer = self._loop.call_later(half, self._again, attempt, half)
        self._connect(attempt)

    def _connect(self, attempt: _Attempt) -> None:
        look = attempt.look
        try:
            sock = socket.socket(_family(look.host) or socket.AF_INET, socket.SOCK_STREAM)
        except OSError as error:
            self._judge(attempt, error.errno or errno.EIO)
            return
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        attempt.sockets.append(sock)
        sock.settimeout(0)
        code = sock.connect_ex((look.host, look.probe.port if isinstance(look.probe, TcpProbe) else 0))
        if code == errno.EINPROGRESS:
            self._loop.add_writer(sock.fileno(), self._ready, attempt, sock)
        else:
            self._judge(attempt, code)

    def _ready(self, attempt: _Attempt, sock: socket.socket) -> None:
        self._judge(attempt, sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))

    def _again(self, attempt: _Attempt, half: float) -> None:
        attempt.timer = self._loop.call_later(half, self._late, attempt)
        if self.open < self._most and not attempt.look.extra:
            self._connect(attempt)

    def _late(self, attempt: _Attempt) -> None:
        self._tell(attempt, *met(attempt.look, TimeoutError()))

    def _judge(self, attempt: _Attempt, code: int) -> None:
        if code == 0:
            self._tell(attempt, Outcome.PASSED, "connection accepted")
            return
        self._tell(attempt, *met(attempt.look, OSError(code, os.strerror(code))))

    def _tell(self, attempt: _Attempt, outcome: Outcome, why: str) -> None:
        if attempt.timer is not None:
            attempt.timer.cancel()
        self._close(attempt)
        now, look = self._loop.time(), attempt.look
        attempt.told(Observation(look.node, look.label, outcome, why, now, now - attempt.began))
        self._start_waiting()

    def _start_waiting(self) -> None:
        """Start those that wait as far as sockets allow; by a loop, as many of them may fail before they wait."""
        if self._starting:
            return
        self._starting = True
        try:
            while self._waiting and self.open < self._most:
                self._start(self._waiting.popleft())
        finally:
            self._starting = False

    def _close(self, attempt: _Attempt) -> None:
        for sock in attempt.sockets:
            self._loop.remove_writer(sock.fileno())
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            sock.close()
            self.open -= 1
        attempt.sockets.clear()


@functools.lru_cache(maxsize=4096)
def _family(host: str) -> int | None:
    """The family of a literal address, None for a name."""
    try:
        return socket.AF_INET if ip_address(host).version == _IPV4 else socket.AF_INET6
    except ValueError:
        return None
