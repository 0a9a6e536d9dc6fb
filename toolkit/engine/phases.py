"""When each phase of a run ended, for reports and metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.ports import Clock


class Phases:
    """Milliseconds from the beginning of a run to the end of each of its phases."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.monotonic()
        self.ended_ms: dict[str, float] = {}

    def end(self, phase: str) -> None:
        self.ended_ms[phase] = (self._clock.monotonic() - self._began) * 1000.0
