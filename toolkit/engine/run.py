"""The run: lease beside gather, decide, plan, journal, execute, verify, record."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from toolkit.domain.decision import Cause, Hold
from toolkit.domain.errors import ExitCode, FailoverError, Incomplete, LeaseLost, UsageError
from toolkit.domain.events import Event, EventName, History
from toolkit.domain.holder import present
from toolkit.engine.ends import (
    all_done,
    changed_something,
    failure_code,
    failure_reason,
    maybe_nowhere,
    outcome_unknown,
    unproven_reason,
)
from toolkit.engine.executor import Executor
from toolkit.engine.fencing import Fencer
from toolkit.engine.gather import laggards
from toolkit.engine.outcome import Result
from toolkit.engine.phases import Phases
from toolkit.engine.stepper import Stepper
from toolkit.engine.tenure import Tenure
from toolkit.engine.verifier import Verifier
from toolkit.engine.view import READ_SECONDS, Thinker, node_named
from toolkit.pacing import Deadline, or_again, persist

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from toolkit.domain.decision import Trigger
    from toolkit.domain.group import Group, Node
    from toolkit.domain.plan import Plan
    from toolkit.domain.snapshot import Snapshot
    from toolkit.engine.outcome import Check
    from toolkit.engine.view import Ports, View

RUN_SECONDS: Final = 300.0
# Far more than a read takes and than the clocks of two machines differ.
SHADOW_SECONDS: Final = 60.0
# The status of a run that was to take up another, which is not the open one any more: only ``resume`` sees it.
OVERTAKEN: Final = "overtaken"


@dataclass(frozen=True, slots=True)
class Terms:
    """What binds a run: the plan that was approved, the run it takes up again, how long it may take."""

    digest: str | None = None
    resumes: str | None = None
    seconds: float = RUN_SECONDS


class Run:
    """One run from its trigger to its record."""

    def __init__(self, ports: Ports, group: Group, trigger: Trigger, *, terms: Terms) -> None:
        self._ports = ports
        self._thinker = Thinker(ports)
        self._group = group
        self._trigger = trigger
        self._terms = terms
        self._id = secrets.token_hex(8)
        self._phases = Phases(ports.clock)
        self._taken_up = False
        self._struck: tuple[str, ...] = ()
        self._deadline = Deadline.after(ports.clock, terms.seconds)

    def go(self) -> Result:
        """Take the lease beside the reads, decide, and carry out; raises LeaseHeld and what ends a run early."""
        reading = Deadline.after(self._ports.clock, READ_SECONDS)
        # Beside the lease everything is asked once: what has to be repeated waits until the lease is ours.
        once = Deadline.after(self._ports.clock, 0.0)
        began = self._ports.clock.monotonic()
        with ThreadPoolExecutor(max_workers=2) as pool:
            world = pool.submit(lambda: self._thinker.gather(self._group, once))
            past = pool.submit(lambda: self._history(once))
            tenure = self._acquire()
            with self._giving_back(tenure):
                group, snapshot = or_again(world, lambda: self._thinker.gather(self._group, reading))
                history = or_again(past, lambda: self._history(reading))
                if tenure.previous_within(self._ports.clock.monotonic() - began + SHADOW_SECONDS):
                    # A run that ended beside these reads may be missing from them: read again, under the lease.
                    history = self._history(reading)
                    group, snapshot = self._thinker.gather(self._group, reading)
                self._phases.end("gathered")
                result, closing = self._decided(group, snapshot, history, tenure)
        return self._over(result, closing, tenure)

    @contextmanager
    def _giving_back(self, tenure: Tenure) -> Iterator[None]:
        """Whatever error ends the block, the lease is given back: no later run of this process could take it."""
        try:
            yield
        except Exception as error:
            with suppress(Exception):
                tenure.close()
            if isinstance(error, FailoverError) and not isinstance(error, LeaseLost) and tenure.in_journal:
                raise self._left_open(error, tenure) from error
            raise

    def _over(self, result: Result, closing: list[Event], tenure: Tenure) -> Result:
        result = self._closed(result, closing, tenure)
        self._tell(result)
        return result

    def _left_open(self, error: FailoverError, tenure: Tenure) -> Incomplete:
        """What ends a run that the journal has, and whose end it has not: only ``resume`` can close that one."""
        told = f"{tenure.missing}: {error}" if tenure.missing else str(error)
        return Incomplete(f"{told}; then look at what was begun: `{self._command(left_open=True)}`")

    def _history(self, reading: Deadline) -> History:
        return persist(lambda: self._ports.ledger.history(self._group.name), reading)

    def _closed(self, result: Result, closing: list[Event], tenure: Tenure) -> Result:
        """Close the journal; a run whose end could not be written is one that ``resume`` should look at."""
        try:
            tenure.close(closing)
        except FailoverError as error:
            reason = f"{result.reason}; its end could not be recorded: {error}"
            if not tenure.in_journal and not self._taken_up:
                return replace(result, reason=reason)
            if result.status == "failed":
                told = failure_reason(result.steps, fenced=(), command=self._command(left_open=True))
                reason = f"its end could not be recorded: {error}; {told}"
            return replace(result, status="incomplete", reason=reason, exit_code=ExitCode.INCOMPLETE)
        return result

    def _acquire(self, opening: Sequence[Event] = ()) -> Tenure:
        reading = Deadline.after(self._ports.clock, READ_SECONDS)
        grant = persist(lambda: self._ports.ledger.acquire(self._group.name, opening=opening), reading)
        ports, opened = self._ports, bool(opening)
        return Tenure(ports.ledger, grant, self._id, clock=ports.clock, watcher=ports.watcher, opened=opened)

    def _decided(
        self, group: Group, snapshot: Snapshot, history: History, tenure: Tenure
    ) -> tuple[Result, list[Event]]:
        if self._terms.resumes and not any(event.run == self._terms.resumes for event in history.unfinished()):
            why = f"nothing to resume any more: another run ended {self._terms.resumes}, or took it up, meanwhile"
            return self._timed(Result(OVERTAKEN, why, group.name, self._id)), []
        view = self._thinker.consider(group, self._trigger, snapshot, history, between=tenure.check)
        if view.plan is not None and not view.plan.steps:
            # The reads ran beside the lease; that nothing is to be done must be true under it.
            group, snapshot = self._thinker.gather(self._group, Deadline.after(self._ports.clock, READ_SECONDS))
            view = self._thinker.consider(group, self._trigger, snapshot, history, between=tenure.check)
        self._phases.end("decided")
        base = Result("", "", group.name, self._id, plan=view.plan, reasons=view.decision.reasons)
        if isinstance(view.decision, Hold):
            held = replace(
                base, status="hold", reason=f"{view.decision.rule}: {view.decision.why}", exit_code=ExitCode.HOLD
            )
            told = {"rule": view.decision.rule, "why": view.decision.why, "cause": self._trigger.cause.value}
            return self._timed(held), [tenure.event(EventName.RUN_HELD, told)]
        plan = view.plan
        if plan is None:
            raise TypeError("a move without a plan")
        if self._terms.digest not in {None, plan.digest}:
            raise UsageError(
                f"the world is no longer the one that was approved: the plan is now {plan.digest},"
                f" not {self._terms.digest}; look at `failover plan` again"
            )
        return self._carried(group, view, replace(base, origin=plan.origin, target=plan.target), tenure)

    def _carried(self, group: Group, view: View, base: Result, tenure: Tenure) -> tuple[Result, list[Event]]:
        plan = view.plan
        if plan is None:
            raise TypeError("a move without a plan")
        self._taken_up = bool(view.history.unfinished())
        if not plan.steps and not self._taken_up and not laggards(group, plan.goal, view.snapshot):
            done = replace(base, status="done", reason=f"nothing to do: everything is at {plan.target} already")
            return self._timed(done), self._found(plan, view.history, tenure)
        opening = tenure.event(EventName.RUN_STARTED, self._opening(plan))
        if plan.steps:
            fenced = self._fenced(group, view, [opening], tenure)
            if fenced is not None:
                return self._not_fenced(base, fenced, tenure)
            stepper = Stepper(group, self._ports.cloud, self._ports.clock, tenure, pace=self._ports.pace)
            opening_events = [] if group.policy.fence else [opening]
            outcomes = Executor(stepper, tenure, self._deadline).carry_out(plan, opening_events)
        else:
            tenure.record([opening])
            outcomes = ()
        self._phases.end("moved")
        return self._ended(group, replace(base, steps=outcomes), tenure)

    def _found(self, plan: Plan, history: History, tenure: Tenure) -> list[Event]:
        """What the journal lacks when another hand has brought everything to the target since its last word."""
        if history.whole_at() in {None, plan.target}:
            return []
        opening = tenure.event(EventName.RUN_STARTED, self._opening(plan))
        return [opening, tenure.event(EventName.RUN_ENDED, {"status": "done"})]

    def _not_fenced(self, base: Result, why: str, tenure: Tenure) -> tuple[Result, list[Event]]:
        """Nothing moves; where a node was fenced all the same, or may have been, the run is left open."""
        if self._struck:
            command = self._command(left_open=True)
            told = "; ".join([f"not-fenced: {why}", *self._struck, f"look at the cause, then run `{command}`"])
            return self._timed(replace(base, status="incomplete", reason=told, exit_code=ExitCode.INCOMPLETE)), []
        held = replace(base, status="hold", reason=f"not-fenced: {why}", exit_code=ExitCode.HOLD)
        return self._timed(held), [tenure.event(EventName.RUN_ENDED, {"status": "hold"})]

    def _fenced(self, group: Group, view: View, opening: list[Event], tenure: Tenure) -> str | None:
        """Take the old holders out of the way where the policy has a ladder; why that failed, None when it did not."""
        if not group.policy.fence:
            return None
        if opening:
            tenure.record(opening)
        if not self._fences:
            return None
        fencer = Fencer(self._ports.cloud, self._ports.clock, tenure)
        holding = present(view.holders.values())
        losing = [node for node in group.members if node.name in holding - {view.plan.target if view.plan else ""}]
        why = fencer.fence_all(group, losing, view.snapshot)
        self._struck = tuple(fencer.struck.values())
        return why

    def _ended(self, group: Group, base: Result, tenure: Tenure) -> tuple[Result, list[Event]]:
        """The result, and the events that close the run; an incomplete run is left open for ``resume``."""
        outcomes = base.steps
        plan = base.plan
        if plan is None or base.target is None:
            raise TypeError("a move without a plan")
        if not all_done(outcomes):
            fenced = bool(self._struck)
            unclear = self._taken_up or fenced or changed_something(outcomes) or outcome_unknown(outcomes)
            code = failure_code(outcomes, fenced=fenced, unclear=unclear)
            reason = failure_reason(outcomes, fenced=self._struck, command=self._command(left_open=unclear))
            status = "incomplete" if unclear else "failed"
            ended = [] if unclear else [tenure.event(EventName.RUN_ENDED, {"status": status})]
            return self._timed(replace(base, status=status, reason=reason, exit_code=code)), ended
        checks = self._prove(group, node_named(group, base.target), plan, tenure)
        self._phases.end("verified")
        proven = all(check.passed for check in checks)
        name = EventName.VERIFIED if proven else EventName.VERIFICATION_FAILED
        status = "done" if proven else "unverified"
        seen = tenure.event(name, {"checks": [check.as_json() for check in checks]})
        unproven = f"{'moved, but ' if outcomes else ''}{unproven_reason(checks)}"
        if maybe_nowhere(plan, checks):
            # What AWS had taken may come to nothing, as the target dies meanwhile: no address is left so and forgotten.
            reason = f"{unproven}; look at the cause, then run `{self._command(left_open=True)}`"
            lost = replace(base, status="incomplete", reason=reason, checks=checks, exit_code=ExitCode.INCOMPLETE)
            return self._timed(lost), [seen]
        events = [seen, tenure.event(EventName.RUN_ENDED, {"status": status})]
        reason = f"everything is at {base.target}" if proven else unproven
        code = ExitCode.DONE if proven else ExitCode.UNVERIFIED
        return self._timed(replace(base, status=status, reason=reason, checks=checks, exit_code=code)), events

    def _prove(self, group: Group, target: Node, plan: Plan, tenure: Tenure) -> tuple[Check, ...]:
        verifier = Verifier(self._ports)
        limit = Deadline.after(self._ports.clock, group.verify.timeout_seconds)
        return verifier.prove(group, target, goal=plan.goal, deadline=limit, between=tenure.check)

    @property
    def _fences(self) -> bool:
        """Whether this run takes old holders out of the way: after a failure, and when a person says so."""
        return self._trigger.cause is Cause.FAILURE or self._trigger.fences

    def _command(self, *, left_open: bool) -> str:
        """What brings the run to its end: only one that the journal has open can be resumed."""
        if left_open:
            return f"failover resume --group {self._group.name}"
        to = f" --to {self._trigger.target}" if self._trigger.target else ""
        return f"failover run --group {self._group.name}{to}"

    def _opening(self, plan: Plan) -> dict[str, object]:
        return {
            "cause": self._trigger.cause.value,
            "why": self._trigger.why,
            "asked_at": self._trigger.at,
            "target": plan.target,
            "digest": plan.digest,
            "plan": plan.as_json(),
            "resumes": self._terms.resumes,
            "fences": self._fences,
        }

    def _timed(self, result: Result) -> Result:
        self._phases.end("total")
        return replace(result, timings_ms=dict(self._phases.ended_ms))

    def _tell(self, result: Result) -> None:
        if self._group.notify_sns and result.steps:
            subject = f"failover {result.group}: {result.status} at {result.target}"
            self._ports.notifier.notify(self._group, subject, result.as_json())
