"""What became of one notice for one group, and whether a repeat of the event could do better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolkit.domain.errors import Conflict, FailoverError, LeaseHeld, LeaseLost, NotYet, Transient

if TYPE_CHECKING:
    from toolkit.engine.outcome import Result

# What is different a minute later: AWS answers again, a state has arrived, the other hand is done.
CURABLE = (Conflict, LeaseLost, NotYet, Transient)


@dataclass(frozen=True, slots=True)
class Answer:
    """The end of one group's part; ``retry`` when Lambda should send the event again."""

    group: str
    status: str
    reason: str
    retry: bool = False
    result: Result | None = None

    @classmethod
    def of(cls, result: Result) -> Answer:
        return cls(result.group, result.status, result.reason, _curable(result), result)

    @classmethod
    def failed(cls, group: str, error: FailoverError) -> Answer:
        """A lease that is held is no failure: whoever holds it does the work, and repeats it if he dies."""
        if isinstance(error, LeaseHeld):
            return cls(group, "lease_held", str(error))
        return cls(group, "error", str(error), retry=isinstance(error, CURABLE))

    @property
    def rule(self) -> str:
        """The name of the rule of a hold."""
        return self.reason.partition(":")[0] if self.status == "hold" else ""

    def as_json(self) -> dict[str, Any]:
        """Small: what was done step by step stands in the journal."""
        told: dict[str, Any] = {"group": self.group, "status": self.status, "reason": self.reason}
        if self.result is None:
            return told
        steps = [{"id": done.step.id, "status": done.status.value} for done in self.result.steps]
        unproven = [check.as_json() for check in self.result.checks if not check.passed]
        timings = {phase: round(ms, 1) for phase, ms in self.result.timings_ms.items()}
        return told | {
            "from": dict(self.result.origin),
            "to": self.result.target,
            "steps": steps,
            "unproven": unproven,
            "timings_ms": timings,
            "run_id": self.result.run_id,
        }


def _curable(result: Result) -> bool:
    """An open run is taken up by the next; one that failed is begun again, if none of its errors is final."""
    if result.status == "incomplete":
        return True
    errors = [done.error for done in result.steps if done.error is not None]
    return result.status == "failed" and all(isinstance(error, CURABLE) for error in errors)
