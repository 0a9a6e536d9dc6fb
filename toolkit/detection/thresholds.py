"""``fall`` and ``rise``: how many looks in a row change a belief, as HAProxy and keepalived count."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.domain.health import Belief, Outcome


@dataclass(frozen=True, slots=True)
class Streak:
    """What is believed by one probe, and the run of like outcomes that may change it.

    ``why`` and ``at`` (monotonic seconds) are those of the last look.
    """

    belief: Belief = Belief.UNKNOWN
    outcome: Outcome | None = None
    count: int = 0
    why: str = "not looked at yet"
    at: float = 0.0

    def after(self, outcome: Outcome, why: str, *, at: float, fall: int, rise: int) -> Streak:
        """The streak with one more look; a look that could not be made proves nothing either way."""
        count = self.count + 1 if outcome is self.outcome else 1
        belief = self.belief
        if outcome is Outcome.PASSED and count >= rise:
            belief = Belief.HEALTHY
        elif outcome is Outcome.FAILED and count >= fall:
            belief = Belief.UNHEALTHY
        elif outcome is Outcome.NOT_MADE and count >= fall:
            belief = Belief.UNKNOWN
        return Streak(belief, outcome, count, why, at)

    def in_words(self, *, fall: int, rise: int) -> str:
        """The last look and how far it is from changing the belief."""
        if self.outcome is None or (self.outcome is Outcome.PASSED and self.belief is Belief.HEALTHY):
            return self.why
        needed = rise if self.outcome is Outcome.PASSED else fall
        return f"{self.why} ({min(self.count, needed)} of {needed})"
