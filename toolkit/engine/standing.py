"""The run of a standing plan: read and decided before, so that one round trip stands before its first change."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.domain.events import Event, EventName
from toolkit.engine.executor import Executor, about_to_start
from toolkit.engine.outcome import Result
from toolkit.engine.run import SHADOW_SECONDS, Run, Terms
from toolkit.engine.stepper import Stepper
from toolkit.engine.tenure import Tenure

if TYPE_CHECKING:
    from toolkit.domain.decision import Trigger
    from toolkit.domain.group import Group
    from toolkit.domain.plan import Plan
    from toolkit.engine.view import Ports, View


class StandingRun(Run):
    """Writes the plan with the lease and carries it out; decides anew when it is not the newest word on the group."""

    def __init__(self, ports: Ports, group: Group, trigger: Trigger, *, terms: Terms, view: View) -> None:
        super().__init__(ports, group, trigger, terms=terms)
        self._view = view

    def go(self) -> Result:
        plan = self._view.plan
        age = self._ports.clock.monotonic() - self._view.snapshot.taken_at
        if plan is None or self._view.history.unfinished() or age > self._group.policy.max_snapshot_age_seconds:
            return super().go()
        opening = self._announcement(plan)
        tenure = self._acquire(opening)
        with self._giving_back(tenure):
            for event in opening:
                self._ports.watcher.happened(event)
            # Somebody may have been at work after, or just before, the reads that this plan stands on.
            superseded = tenure.previous_within(age + SHADOW_SECONDS)
            ended = None if superseded else self._carried_at_once(plan, tenure)
            if ended is None:
                tenure.close([tenure.event(EventName.RUN_ENDED, {"status": "superseded"})])
        if ended is None:
            self._id = secrets.token_hex(8)
            return super().go()
        return self._over(*ended, tenure)

    def _announcement(self, plan: Plan) -> list[Event]:
        """What the journal has to have before the first change, which is a fence's where there is one."""
        now = self._ports.clock.wall()
        started = Event(EventName.RUN_STARTED, self._id, now, self._opening(plan))
        if self._view.group.policy.fence:
            return [started]
        return [started, Event(EventName.STEPS_STARTED, self._id, now, about_to_start(plan.stages[0]))]

    def _carried_at_once(self, plan: Plan, tenure: Tenure) -> tuple[Result, list[Event]]:
        self._phases.end("decided")
        group = self._view.group
        reasons = self._view.decision.reasons
        base = Result("", "", group.name, self._id, origin=plan.origin, target=plan.target, plan=plan, reasons=reasons)
        fenced = self._fenced(group, self._view, [], tenure)
        if fenced is not None:
            return self._not_fenced(base, fenced, tenure)
        stepper = Stepper(group, self._ports.cloud, self._ports.clock, tenure, pace=self._ports.pace)
        executor = Executor(stepper, tenure, self._deadline)
        outcomes = executor.carry_out(plan, [], announced=not group.policy.fence)
        self._phases.end("moved")
        return self._ended(group, replace(base, steps=outcomes), tenure)
