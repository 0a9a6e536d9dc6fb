"""One look at the world and the journal, and the decision that follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from toolkit.detection import Evidence
from toolkit.domain.decision import Cause, Decision, Move, Situation, Trigger, decide
from toolkit.domain.errors import UsageError
from toolkit.domain.events import History
from toolkit.domain.group import Group, Node
from toolkit.domain.health import Verdict
from toolkit.domain.holder import HeldBy, Holder
from toolkit.domain.plan import Plan
from toolkit.domain.snapshot import Snapshot
from toolkit.domain.steps import Objection
from toolkit.engine.gather import holders, objections, reads_of, resolved
from toolkit.engine.judging import by_votes, judge
from toolkit.engine.planner import plan_move
from toolkit.pacing import Deadline, Pace, persist
from toolkit.ports import Ballot, Clock, Cloud, Ledger, Notifier, Prober, Resolver, Watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

READ_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything outside that the engine speaks to."""

    cloud: Cloud
    ledger: Ledger
    prober: Prober
    resolver: Resolver
    notifier: Notifier
    clock: Clock
    watcher: Watcher
    ballot: Ballot | None = None
    pace: Pace = field(default_factory=Pace)


@dataclass(frozen=True, slots=True)
class View:
    """What one look at the world and the journal gave, and the decision that follows from it."""

    group: Group
    snapshot: Snapshot
    holders: Mapping[str, Holder]
    verdicts: Mapping[str, Verdict]
    objections: Mapping[str, tuple[Objection, ...]]
    history: History
    decision: Decision
    plan: Plan | None


class Thinker:
    """Gathers and decides; changes nothing."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def view(self, group: Group, trigger: Trigger) -> View:
        """What would be done and why, without the lease."""
        deadline = Deadline.after(self._ports.clock, READ_SECONDS)
        history = persist(lambda: self._ports.ledger.history(group.name), deadline)
        known, snapshot = self.gather(group, deadline)
        return self.consider(known, trigger, snapshot, history)

    def gather(self, group: Group, deadline: Deadline) -> tuple[Group, Snapshot]:
        """The group with its nodes known, and the world as far as it concerns them."""
        known = persist(lambda: resolved(group, self._ports.cloud), deadline)
        return known, persist(lambda: self._ports.cloud.read(reads_of(known)), deadline)

    def consider(
        self,
        group: Group,
        trigger: Trigger,
        snapshot: Snapshot,
        history: History,
        *,
        between: Callable[[], None] = lambda: None,
        evidence: Evidence | None = None,
    ) -> View:
        """Judge the nodes, decide, and plan if the decision is to move; ``between`` is called while waiting.

        ``evidence`` is what a watcher knows of the nodes already: then nothing is looked at.
        """
        if trigger.target is not None:
            node_named(group, trigger.target)
        held = holders(group, snapshot)
        age = self._ports.clock.monotonic() - snapshot.taken_at
        if evidence is None:
            evidence = self._evidence(group, trigger, snapshot, held, between)
        unfit = objections(group, snapshot)
        situation = Situation(
            holders=held,
            verdicts=evidence.verdicts,
            objections=unfit,
            now=self._ports.clock.wall(),
            snapshot_age_seconds=age,
            move_times=history.move_times(),
            observer_cut_off=evidence.observer_cut_off,
        )
        decision = decide(group, trigger, situation)
        plan = plan_move(group, node_named(group, decision.target), snapshot) if isinstance(decision, Move) else None
        return View(group, snapshot, held, evidence.verdicts, unfit, history, decision, plan)

    def _evidence(
        self,
        group: Group,
        trigger: Trigger,
        snapshot: Snapshot,
        held: Mapping[str, Holder],
        between: Callable[[], None],
    ) -> Evidence:
        """A person's move needs only the target proven; any other needs every node judged by the thresholds."""
        manual = trigger.cause is Cause.MANUAL and trigger.target is not None
        if manual and set(held.values()) == {HeldBy(trigger.target or "")}:
            return Evidence()
        quorum = group.health.quorum
        if quorum is not None and trigger.cause is not Cause.MANUAL:
            ballot = self._ports.ballot
            return persist(
                lambda: by_votes(group, quorum, ballot, self._ports.clock),
                Deadline.after(self._ports.clock, READ_SECONDS),
                between=between,
            )
        names = [trigger.target] if trigger.target is not None else [node.name for node in group.members]
        return judge(
            group, snapshot, names, prober=self._ports.prober, clock=self._ports.clock, quick=manual, between=between
        )


def node_named(group: Group, name: str) -> Node:
    """The node of that name; raises UsageError with the names that there are."""
    node = group.node(name)
    if node is None:
        known = ", ".join(node.name for node in group.members)
        raise UsageError(f"group {group.name} has no node {name!r}; it has {known}")
    return node
