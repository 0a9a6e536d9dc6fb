"""TCP looks by callbacks: a third of the cost of a task and streams for each.

What they say is what ``toolkit.probes.tcp`` says; a thousand of them a second are a watcher's daily work. That is
why their sockets have a selector of their own, of which the loop sees one file, and one timer for each time limit: a
loop that keeps its own books of each socket and timer costs more.
"""

from __future__ import annotations

import asyncio
import errno
import functools
import os
import selectors
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
_NON_BLOCKING: Final = getattr(socket, "SOCK_NONBLOCK", 0)
_STREAM: Final = socket.SOCK_STREAM | _NON_BLOCKING


@dataclass(slots=True)
class _Attempt:
    """A look that is under way; ``began`` is 0 until it has a socket."""

    look: Look
    told: Callable[[Observation], None]
    began: float = 0.0
    sockets: list[socket.socket] = field(default_factory=list)
    watched: list[int] = field(default_factory=list)
    over: bool = False


class _Limits:
    """What is to be done with each attempt that is not over so many seconds after it was added here."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, due: Callable[[_Attempt], None]) -> None:
        self._loop = loop
        self._seconds = seconds
        self._due = due
        self._attempts: deque[tuple[float, _Attempt]] = deque()
        self._awaited = False

    def add(self, attempt: _Attempt) -> None:
        self._attempts.append((self._loop.time() + self._seconds, attempt))
        self._await_first()

    def _await_first(self) -> None:
        if self._attempts and not self._awaited:
            self._awaited = True
            self._loop.call_at(self._attempts[0][0], self._deal)

    def _deal(self) -> None:
        """Deal with those that are due; by far the most were over long before, and need no timer of their own."""
        now = self._loop.time()
        try:
            while self._attempts and (self._attempts[0][1].over or self._attempts[0][0] <= now):
                _, attempt = self._attempts.popleft()
                if not attempt.over:
                    self._due(attempt)
        finally:
            self._awaited = False
            self._await_first()


class Connects:
    """TCP looks on one loop, with at most so many sockets open; what is above waits, and its limit with it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, most_sockets: int) -> None:
        self._loop = loop
        self._most = most_sockets
        self._waiting: deque[_Attempt] = deque()
        self._starting = False
        self._selector = selectors.DefaultSelector()
        self._halves: dict[tuple[float, Callable[[_Attempt], None]], _Limits] = {}
        loop.add_reader(self._selector.fileno(), self._some_ready)
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

    def close(self) -> None:
        """Drop the looks that are under way; nobody is told. A second call does nothing."""
        self._waiting.clear()
        if self._selector.get_map() is None:
            return
        for key in list(self._selector.get_map().values()):
            self._end(key.data[0])
        self._loop.remove_reader(self._selector.fileno())
        self._selector.close()

    def _start(self, attempt: _Attempt) -> None:
        attempt.began = self._loop.time()
        # One lost SYN is no dead service: a second one goes out at half of the limit (``probes.connect``).
        self._limits(attempt, self._again).add(attempt)
        self._connect(attempt)

    def _limits(self, attempt: _Attempt, due: Callable[[_Attempt], None]) -> _Limits:
        """The attempts whose half of a time limit is as long."""
        half = attempt.look.probe.timeout_seconds / 2
        found = self._halves.get((half, due))
        if found is None:
            found = self._halves[half, due] = _Limits(self._loop, half, due)
        return found

    def _connect(self, attempt: _Attempt) -> None:
        look = attempt.look
        try:
            sock = socket.socket(_family(look.host) or socket.AF_INET, _STREAM)
        except OSError as error:
            self._judge(attempt, error.errno or errno.EIO)
            return
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        attempt.sockets.append(sock)
        if not _NON_BLOCKING:
            sock.settimeout(0)
        code = sock.connect_ex((look.host, look.probe.port if isinstance(look.probe, TcpProbe) else 0))
        if code == errno.EINPROGRESS:
            self._selector.register(sock.fileno(), selectors.EVENT_WRITE, (attempt, sock))
            attempt.watched.append(sock.fileno())
        else:
            self._judge(attempt, code)

    def _some_ready(self) -> None:
        for key, _ in self._selector.select(0):
            attempt, sock = key.data
            # Its other socket may have been ready in the same moment, and both are closed since.
            if not attempt.over:
                self._judge(attempt, sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))

    def _again(self, attempt: _Attempt) -> None:
        self._limits(attempt, self._late).add(attempt)
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
        self._end(attempt)
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

    def _end(self, attempt: _Attempt) -> None:
        attempt.over = True
        for number in attempt.watched:
            self._selector.unregister(number)
        for sock in attempt.sockets:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            sock.close()
            self.open -= 1
        attempt.watched.clear()
        attempt.sockets.clear()


@functools.lru_cache(maxsize=4096)
def _family(host: str) -> int | None:
    """The family of a literal address, None for a name."""
    try:
        return socket.AF_INET if ip_address(host).version == _IPV4 else socket.AF_INET6
    except ValueError:
        return None
