"""An event loop whose time is played: where nothing is left to be done it jumps to the next timer."""

from __future__ import annotations

import asyncio
import selectors
import ssl
from typing import TYPE_CHECKING

from toolkit.probes.command import Commands
from toolkit.probes.rounds import observe

if TYPE_CHECKING:
    from collections.abc import Callable
    from selectors import SelectorKey

    from toolkit.domain.health import Observation
    from toolkit.probes.look import Look

# What the kernel gets, in real time, to bring what was sent on loopback before time jumps.
GRACE_SECONDS = 0.002


class _Jumping(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        ready = super().select(GRACE_SECONDS)
        if not ready and timeout is not None:
            self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Real sockets, played time; set ``now`` between runs."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    @property
    def now(self) -> float:
        return self._jumping.now

    @now.setter
    def now(self, seconds: float) -> None:
        self._jumping.now = seconds

    def time(self) -> float:
        return self._jumping.now


def observed(look: Look, *later: tuple[float, Callable[[VirtualLoop], None]]) -> Observation:
    """What a look gives when things happen so many played seconds after its beginning."""
    loop = VirtualLoop()
    try:
        for seconds, act in later:
            loop.call_later(seconds, act, loop)
        made = observe(look, tls=ssl.create_default_context, commands=Commands(), monotonic=loop.time)
        return loop.run_until_complete(made)
    finally:
        loop.close()
