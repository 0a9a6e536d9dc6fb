"""How a run's outcomes add up to its status, exit code and one line for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from toolkit.domain.errors import ExitCode, Refused, Transient
from toolkit.engine.outcome import StepOutcome, StepStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.engine.outcome import Check


# Of hundreds of steps that failed alike a person reads a few; the journal has them all.
MOST_NAMED: Final = 5


def changed_something(outcomes: Sequence[StepOutcome]) -> bool:
    """Whether any call of the run had its effect."""
    return any(outcome.status in {StepStatus.DONE, StepStatus.UNDONE} for outcome in outcomes)


def outcome_unknown(outcomes: Sequence[StepOutcome]) -> bool:
    """Whether a call went out, or was taken, whose effect nobody could read."""
    return any(outcome.touched or isinstance(outcome.error, Transient) for outcome in outcomes)


def all_done(outcomes: Sequence[StepOutcome]) -> bool:
    """Whether every step of the plan is done."""
    return all(outcome.status is StepStatus.DONE for outcome in outcomes)


def failure_code(outcomes: Sequence[StepOutcome], *, unclear: bool) -> ExitCode:
    """Refused or unreachable where nothing was changed, else incomplete; ``unclear`` when more may be half done."""
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    if changed_something(outcomes) or not errors:
        return ExitCode.INCOMPLETE
    otherwise = ExitCode.INCOMPLETE if unclear else errors[0].exit_code
    return next((error.exit_code for error in errors if isinstance(error, (Refused, Transient))), otherwise)


def failure_reason(group: str, outcomes: Sequence[StepOutcome]) -> str:
    """What is not done and what a person should do about it."""
    failed = [o for o in outcomes if o.status is not StepStatus.DONE]
    told = "; ".join(f"{o.step.summary or o.step.id}: {o.why or o.status.value}" for o in failed[:MOST_NAMED])
    more = f"; and {len(failed) - MOST_NAMED} more steps" if len(failed) > MOST_NAMED else ""
    return f"{told}{more}; look at the cause, then run `failover resume --group {group}`"


def unproven_reason(checks: Sequence[Check]) -> str:
    """The laggards of a verification, by name."""
    late = [f"{check.subject} ({check.where}): {check.detail}" for check in checks if not check.passed]
    return f"moved, but not proven in time: {'; '.join(late)}"
