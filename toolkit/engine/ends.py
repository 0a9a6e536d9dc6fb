"""How a run's outcomes add up to its status, exit code and one line for people."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from toolkit.domain.errors import ExitCode, Refused, Transient
from toolkit.engine.outcome import StepOutcome, StepStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from toolkit.domain.plan import Plan
    from toolkit.engine.outcome import Check


# Of hundreds of steps that failed alike a person reads a few; the journal has them all.
MOST_NAMED: Final = 5


def changed_something(outcomes: Sequence[StepOutcome]) -> bool:
    """Whether any call of the run had its effect."""
    return any(outcome.status in {StepStatus.DONE, StepStatus.UNDONE} for outcome in outcomes)


def outcome_unknown(outcomes: Sequence[StepOutcome]) -> bool:
    """Whether a call went out, or was taken, whose effect nobody could read."""
    return any(outcome.touched for outcome in outcomes)


def all_done(outcomes: Sequence[StepOutcome]) -> bool:
    """Whether every step of the plan is done."""
    return all(outcome.status is StepStatus.DONE for outcome in outcomes)


def failure_code(outcomes: Sequence[StepOutcome], *, fenced: bool, unclear: bool) -> ExitCode:
    """Of a run whose steps are not all done; ``unclear`` when more may be half done than they tell.

    Incomplete only where `resume` has something to take up: a run that changed nothing is over, and its code says why.
    """
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    if fenced or changed_something(outcomes):
        return ExitCode.INCOMPLETE
    plain = next((error.exit_code for error in errors if isinstance(error, (Refused, Transient))), None)
    if plain is not None or unclear:
        return plain or ExitCode.INCOMPLETE
    # Without an error, the time was over before AWS had shown all that the first step needs.
    return errors[0].exit_code if errors else ExitCode.UNREACHABLE


def failure_reason(outcomes: Sequence[StepOutcome], *, fenced: Iterable[str], command: str) -> str:
    """Who was fenced, what is not done, and the command for it once a person has looked at the cause."""
    failed = [o for o in outcomes if o.status is not StepStatus.DONE]
    told = "; ".join(f"{o.step.summary or o.step.id}: {o.why or o.status.value}" for o in failed[:MOST_NAMED])
    more = f"; and {len(failed) - MOST_NAMED} more steps" if len(failed) > MOST_NAMED else ""
    return "; ".join([*fenced, f"{told}{more}", f"look at the cause, then run `{command}`"])


def maybe_nowhere(plan: Plan, checks: Sequence[Check]) -> bool:
    """Whether an address is with nobody, or may be: one that takes two calls, the last of which nobody saw end."""
    calls = Counter(subject for step in plan.steps for subject in step.after)
    return any(check.homeless or (check.unread and calls[check.subject] > 1) for check in checks)


def unproven_reason(checks: Sequence[Check]) -> str:
    """The laggards of a verification, by name."""
    late = [f"{check.subject} ({check.where}): {check.detail}" for check in checks if not check.passed]
    return f"not proven in time: {'; '.join(late)}"
