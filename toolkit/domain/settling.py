"""When a name has turned for good, and when a change of judgement is news: pure, driven by any clock."""

from __future__ import annotations

from dataclasses import dataclass, replace

from toolkit.domain.naming import Standing


@dataclass(frozen=True, slots=True)
class Proof:
    """How far one resolver's view of one name has turned; all times are monotonic seconds.

    A wrong answer with a TTL may sit in a cache for that TTL (another one behind the same address, or a
    client's), so the name is settled only when no wrong answer seen can be left, and right ones came since.
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
        """Right, confirmed, and nothing wrong that was seen can be left."""
        return self.right_in_a_row >= self.confirmations and self.left_seconds(now=now) == 0

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
        return f"right {self.right_in_a_row} of {self.confirmations} times"


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
