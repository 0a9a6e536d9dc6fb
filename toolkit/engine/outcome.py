"""How a step, a proof and a run ended: what exit codes, JSON and reports are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from toolkit.domain import remedies
from toolkit.domain.decision import Reason
from toolkit.domain.errors import ExitCode, FailoverError
from toolkit.domain.plan import Plan
from toolkit.domain.steps import Step


class StepStatus(StrEnum):
    """The end of one step."""

    DONE = "done"
    FAILED = "failed"
    UNDONE = "undone"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """One step and how it ended; ``touched`` when a call of it may have had its effect, seen or not."""

    step: Step
    status: StepStatus
    why: str = ""
    error: FailoverError | None = None
    touched: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.step.id,
            "kind": self.step.kind,
            "action": self.step.call.action,
            "summary": self.step.summary,
            "status": self.status.value,
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class Check:
    """One thing proven, or not: ``where`` is api, a resolver or a probe.

    ``homeless`` when it was seen with nobody; ``unread`` when AWS did not tell where it is.
    """

    subject: str
    where: str
    passed: bool
    detail: str
    homeless: bool = False
    unread: bool = False

    def as_json(self) -> dict[str, Any]:
        return {"subject": self.subject, "where": self.where, "passed": self.passed, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Result:
    """What a command that could move something did, and why. Times are milliseconds since its beginning."""

    status: str
    reason: str
    group: str
    run_id: str
    exit_code: ExitCode = ExitCode.DONE
    origin: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    plan: Plan | None = None
    steps: tuple[StepOutcome, ...] = ()
    checks: tuple[Check, ...] = ()
    reasons: tuple[Reason, ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict)

    @property
    def remedy(self) -> str:
        """What a person does about this end; empty when nothing is to be done."""
        return remedies.after(self.status, self.reason)

    def as_json(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "reason": self.reason,
            "remedy": self.remedy,
            "group": self.group,
            "from": dict(self.origin),
            "to": self.target,
            "digest": self.plan.digest if self.plan else None,
            "steps": [outcome.as_json() for outcome in self.steps],
            "verification": [check.as_json() for check in self.checks],
            "reasons": [{"subject": reason.subject, "text": reason.text} for reason in self.reasons],
            "timings_ms": {phase: round(ms, 1) for phase, ms in self.timings_ms.items()},
            "run_id": self.run_id,
            "exit_code": int(self.exit_code),
        }
