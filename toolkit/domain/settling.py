"""When a name has turned for good, and when a change of judgement is news: pure, driven by any clock."""

from __future__ import annotations

from dataclasses import dataclass, replace

from toolkit.domain.naming import Standing


@dataclass(frozen=True, slots=True)
class Proof:
    """How far one resolver's view of one name has turned; all times are monotonic seconds.

    The first right answer of a resolver that was never seen wrong settles it: nothing older is known to be
    anywhere, and to doubt every right answer would cost each run its TTL. After a wrong answer the name must be
    right, and stay right, until that answer's TTL is over: another cache behind the same address may still have
    it. The TTL of right answers says nothing about that, so the public view's 604800 s (``AWS.md`` §4) hold
    nothing up.
    """

    confirmations: int = 2
    right_in_a_row: int = 0
    right_since: float | None = None
    expires_at: float | None = None
    longest_ttl_seconds: int = 0

    def after(self, *, right: bool, ttl: int | None, at: float) -> Proof:
        """The proof with one more answer; ``ttl`` is None where there was no record to live on."""
        if right:
            since = at if self.right_since is None else self.right_since
            return replace(self, right_in_a_row=self.right_in_a_row + 1, right_since=since)
        expires = at + (ttl or 0)
        return replace(
            self,
            right_in_a_row=0,
            right_since=None,
            expires_at=expires if self.expires_at is None else max(self.expires_at, expires),
            longest_ttl_seconds=max(self.longest_ttl_seconds, ttl or 0),
        )

    def settled(self, *, now: float) -> bool:
        """Right, confirmed if it was ever wrong, and nothing wrong that was seen can be left."""
        return self.right_in_a_row >= self._needed and self.left_seconds(now=now) == 0

    @property
    def was_wrong(self) -> bool:
        """Whether any answer was wrong."""
        return self.expires_at is not None

    @property
    def _needed(self) -> int:
        return self.confirmations if self.was_wrong else 1

    def left_seconds(self, *, now: float) -> float:
        """For how long a wrong answer that was seen may still be in a cache."""
        return max(0.0, (self.expires_at or now) - now)

    def in_words(self, *, now: float) -> str:
        """What is missing to the proof."""
        if self.settled(now=now):
            return "right, and nothing older is left in a cache"
        if self.right_since is None:
            return "not right yet"
        if self.left_seconds(now=now):
            return f"right, but an older answer may be in a cache for {self.left_seconds(now=now):.0f} s more"
        return f"right {self.right_in_a_row} of {self._needed} times"


@dataclass(frozen=True, slots=True)
class News:
    """What people were last told about one resolver and name, and since when it has looked otherwise.

    Something wrong is news at once. Right again is news after ``calm_seconds`` without anything wrong, so
    that a resolver which lies now and then is told of once, not at every turn.
    """

    calm_seconds: float = 60.0
    told: Standing | None = None
    calm_since: float | None = None

    def after(self, seen: Standing, *, at: float) -> tuple[News, bool]:
        """The state with one more judgement, and whether it is to be told."""
        if seen is self.told:
            return replace(self, calm_since=None), False
        if self.told is None or seen is not Standing.RIGHT:
            return replace(self, told=seen, calm_since=None), True
        if self.calm_since is None:
            return replace(self, calm_since=at), False
        if at - self.calm_since < self.calm_seconds:
            return self, False
        return replace(self, told=seen, calm_since=None), True
