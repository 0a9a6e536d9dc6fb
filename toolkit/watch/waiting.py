"""Which rounds of a group still wait for their answers; times are monotonic seconds that are handed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from toolkit.probes.look import Part

# A round that is this late will not be answered any more.
LOST_SECONDS: Final = 60.0


class Waiting:
    """Rounds that were begun and not answered."""

    def __init__(self) -> None:
        self._begun: dict[int, tuple[float, Part]] = {}
        self._number = 0
        self.answered_at = float("-inf")
        self.since: float | None = None

    def begin(self, part: Part, now: float) -> int:
        """Note that a round begins; gives its number."""
        self._number += 1
        self._begun[self._number] = now, part
        if self.since is None:
            self.since = now
        return self._number

    def end(self, number: int, now: float) -> None:
        """Note that the round is answered."""
        self._begun.pop(number, None)
        self.answered_at = now
        self.since = now if self._begun else None

    def late(self, part: Part, now: float, *, limit_seconds: float) -> bool:
        """Whether a round of that part was begun longer ago than the limit and has no answer yet."""
        self._begun = {number: begun for number, begun in self._begun.items() if now - begun[0] <= LOST_SECONDS}
        return any(now - at > limit_seconds for at, each in self._begun.values() if each is part)

    def silent_seconds(self, now: float) -> float:
        """For how long answers have been waited for and none came."""
        return 0.0 if self.since is None else now - self.since
