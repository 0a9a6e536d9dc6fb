"""Looks at many TCP ports again and again, each at its own moment of the interval, without drift.

Callbacks on the loop's selector instead of a task for each look: a look costs about a third of one by streams.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import struct
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from toolkit.domain.health import Observation, Outcome
from toolkit.probes.result import in_words

TICKS_PER_SECOND: Final = 100
# Closing by RST leaves no TIME_WAIT behind: a thousand looks a second would use up the ports within a minute.
_RESET: Final = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class WideTarget:
    """A port to look at, by literal address; ``node`` and ``probe`` name it in observations."""

    node: str
    probe: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How often each target is looked at, how long a look may take, how many sockets may be open at once."""

    interval_seconds: float = 1.0
    timeout_seconds: float = 0.5
    most_sockets: int = 1024


@dataclass(slots=True)
class _Look:
    target: WideTarget
    began: float
    sockets: list[socket.socket] = field(default_factory=list)
    done: bool = False


class WideLooks:
    """Tells ``told`` each observation as it is made; the moments of all looks are fixed when ``run`` begins."""

    def __init__(self, targets: Sequence[WideTarget], pace: Pace, *, told: Callable[[Observation], None]) -> None:
        self._targets = tuple(targets)
        self._pace = pace
        self._told = told
        self.still_open = 0
        self._waiting: deque[_Look] = deque()
        self._unanswered: deque[_Look] = deque()
        self.most_open = 0
        self.latest_seconds = 0.0
        self.skipped = 0

    async def run(self, *, seconds: float | None = None) -> None:
        """Look until cancelled, or for so long; then every socket is closed.

        A look that is due while the process was stopped is left out, never made up for.
        """
        loop = asyncio.get_running_loop()
        begun, made, tick = loop.time(), 0, 0
        try:
            while seconds is None or loop.time() - begun < seconds:
                now = loop.time()
                due = self._due(now - begun)
                made = max(made, due - len(self._targets))
                for number in range(made, due):
                    self._begin(number, now - begun, loop)
                made = due
                self._expire(now, loop)
                tick = max(tick + 1, int((now - begun) * TICKS_PER_SECOND))
                await asyncio.sleep(begun + tick / TICKS_PER_SECOND - loop.time())
        finally:
            for look in (*self._waiting, *self._unanswered):
                self._close(look, loop)

    def _due(self, elapsed_seconds: float) -> int:
        """How many looks should have begun by now: look n begins n / targets intervals after the beginning."""
        return int(elapsed_seconds / self._pace.interval_seconds * len(self._targets)) + 1 if self._targets else 0

    def _begin(self, number: int, elapsed_seconds: float, loop: asyncio.AbstractEventLoop) -> None:
        planned = number / len(self._targets) * self._pace.interval_seconds
        self.latest_seconds = max(self.latest_seconds, elapsed_seconds - planned)
        look = _Look(self._targets[number % len(self._targets)], loop.time())
        if self._connect(look, loop) and not look.done:
            self._waiting.append(look)

    def _connect(self, look: _Look, loop: asyncio.AbstractEventLoop) -> bool:
        if self.still_open >= self._pace.most_sockets:
            self.skipped += 1
            if not look.sockets:
                self._tell(look, Outcome.NOT_MADE, f"all {self._pace.most_sockets} sockets are in use", loop)
            return False
        family = socket.AF_INET6 if ":" in look.target.host else socket.AF_INET
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:
            self._judge(look, error.errno or errno.EIO, loop)
            return False
        self.still_open += 1
        self.most_open = max(self.most_open, self.still_open)
        look.sockets.append(sock)
        sock.settimeout(0)
        code = sock.connect_ex((look.target.host, look.target.port))
        if code == errno.EINPROGRESS:
            loop.add_writer(sock.fileno(), self._ready, look, sock, loop)
        else:
            self._judge(look, code, loop)
        return True

    def _ready(self, look: _Look, sock: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        self._judge(look, sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), loop)

    def _judge(self, look: _Look, code: int, loop: asyncio.AbstractEventLoop) -> None:
        if code == 0:
            self._tell(look, Outcome.PASSED, "connection accepted", loop)
            return
        outcome, why = in_words(OSError(code, os.strerror(code)), timeout_seconds=self._pace.timeout_seconds)
        self._tell(look, outcome, why, loop)

    def _expire(self, now: float, loop: asyncio.AbstractEventLoop) -> None:
        """A second attempt at half of the limit, as in ``toolkit.probes.connect``, and the end at the limit."""
        limit = self._pace.timeout_seconds
        while self._waiting and (self._waiting[0].done or now - self._waiting[0].began >= limit / 2):
            look = self._waiting.popleft()
            if not look.done:
                self._connect(look, loop)
            if not look.done:
                self._unanswered.append(look)
        while self._unanswered and (self._unanswered[0].done or now - self._unanswered[0].began >= limit):
            look = self._unanswered.popleft()
            if not look.done:
                outcome, why = in_words(TimeoutError(), timeout_seconds=limit)
                self._tell(look, outcome, why, loop)

    def _tell(self, look: _Look, outcome: Outcome, why: str, loop: asyncio.AbstractEventLoop) -> None:
        look.done = True
        self._close(look, loop)
        now = loop.time()
        self._told(Observation(look.target.node, look.target.probe, outcome, why, now, now - look.began))

    def _close(self, look: _Look, loop: asyncio.AbstractEventLoop) -> None:
        for sock in look.sockets:
            loop.remove_writer(sock.fileno())
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            sock.close()
            self.still_open -= 1
        look.sockets.clear()
