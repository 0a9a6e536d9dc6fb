"""The watcher's loop: rounds without drift, knowledge kept fresh, a configuration that can be exchanged."""

from __future__ import annotations

import heapq
import itertools
import math
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Final

from toolkit.domain.errors import ConfigurationError, FailoverError, Transient
from toolkit.domain.snapshot import Snapshot
from toolkit.probes.look import Part
from toolkit.watch.bulkhead import Bulkhead
from toolkit.watch.guard import Guard
from toolkit.watch.knowledge import Away, Known, checks, learn
from toolkit.watch.lateness import Lateness
from toolkit.watch.moving import Mover
from toolkit.watch.polling import Polls
from toolkit.watch.reach import Reach

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from toolkit.domain.group import Configuration
    from toolkit.domain.health import Observation
    from toolkit.engine.engine import Engine
    from toolkit.watch.outside import Outside

SCAN_SECONDS: Final = 0.25
TICK_SECONDS: Final = 0.02
LONGEST_WAIT_SECONDS: Final = 1.0
EXTENSION_SECONDS: Final = 30.0
_ROUNDING: Final = 1e-6
_NOT_ASKED: Final = Snapshot()


class Watcher:
    """Watches every group of a configuration from ``run`` to ``stop``; all its methods run in one thread."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self.guards: dict[str, Guard] = {}
        self.bulkhead = Bulkhead(outside.voice)
        self._polls = Polls(outside, self.bulkhead)
        self.mover = Mover(outside, self.guards, self._polls, bulkhead=self.bulkhead, refresh=self._refresh_soon)
        self.lateness = Lateness()
        self.reloads: Counter[str] = Counter()
        self.beat_at = 0.0
        self.blind = False
        self._configuration = outside.sources.configuration()
        self._engine: Engine = outside.sources.engine(self._configuration)
        self._rounds: list[tuple[float, int, Guard]] = []
        self._numbers = itertools.count()
        self._asking = False
        self._reach = Reach(outside.voice)
        self._reading: set[str] = set()
        self._read_at: dict[str, float] = {}
        self._scan_at = 0.0
        self._began_at = 0.0
        self._first_at: float | None = None
        self._settled = False

    def run(self) -> None:
        """Watch until told to stop and the runs in hand are over."""
        self._take(self._configuration)
        # AWS may be away for long: that is told as it is, and no reason for systemd to start us again.
        self._outside.supervisor.tell("READY=1")
        while not (self.mover.stopping and self.mover.in_hand == 0):
            act = self._outside.inbox.get(self._wait_seconds())
            if act is not None:
                act()
            self._go_on()
        self._outside.voice.say("stopped", "every run in hand is over")

    def stop(self) -> None:
        """Begin nothing more, and end when the runs in hand are over."""
        if self.mover.stopping:
            return
        self.mover.stopping = True
        self._outside.supervisor.tell("STOPPING=1", f"EXTEND_TIMEOUT_USEC={int(EXTENSION_SECONDS * 1e6)}")
        self._outside.voice.say("stopping", f"told to stop; runs in hand: {self.mover.in_hand}")

    def reload(self) -> None:
        """Take the configuration as it is now; one with a fault changes nothing."""
        microseconds = int(self._outside.clock.monotonic() * 1e6)
        self._outside.supervisor.tell("RELOADING=1", f"MONOTONIC_USEC={microseconds}")
        try:
            configuration = self._outside.sources.configuration()
            engine = self._outside.sources.engine(configuration)
        except FailoverError as error:
            faults = str(error).splitlines() if isinstance(error, ConfigurationError) else [str(error)]
            for fault in faults:
                self._outside.voice.say("reload refused", f"{fault}; the old configuration stays in force")
            self.reloads["refused"] += 1
        else:
            self.reloads["taken"] += 1
            self._configuration, self._engine = configuration, engine
            self._take(configuration)
        self._outside.supervisor.tell("READY=1")

    def _take(self, configuration: Configuration) -> None:
        """Watch these groups from now on; what is known of one that stays the same is kept."""
        older = dict(self.guards)
        self.guards.clear()
        now = self._outside.clock.monotonic()
        for group in configuration.groups:
            before = older.get(group.name)
            guard = before if before and before.group == group else Guard(group)
            if before and guard is not before:
                guard.inherit(before)
            self.guards[group.name] = guard
        kept = {id(guard) for _, _, guard in self._rounds if self.guards.get(guard.group.name) is guard}
        self._rounds = [entry for entry in self._rounds if id(entry[2]) in kept]
        heapq.heapify(self._rounds)
        fresh = [guard for guard in self.guards.values() if id(guard) not in kept]
        self._read_at = {name: self._read_at.get(name, now) for name in self.guards}
        self._read_at |= dict.fromkeys((guard.group.name for guard in fresh), now)
        for place, guard in enumerate(fresh):
            # Spread over the interval, so that a thousand groups are no burst; AWS is asked for all at once.
            spread = guard.interval_seconds * place / len(fresh)
            due = self._question_at(guard, now) if guard.asks_aws else now + spread
            self._plan_round(guard, due)
        self._scan_at = now
        names = ", ".join(self.guards)
        self._outside.voice.say("watching", f"{len(self.guards)} groups: {names}")

    def _wait_seconds(self) -> float:
        longest = min(LONGEST_WAIT_SECONDS, self._outside.supervisor.beat_seconds / 2)
        if self.mover.stopping:
            return longest
        now = self._outside.clock.monotonic()
        # Rounds that are due within one tick begin together: waking for each costs more than most looks.
        round_at = (
            max(self._rounds[0][0], self._began_at + TICK_SECONDS) if self._rounds else now + LONGEST_WAIT_SECONDS
        )
        due = min(round_at, self._scan_at)
        return min(max(0.0, due - now), longest)

    def _go_on(self) -> None:
        now = self._outside.clock.monotonic()
        self._beat(now)
        if self.mover.stopping:
            self.blind = False
            return
        self._begin_rounds(now)
        if now >= self._scan_at:
            self._scan_at = now + SCAN_SECONDS
            self._notice_silence(now)
            self._refresh([guard for name, guard in self.guards.items() if now >= self._read_at.get(name, now)])

    def _beat(self, now: float) -> None:
        """A sign of life, and more time while a run in hand is finished."""
        if now - self.beat_at < min(self._outside.supervisor.beat_seconds / 2, LONGEST_WAIT_SECONDS):
            return
        self.beat_at = now
        # A watcher that sees nothing any more is better started anew.
        if self._outside.supervisor.beat_seconds != float("inf") and not self.blind:
            self._outside.supervisor.tell("WATCHDOG=1")
        if self.mover.stopping:
            self._outside.supervisor.tell(f"EXTEND_TIMEOUT_USEC={int(EXTENSION_SECONDS * 1e6)}")

    def _notice_silence(self, now: float) -> None:
        """Say of each group that its looks stay unanswered; blind is who gets no answer for any group."""
        silent = False
        for name, guard in self.guards.items():
            if guard.silent(now):
                silent = True
                text = f"for {guard.waiting.silent_seconds(now):.0f} s no look has been answered: nothing is believed"
                self._outside.voice.state("no looks", text, group=name, key="yes")
            else:
                self._outside.voice.over("no looks", "looks are answered again", group=name)
        self.blind = silent and not any(guard.seeing(now) for guard in self.guards.values())

    def _question_at(self, guard: Guard, earliest: float) -> float:
        """The first moment from then on at which AWS is asked: the same ones for all groups of an interval."""
        if self._first_at is None:
            self._first_at = earliest
        count = math.ceil((earliest - self._first_at) / guard.interval_seconds - _ROUNDING)
        return self._first_at + count * guard.interval_seconds

    def _plan_round(self, guard: Guard, due: float) -> None:
        heapq.heappush(self._rounds, (due, next(self._numbers), guard))

    def _begin_rounds(self, now: float) -> None:
        if now < self._began_at + TICK_SECONDS:
            return
        self._began_at = now
        asking: list[tuple[Guard, int]] = []
        while self._rounds and self._rounds[0][0] <= now:
            due, _, guard = heapq.heappop(self._rounds)
            if self._settled:
                self.lateness.add(now - due, now=now)
            # From the planned moment, so that there is no drift; rounds that were missed are left out.
            missed = (now - due) // guard.interval_seconds
            again = due + (missed + 1) * guard.interval_seconds
            self._plan_round(guard, self._question_at(guard, now + TICK_SECONDS) if guard.asks_aws else again)
            # One question at a time: while AWS hangs, more of them would only wait behind each other.
            if guard.asks_aws and guard.known is not None and not self._asking:
                asking.append((guard, guard.waiting.begin(Part.AWS, now)))
            if guard.looks_itself and not guard.overdue(now):
                self._look(guard, guard.waiting.begin(Part.OURS, now), Part.OURS, _NOT_ASKED)
        if asking:
            self._asking = True
            ports, groups = self._engine.ports, [guard.known.group for guard, _ in asking if guard.known]
            self._outside.askers.begin(lambda: checks(ports, groups), partial(self._checked, asking))

    def _checked(self, asked: Sequence[tuple[Guard, int]], found: Snapshot | Away | FailoverError) -> None:
        self._asking = False
        for guard, number in asked:
            self._look(guard, number, Part.AWS, found if isinstance(found, Snapshot) else _NOT_ASKED)
        if isinstance(found, Snapshot):
            self._reach.answered("aws", way="checks")
        else:
            self._reach.failed(found if isinstance(found, Away) else Away("aws", found), way="checks")

    def _look(self, guard: Guard, number: int, part: Part, found: Snapshot) -> None:
        with self.bulkhead.around(guard.group.name):
            round_ = guard.round(part, found)
            if round_ is None:
                guard.waiting.end(number, self._outside.clock.monotonic())
            else:
                self._outside.eyes.begin(round_, partial(self._looked, guard, number))

    def _looked(self, guard: Guard, number: int, observations: Sequence[Observation]) -> None:
        guard.waiting.end(number, self._outside.clock.monotonic())
        if self.guards.get(guard.group.name) is guard:
            with self.bulkhead.around(guard.group.name):
                self._take_in(guard, observations)

    def _take_in(self, guard: Guard, observations: Sequence[Observation]) -> None:
        name, now = guard.group.name, self._outside.clock.monotonic()
        changed = guard.looked(observations, now=now)
        for verdict in changed:
            topic, text = f"verdict of {verdict.node}", f"{verdict.node} is {verdict.belief.value}: {verdict.why}"
            self._outside.voice.state(topic, text, group=name, key=verdict.belief.value)
        cut_off = guard.tracker.observer_cut_off
        if cut_off:
            self._outside.voice.state("cut off", f"{cut_off}: nothing is believed of any node", group=name, key="yes")
        else:
            self._outside.voice.over("cut off", "this observer reaches its anchors again", group=name)
        if guard.suspicious and guard.known and now - guard.known.snapshot.taken_at > guard.interval_seconds:
            self._refresh([guard])
        self._polls.tend(guard, self._engine.ports, changed=bool(changed))
        self.mover.consider(guard, self._engine)

    def _refresh_soon(self, guard: Guard) -> None:
        self._refresh([guard])

    def _refresh(self, guards: Sequence[Guard]) -> None:
        """Read the groups anew beside the loop; one that is being read is read again soon after."""
        asked = [guard for guard in guards if guard.group.name not in self._reading]
        if not asked or self.mover.stopping:
            return
        ports, groups = self._engine.ports, [guard.group for guard in asked]
        epochs = [(guard, guard.epoch) for guard in asked]
        self._outside.readers.begin(lambda: learn(ports, groups), partial(self._learned, epochs))
        self._reading.update(guard.group.name for guard in asked)

    def _learned(self, asked: Sequence[tuple[Guard, int]], found: Mapping[str, Known | Away] | FailoverError) -> None:
        now = self._outside.clock.monotonic()
        parts = {"aws", "ledger"}
        for guard, epoch in asked:
            name = guard.group.name
            self._reading.discard(name)
            if self.guards.get(name) is not guard:
                self._read_at[name] = now
                continue
            known = Away("aws", found) if isinstance(found, FailoverError) else found[name]
            if isinstance(known, Away) and isinstance(known.error, Transient):
                parts.discard(known.part)
            with self.bulkhead.around(name):
                self._know(guard, known, epoch)
            self._read_at[name] = now + self._rest_seconds(guard, now, away=isinstance(known, Away))
        for part in parts:
            self._reach.answered(part, way="reads")
        self._settled = True

    def _know(self, guard: Guard, known: Known | Away, epoch: int) -> None:
        """Take in what was read of one group, unless a run has begun since."""
        name = guard.group.name
        if isinstance(known, Away):
            self._reach.failed(known, way="reads", group=name)
            return
        self._outside.voice.over("unreadable", "it can be read again", group=name)
        if guard.epoch == epoch and not self.mover.busy(name):
            for text in guard.learned(known):
                self._outside.voice.say("changed", text, group=name)
            self.mover.consider(guard, self._engine)

    def _rest_seconds(self, guard: Guard, now: float, *, away: bool) -> float:
        """Until the next refresh: half of what a snapshot may be old; less while something is wrong, ever less so."""
        steady = guard.group.policy.max_snapshot_age_seconds / 2
        if away or guard.known is None:
            return min(steady, 1.0)
        if guard.restless_since is None:
            return steady
        return min(steady, max(1.0, (now - guard.restless_since) / 4))
