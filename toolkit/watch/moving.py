"""When to run, when to hold, and what follows: the part of the watcher that may change something."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Final

from toolkit.domain.decision import Cause, Hold
from toolkit.domain.errors import FailoverError, LeaseHeld
from toolkit.domain.group import AutoFailback
from toolkit.domain.health import Belief
from toolkit.domain.holder import present
from toolkit.engine.outcome import Result
from toolkit.engine.view import Thinker
from toolkit.pacing import doubled
from toolkit.watch.wishes import odd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from toolkit.detection import Evidence
    from toolkit.domain.decision import Trigger
    from toolkit.domain.health import Verdict
    from toolkit.engine.engine import Engine
    from toolkit.engine.view import View
    from toolkit.watch.bulkhead import Bulkhead
    from toolkit.watch.guard import Guard
    from toolkit.watch.knowledge import Known
    from toolkit.watch.outside import Outside
    from toolkit.watch.polling import Polls

LEASE_RETRY_SECONDS: Final = 1.0
FIRST_RETRY_SECONDS: Final = 1.0
LONGEST_RETRY_SECONDS: Final = 60.0
_SETTLED: Final = frozenset({"done", "unverified"})


class Mover:
    """Turns what guards wish into runs, one at a time for each group.

    ``guards`` are those under watch by name, ``refresh`` asks for a group to be read anew, at once.
    """

    def __init__(
        self,
        outside: Outside,
        guards: Mapping[str, Guard],
        polls: Polls,
        *,
        bulkhead: Bulkhead,
        refresh: Callable[[Guard], None],
    ) -> None:
        self._outside = outside
        self._bulkhead = bulkhead
        self._guards = guards
        self._refresh = refresh
        self._polls = polls
        self._running: set[str] = set()
        self.ended: Counter[tuple[str, str]] = Counter()
        self.stopping = False

    @property
    def in_hand(self) -> int:
        """How many runs are."""
        return len(self._running)

    def busy(self, name: str) -> bool:
        """Whether a run of that group is in hand, one of an earlier configuration too."""
        return name in self._running

    def consider(self, guard: Guard, engine: Engine) -> None:
        """Decide on what is believed and known now; asks nothing of AWS.

        A guard that is under watch no more decides nothing: votes that it asked for may come later.
        """
        known, now = guard.known, self._outside.clock.monotonic()
        watched = self._guards.get(guard.group.name) is guard
        if not watched or self.busy(guard.group.name) or known is None or self.stopping:
            return
        if guard.well_with is known:
            return  # neither what is known nor any belief is new since nothing was wanted
        if known.history.unfinished():
            self._restless(guard, now)
            if now >= guard.not_before:
                self._begin(guard, "resuming", "takes up the run that never ended", lambda: engine.resume(guard.group))
            return
        trigger = believed = self._wish(guard, guard.verdicts)
        if trigger is not None:
            # What was believed last may be old news by now.
            trigger = self._wish(guard, guard.evidence(now=now).verdicts)
        if trigger is None:
            guard.restless_since = None
            self._all_well(guard, known)
            # That time passes is of account only where a failback waits for it, or a belief has become old news.
            timeless = believed is None and not isinstance(known.group.policy.failback, AutoFailback)
            guard.well_with = known if timeless else None
            return
        if trigger.cause is not Cause.FAILBACK:
            self._restless(guard, now)
        if now < guard.not_before:
            return
        if guard.group.health.quorum is None:
            self._decide(guard, known, trigger, guard.evidence(now=now), engine)
        else:
            self._agree(guard, known, trigger, engine)

    def _wish(self, guard: Guard, verdicts: Mapping[str, Verdict]) -> Trigger | None:
        clock = self._outside.clock
        return guard.wish(verdicts, now=clock.monotonic(), wall_seconds=clock.wall())

    def _agree(self, guard: Guard, known: Known, trigger: Trigger, engine: Engine) -> None:
        """Decide on what the observers believe together; hold where they want no run."""
        agreed = self._polls.agreed(guard, engine.ports, lambda: self.consider(guard, engine))
        if agreed is None:
            return
        shared = self._wish(guard, agreed.verdicts)
        if shared is not None:
            self._decide(guard, known, shared, agreed, engine)
            return
        told = "; ".join(f"{verdict.node}: {verdict.why}" for verdict in agreed.verdicts.values())
        self._hold(guard, trigger, Hold("quorum", told), engine)

    def _decide(self, guard: Guard, known: Known, trigger: Trigger, evidence: Evidence, engine: Engine) -> None:
        thinker = Thinker(engine.ports)
        view = thinker.consider(known.group, trigger, known.snapshot, known.history, evidence=evidence)
        if isinstance(view.decision, Hold):
            self._hold(guard, trigger, view.decision, engine)
        else:
            self._move(guard, trigger, view, engine)

    def _move(self, guard: Guard, trigger: Trigger, view: View, engine: Engine) -> None:
        self._outside.voice.over("hold", "the reason to hold is gone", group=guard.group.name)
        text = f"moves to {view.plan.target if view.plan else '?'}: {trigger.why}"
        self._begin(guard, "moving", text, lambda: engine.run(guard.group, trigger, standing=view))

    def _hold(self, guard: Guard, trigger: Trigger, hold: Hold, engine: Engine) -> None:
        group = guard.group
        text = f"holds by {hold.rule}: {hold.why} (asked because {trigger.why})"
        if self._outside.voice.state("hold", text, group=group.name, key=hold.rule) and group.notify_sns:
            body = {"group": group.name, "status": "hold", "rule": hold.rule, "reason": hold.why, "why": trigger.why}
            told = lambda: engine.ports.notifier.notify(group, f"failover {group.name}: hold", body)  # noqa: E731
            self._outside.tellers.begin(told, lambda _: None)

    def _all_well(self, guard: Guard, known: Known) -> None:
        voice, name = self._outside.voice, guard.group.name
        if voice.now("hold", group=name):
            voice.over("hold", self._why_over(guard, known), group=name)
        voice.over("lease", "nobody else is at work any more", group=name)
        strange = odd(known, guard.verdicts)
        if strange is None:
            voice.over("odd", "the addresses are together again", group=name)
        else:
            voice.state("odd", strange, group=name)

    def _why_over(self, guard: Guard, known: Known) -> str:
        """Why nothing is wanted any more: not only a node that is well again wants nothing."""
        evidence = guard.evidence(now=self._outside.clock.monotonic()).verdicts
        holders = sorted(present(known.holders.values()))
        unknown = [node for node in holders if node not in evidence or evidence[node].belief is Belief.UNKNOWN]
        return f"of {', '.join(unknown)} nothing is known any more" if unknown else "nothing has to move any more"

    def _begin(self, guard: Guard, topic: str, text: str, work: Callable[[], Result]) -> None:
        self._outside.runners.begin(work, partial(self._end, guard.group.name))
        self._running.add(guard.group.name)
        guard.forget()
        if topic == "moving":
            self._outside.voice.say(topic, text, group=guard.group.name)
        else:
            self._outside.voice.state(topic, text, group=guard.group.name)

    def _end(self, name: str, outcome: Result | FailoverError) -> None:
        self._running.discard(name)
        guard = self._guards.get(name)
        with self._bulkhead.around(name):
            self._tell(name, outcome)
        if guard is None:
            return
        if isinstance(outcome, Result):
            guard.own_runs.add(outcome.run_id)
        guard.forget()
        guard.not_before = self._outside.clock.monotonic() + self._pause_seconds(guard, outcome)
        self._refresh(guard)

    def _tell(self, name: str, outcome: Result | FailoverError) -> None:
        voice = self._outside.voice
        if isinstance(outcome, LeaseHeld):
            self.ended[name, "lease held"] += 1
            voice.state("lease", str(outcome), group=name, key=outcome.owner)
        elif isinstance(outcome, FailoverError):
            self.ended[name, "error"] += 1
            voice.say("failed", f"{type(outcome).__name__}: {outcome}", group=name)
        else:
            self.ended[name, outcome.status] += 1
            voice.over("resuming", "the interrupted run has been dealt with", group=name)
            voice.say("ended", f"{outcome.status}: {outcome.reason}", group=name)

    @staticmethod
    def _pause_seconds(guard: Guard, outcome: Result | FailoverError) -> float:
        """How long nothing is tried after this end; a run that fails again and again is tried less and less."""
        if isinstance(outcome, LeaseHeld):
            return LEASE_RETRY_SECONDS
        if isinstance(outcome, Result) and outcome.status in _SETTLED:
            guard.failures = 0
            return 0.0
        guard.failures += 1
        return doubled(FIRST_RETRY_SECONDS, guard.failures - 1, longest=LONGEST_RETRY_SECONDS)

    @staticmethod
    def _restless(guard: Guard, now: float) -> None:
        if guard.restless_since is None:
            guard.restless_since = now
