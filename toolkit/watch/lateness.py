"""How late rounds began of late."""

from __future__ import annotations

from typing import Final

SPAN_SECONDS: Final = 60.0


class Lateness:
    """The latest of the last minute or two, so that one pause of the machine is not told for ever."""

    def __init__(self) -> None:
        self._span = 0
        self._now = self._before = 0.0

    def add(self, seconds: float, *, now: float) -> None:
        """A round began so late; ``now`` is monotonic seconds."""
        self._now, self._before = self._in(now)
        self._span = int(now // SPAN_SECONDS)
        self._now = max(self._now, seconds)

    def most(self, *, now: float) -> float:
        """The latest of this minute and of the one before; changes nothing, so that any thread may ask."""
        return max(self._in(now))

    def _in(self, now: float) -> tuple[float, float]:
        """What counts as this minute's and as the one's before it, at that moment."""
        passed = int(now // SPAN_SECONDS) - self._span
        if passed == 0:
            return self._now, self._before
        return 0.0, self._now if passed == 1 else 0.0
