"""A clock that only moves when somebody sleeps on it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

WALL_AT_START_SECONDS = 1_800_000_000.0


class FakeClock:
    """Time as a number: ``sleep`` advances it at once, from any thread, and calls what is due on the way.

    Threads that sleep at the same time add up. ``lock`` guards the fakes that live on this clock too, so that
    what falls due never meets a read half-way.
    """

    def __init__(self, *, monotonic_seconds: float = 1_000.0, wall_seconds: float = WALL_AT_START_SECONDS) -> None:
        self._now = monotonic_seconds
        self._wall_ahead = wall_seconds - monotonic_seconds
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self.lock = threading.RLock()
        self._count = 0
        self.slept: list[float] = []

    def wall(self) -> float:
        return self.monotonic() + self._wall_ahead

    def monotonic(self) -> float:
        with self.lock:
            return self._now

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.slept.append(seconds)
            self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass without anybody sleeping."""
        with self.lock:
            until = self._now + max(0.0, seconds)
            while self._due and self._due[0][0] <= until:
                at, _, act = self._due.pop(0)
                self._now = max(self._now, at)
                act()
            self._now = max(self._now, until)

    def call_after(self, seconds: float, act: Callable[[], None]) -> None:
        """Call ``act`` when that much time has passed, in the thread that lets it pass."""
        with self.lock:
            self._count += 1
            self._due.append((self._now + seconds, self._count, act))
            self._due.sort(key=lambda entry: entry[:2])

    def set_wall(self, wall_seconds: float) -> None:
        """Jump the wall clock, as a corrected system clock does; monotonic time goes on."""
        with self.lock:
            self._wall_ahead = wall_seconds - self._now
