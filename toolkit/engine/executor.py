"""Carries a plan out: stage by stage, the steps of a stage side by side, every outcome in the journal."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from toolkit.domain.errors import FailoverError, JournalBroken, LeaseLost
from toolkit.domain.events import Event, EventName
from toolkit.engine.outcome import StepOutcome, StepStatus
from toolkit.engine.stepper import Stepper

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from toolkit.domain.plan import Plan
    from toolkit.domain.steps import Step
    from toolkit.engine.tenure import Tenure
    from toolkit.pacing import Deadline

THREADS: Final = 32
_TOO_LATE: Final = "the time for this run is over"


class Executor:
    """Runs the stages of one plan under one tenure."""

    def __init__(self, stepper: Stepper, tenure: Tenure, deadline: Deadline) -> None:
        self._stepper = stepper
        self._tenure = tenure
        self._deadline = deadline

    def carry_out(self, plan: Plan, opening: Sequence[Event], *, announced: bool = False) -> tuple[StepOutcome, ...]:
        """Every step's outcome, in the order of the plan; raises LeaseLost when another run took over.

        ``opening`` is written with the first stage; ``announced`` when the journal has both already.
        """
        outcomes: dict[str, StepOutcome] = {}
        pending = list(opening)
        lost: set[str] = set()  # subjects of steps that did not succeed
        for number, stage in enumerate(plan.stages):
            blocked = {step.id for step in stage if lost.intersection((*step.subjects, *step.needs))}
            ready = [step for step in stage if step.id not in blocked]
            outcomes |= {s.id: _skipped(s, "an earlier step of it failed") for s in stage if s.id in blocked}
            limits = self._limits(ready, _left_nowhere(outcomes.values()))
            outcomes |= {s.id: _skipped(s, _TOO_LATE) for s in ready if limits[s.id].passed}
            ready = [s for s in ready if s.id not in outcomes]
            if ready:
                if number or not announced:
                    self._tenure.record([*pending, self._tenure.event(EventName.STEPS_STARTED, about_to_start(ready))])
                done = self._side_by_side(ready, limits, _built_on(plan.stages[number + 1 :]))
                outcomes |= {outcome.step.id: outcome for outcome in done}
                pending = [self._told(outcome) for outcome in done]
            ended_badly = [s for s in stage if outcomes[s.id].status is not StepStatus.DONE]
            lost.update(subject for step in ended_badly for subject in step.subjects)
        if pending:
            self._tenure.record(pending)
        outcomes |= self._put_back(plan, outcomes)
        return tuple(outcomes[step.id] for step in plan.steps)

    def _limits(self, steps: Sequence[Step], nowhere: set[str]) -> dict[str, Deadline]:
        """Until when each step may be tried: what is nowhere is not left there because the time is over just now."""
        grace = self._stepper.grace(self._deadline)
        return {step.id: grace if nowhere.intersection(step.subjects) else self._deadline for step in steps}

    def _side_by_side(
        self, steps: Sequence[Step], limits: Mapping[str, Deadline], built_on: set[str]
    ) -> list[StepOutcome]:
        if len(steps) == 1:
            return [self._carry(steps[0], limits[steps[0].id], built_on)]
        with ThreadPoolExecutor(max_workers=min(THREADS, len(steps) or 1)) as pool:
            return list(pool.map(lambda step: self._carry(step, limits[step.id], built_on), steps))

    def _carry(self, step: Step, limit: Deadline, built_on: set[str]) -> StepOutcome:
        if limit.passed:
            return _skipped(step, _TOO_LATE)
        try:
            self._stepper.carry(step, limit, settle=bool(built_on.intersection(step.subjects)))
        except (LeaseLost, JournalBroken):
            raise
        except FailoverError as error:
            return StepOutcome(step, StepStatus.FAILED, str(error), error, self._stepper.touched(step))
        return StepOutcome(step, StepStatus.DONE)

    def _put_back(self, plan: Plan, outcomes: dict[str, StepOutcome]) -> dict[str, StepOutcome]:
        """Undo the steps that left a subject nowhere because a later one of it failed, or never began."""
        changed: dict[str, StepOutcome] = {}
        failed = {s for o in outcomes.values() if o.status is not StepStatus.DONE for s in o.step.subjects}
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


def about_to_start(steps: Iterable[Step]) -> dict[str, list[str]]:
    """What the journal says before the first call of a stage."""
    return {"steps": [step.id for step in steps]}


def _skipped(step: Step, why: str) -> StepOutcome:
    return StepOutcome(step, StepStatus.SKIPPED, why)


def _left_nowhere(outcomes: Iterable[StepOutcome]) -> set[str]:
    """The subjects that were taken from their place by a step after which another must come."""
    done = (o.step for o in outcomes if o.status is StepStatus.DONE)
    return {subject for step in done if step.undo is not None for subject in step.subjects}


def _built_on(later: Sequence[Sequence[Step]]) -> set[str]:
    """The subjects that later steps build on, so that the effects before them must be seen first."""
    return {subject for stage in later for step in stage for subject in (*step.subjects, *step.needs)}
