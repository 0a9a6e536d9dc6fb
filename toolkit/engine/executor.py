"""Carries a plan out: stage by stage, the steps of a stage side by side, every outcome in the journal."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from toolkit.domain.errors import FailoverError, JournalBroken, LeaseLost
from toolkit.domain.events import Event, EventName
from toolkit.engine.outcome import StepOutcome, StepStatus
from toolkit.engine.stepper import Stepper

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from toolkit.domain.plan import Plan
    from toolkit.domain.steps import Step
    from toolkit.engine.tenure import Tenure
    from toolkit.pacing import Deadline

THREADS: Final = 32


class Executor:
    """Runs the stages of one plan under one tenure."""

    def __init__(self, stepper: Stepper, tenure: Tenure, deadline: Deadline) -> None:
        self._stepper = stepper
        self._tenure = tenure
        self._deadline = deadline

    def carry_out(self, plan: Plan, opening: Sequence[Event]) -> tuple[StepOutcome, ...]:
        """Every step's outcome, in the order of the plan; raises LeaseLost when another run took over."""
        outcomes: dict[str, StepOutcome] = {}
        pending = list(opening)
        for stage in plan.stages:
            ready = [step for step in stage if not self._blocked(step, plan, outcomes)]
            for step in stage:
                if step not in ready:
                    outcomes[step.id] = StepOutcome(step, StepStatus.SKIPPED, "an earlier step of it failed")
            if self._deadline.passed:
                outcomes |= {s.id: StepOutcome(s, StepStatus.SKIPPED, "the time for this run is over") for s in ready}
                continue
            started = self._tenure.event(EventName.STEPS_STARTED, {"steps": [step.id for step in ready]})
            self._tenure.record([*pending, started])
            done = self._side_by_side(ready, plan)
            outcomes |= {outcome.step.id: outcome for outcome in done}
            pending = [self._told(outcome) for outcome in done]
        if pending:
            self._tenure.record(pending)
        outcomes |= self._put_back(plan, outcomes)
        return tuple(outcomes[step.id] for step in plan.steps)

    def _side_by_side(self, steps: Sequence[Step], plan: Plan) -> list[StepOutcome]:
        if len(steps) == 1:
            return [self._carry(steps[0], plan)]
        with ThreadPoolExecutor(max_workers=min(THREADS, len(steps) or 1)) as pool:
            return list(pool.map(lambda step: self._carry(step, plan), steps))

    def _carry(self, step: Step, plan: Plan) -> StepOutcome:
        try:
            self._stepper.carry(step, self._deadline, settle=_awaited(step, plan))
        except (LeaseLost, JournalBroken):
            raise
        except FailoverError as error:
            return StepOutcome(step, StepStatus.FAILED, str(error), error, self._stepper.touched(step))
        return StepOutcome(step, StepStatus.DONE)

    def _put_back(self, plan: Plan, outcomes: dict[str, StepOutcome]) -> dict[str, StepOutcome]:
        """Undo the steps that left a subject nowhere because a later step of the same subject failed."""
        changed: dict[str, StepOutcome] = {}
        failed = {s for o in outcomes.values() if o.status is StepStatus.FAILED for s in o.step.subjects}
        for step in plan.steps:
            if step.undo is None or outcomes[step.id].status is not StepStatus.DONE or not failed & set(step.subjects):
                continue
            try:
                self._stepper.undo(step, self._deadline)
            except (LeaseLost, JournalBroken):
                raise
            except FailoverError as error:
                changed[step.id] = StepOutcome(step, StepStatus.DONE, f"could not be undone: {error}", error)
                continue
            changed[step.id] = StepOutcome(step, StepStatus.UNDONE, "put back, as a later step failed")
        if changed:
            self._tenure.record([self._told(outcome) for outcome in changed.values()])
        return changed

    def _told(self, outcome: StepOutcome) -> Event:
        names = {
            StepStatus.DONE: EventName.STEP_DONE,
            StepStatus.FAILED: EventName.STEP_FAILED,
            StepStatus.UNDONE: EventName.STEP_UNDONE,
            StepStatus.SKIPPED: EventName.STEP_FAILED,
        }
        data = {"step": outcome.step.id, "summary": outcome.step.summary, "why": outcome.why}
        return self._tenure.event(names[outcome.status], data)

    def _blocked(self, step: Step, plan: Plan, outcomes: dict[str, StepOutcome]) -> bool:
        """Whether a step that this one follows did not succeed."""
        mine = set(step.subjects) | set(step.needs)
        return any(
            outcomes[other.id].status in {StepStatus.FAILED, StepStatus.SKIPPED}
            for other in plan.steps
            if other.id in outcomes and mine & set(other.subjects)
        )


def _awaited(step: Step, plan: Plan) -> bool:
    """Whether a later step builds on this one, so that its effect must be seen first."""
    return any(set(step.subjects) & (set(other.subjects) | set(other.needs)) for other in _after(step, plan.stages))


def _after(step: Step, stages: Sequence[Sequence[Step]]) -> Iterable[Step]:
    position = next(index for index, stage in enumerate(stages) if step in stage)
    return (other for stage in stages[position + 1 :] for other in stage)
