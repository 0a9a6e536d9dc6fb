"""Two controllers, a watcher, a boot script and a person on one fake account, in any order, at any of their points.

After each step no address is in two places, none was taken from its place without another, nothing outside the
group has moved, nobody changed a thing without having had the lease. Whoever is killed at the end, one `failover
resume` and one run later everything is together, and the journal says so.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from faults.actors import Troupe
from faults.broken import Trusting
from faults.endings import ended
from faults.invariants import INVARIANTS, Gap
from faults.rehearsal import Book, Hand
from support.random_worlds import worlds
from support.rig import plan_to
from support.watch_sim import Sim
from toolkit.domain.decision import Cause, Trigger
from toolkit.domain.errors import CloudError, LeaseLost
from toolkit.engine.engine import Engine
from toolkit.engine.outcome import Result
from toolkit.engine.reclaim import Reclaimer
from toolkit.pacing import Deadline
from toolkit.testing import broken, impossible, not_ready, pair, refused, silent, throttled, unreachable
from toolkit.testing.worlds import KINDS

if TYPE_CHECKING:
    from toolkit.domain.events import Event, History
    from toolkit.ports import Grant, Ledger
    from toolkit.testing import FakeCloud, MemoryLedger, World

# The tracing of each line would take half of the time.
pytestmark = pytest.mark.no_cover

NODES = ["db-1", "db-2"]
CONTROLLERS = ["left", "right"]
ACTORS = [*CONTROLLERS, "boot", "watcher"]
REFUSALS = [throttled, unreachable, not_ready, refused, impossible]
LOST_ANSWERS = [broken, silent]
BOOT_SECONDS = WATCH_SECONDS = 20.0
LONGER_THAN_ANYTHING_SECONDS = 200.0
# `TURMOIL_EXAMPLES=5000 make test TESTS=tests/properties/test_stateful_engine.py` plays so many stories instead.
EXAMPLES = int(os.environ.get("TURMOIL_EXAMPLES", "150"))
STEPS = 30
TWO, HOMELESS, LEASE, OUTSIDE, UNPROVEN, STORY, KEPT = INVARIANTS
FORGOTTEN = "homeless and forgotten"
ALWAYS = {name: INVARIANTS[name] for name in (TWO, HOMELESS, LEASE, OUTSIDE, UNPROVEN, KEPT)}

pairs = st.sets(st.sampled_from(KINDS), min_size=1).map(lambda kinds: pair(*sorted(kinds)))
random_ones = worlds().filter(lambda world: bool(world.group.addresses))
actors = st.sampled_from(ACTORS)
nodes = st.sampled_from(NODES)


class Turmoil(RuleBasedStateMachine):
    """The account and everybody who acts on it."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.playing: dict[str, str] = {}
        self.troupe = Troupe(pair("eip"))

    @initialize(world=pairs | random_ones, lag=st.sampled_from([0.0, 0.0, 2.0, 20.0]))
    def begin(self, world: World, lag: float) -> None:
        if lag:
            world.cloud.lag_reads(lag)
        self.troupe = Troupe(world)
        # A run that nobody lets go on keeps its gap open; only what the living do is counted.
        # Groups by chance have more addresses than those of the matrix.
        self.troupe.gap = Gap(seconds=float("inf")).wider(8)

    @rule(who=st.sampled_from(CONTROLLERS), to=nodes)
    def a_controller_moves(self, who: str, to: str) -> None:
        self._enter(who, lambda engine: engine.run(self.world.group, self._trigger(Cause.MANUAL, to)))

    @rule(who=st.sampled_from(CONTROLLERS))
    def a_controller_hears_of_a_failure(self, who: str) -> None:
        self._enter(who, lambda engine: engine.run(self.world.group, self._trigger(Cause.FAILURE)))

    @rule(who=st.sampled_from(CONTROLLERS))
    def a_controller_resumes(self, who: str) -> None:
        self._enter(who, lambda engine: engine.resume(self.world.group))

    @rule(node=nodes)
    def a_node_boots(self, node: str) -> None:
        def reclaim(engine: Engine) -> Result:
            deadline = Deadline.after(engine.ports.clock, BOOT_SECONDS)
            instance = self.world.node(node).instance
            return Reclaimer(engine, instance, deadline=deadline, tell=lambda _: None).reclaim(self.world.group)

        self._enter("boot", reclaim)

    @rule()
    def the_watcher_watches(self) -> None:
        if self._plays("watcher"):
            return
        owner = self._owner("watcher")
        seen = replace(
            self.world,
            cloud=cast("FakeCloud", Hand(self.troupe, owner)),
            ledger=cast("MemoryLedger", Book(self.troupe, owner, self.world.ledger.beside(owner))),
        )

        def watch() -> Result:
            Sim(seen).run_for(WATCH_SECONDS)
            return Result("done", "watched", self.world.group.name, owner)

        self.troupe.turns.enter(owner, watch)

    @rule(who=actors, points=st.integers(1, 15))
    def somebody_goes_on(self, who: str, points: int) -> None:
        if self._plays(who):
            self.troupe.turns.go_on(self.playing[who], points)

    @rule(who=actors)
    def somebody_comes_to_an_end(self, who: str) -> None:
        if self._plays(who):
            self.troupe.turns.go_on(self.playing[who], 2_000)

    @rule(who=st.sampled_from(CONTROLLERS), points=st.integers(4, 40), seconds=st.sampled_from([20.0, 90.0]), to=nodes)
    def one_stands_still_and_is_overtaken(self, who: str, points: int, seconds: float, to: str) -> None:
        """The one place where numbers matter: the second has the lease, acts, and then the first wakes up."""
        other = next(name for name in CONTROLLERS if name != who)
        self.a_controller_moves(who, next(node for node in NODES if node != to))
        self.somebody_goes_on(who, points)
        self.time_passes(seconds)
        self.a_controller_moves(other, to)
        self.somebody_goes_on(other, 4 * points)

    @rule(who=actors)
    def somebody_is_killed(self, who: str) -> None:
        if self._plays(who):
            self.troupe.turns.kill(self.playing[who])

    @rule(seconds=st.sampled_from([1.0, 5.0, 20.0, 90.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.clock.advance(seconds)

    @rule(to=nodes, number=st.integers(0, 7))
    def a_person_moves_an_address(self, to: str, number: int) -> None:
        steps = plan_to(self.world, to).steps
        if steps:
            with suppress(CloudError):
                self.world.cloud.by_another_hand(steps[number % len(steps)].call)
            self.troupe.note("a person's hand", hand=True)

    @rule(node=nodes)
    def a_service_dies(self, node: str) -> None:
        self.world.prober.down.add(node)

    @rule()
    def all_services_run(self) -> None:
        self.world.prober.down.clear()

    @rule(error=st.sampled_from([*REFUSALS, *LOST_ANSWERS]), first=st.integers(1, 3), times=st.integers(1, 3))
    def calls_will_fail(self, error: Callable[[str], CloudError], first: int, times: int) -> None:
        self.world.cloud.fail(None, error, first=first, times=times)
        # Each refusal may cost a repeat, and a repeat a renewal of the lease.
        self.troupe.gap = self.troupe.gap.wider(2 * times)

    @rule(error=st.sampled_from(LOST_ANSWERS), first=st.integers(1, 3))
    def an_answer_will_be_lost(self, error: Callable[[str], CloudError], first: int) -> None:
        self.world.cloud.fail(None, error, effect="happens", first=first)

    @rule(seconds=st.sampled_from([0.0, 5.0, 40.0]))
    def interfaces_take_their_time(self, seconds: float) -> None:
        # The lease is renewed while an interface is awaited.
        self.troupe.gap = self.troupe.gap.wider(int(seconds))
        delays = self.world.cloud.delays
        delays.attach_seconds = delays.detach_seconds = delays.private_ip_seconds = seconds

    @invariant()
    def all_is_as_it_must_always_be(self) -> None:
        trace = self.troupe.trace(self.world.ledger.history("db"))
        found = {name: faults for name, check in ALWAYS.items() if (faults := list(check(trace)))}
        assert not found, str(found)

    @invariant()
    def every_end_is_explained(self) -> None:
        assert [end.unexplained for end in self.troupe.turns.ends.values() if end.unexplained] == []

    def teardown(self) -> None:
        """Everybody dies where he stands, the world heals, and one resume and one run put everything right."""
        try:
            for owner in list(self.playing.values()):
                if self.troupe.turns.on_stage(owner):
                    self.troupe.turns.kill(owner)
        finally:
            self._heal()
        resumed = ended(lambda: self._last("last").resume(self.world.group))
        assert resumed.word == "done", resumed
        self.troupe.note("the resume")
        assert not self._forgotten(), f"{FORGOTTEN}: {self._forgotten()}"
        moved = ended(lambda: self._last("very last").run(self.world.group, self._trigger(Cause.MANUAL, "db-2")))
        assert moved.word == "done", moved
        assert set(self.troupe.places().values()) == {self.world.node("db-2").instance}
        untrue = list(INVARIANTS[STORY](self.troupe.trace(self.world.ledger.history("db"))))
        assert not untrue, f"{STORY}: {untrue}"

    def engine(self, owner: str) -> Engine:
        """What an actor acts with."""
        return self.troupe.engine(owner, self.ledger(owner))

    def ledger(self, owner: str) -> Ledger:
        """The lease and the journal as that actor sees them."""
        return cast("Ledger", self.world.ledger.beside(owner))

    @property
    def world(self) -> World:
        return self.troupe.world

    def _forgotten(self) -> set[str]:
        """The addresses that a run took from their place, and nobody has given another since."""
        found: set[str] = set()
        for before, after in itertools.pairwise(self.troupe.moments):
            for key in self.troupe.concern.kinds:
                if after.placement.get(key):
                    found.discard(key)
                elif before.placement.get(key) and after.run and after.changes:
                    found.add(key)
        return found

    def _heal(self) -> None:
        cloud = self.world.cloud
        cloud.faults.clear()
        self.world.clock.advance(LONGER_THAN_ANYTHING_SECONDS)
        cloud.delays.attach_seconds = cloud.delays.detach_seconds = cloud.delays.private_ip_seconds = 0.0
        cloud.lag_reads(0.0)
        self.world.prober.down.clear()
        self.troupe.note("the world is well")

    def _last(self, owner: str) -> Engine:
        """One whom nobody interrupts."""
        ports = self.troupe.engine(owner, self.world.ledger.beside(owner)).ports
        calm = replace(ports, cloud=self.world.cloud, ledger=self.world.ledger.beside(owner), clock=self.world.clock)
        return Engine(replace(calm, prober=self.world.prober, resolver=self.world.resolver))

    def _enter(self, who: str, work: Callable[[Engine], Result]) -> None:
        if self._plays(who):
            return
        owner = self._owner(who)
        engine = self.engine(owner)
        self.troupe.turns.enter(owner, lambda: work(engine))

    def _owner(self, who: str) -> str:
        self.count += 1
        self.playing[who] = f"{who}-{self.count}"
        return self.playing[who]

    def _plays(self, who: str) -> bool:
        return who in self.playing and self.troupe.turns.on_stage(self.playing[who])

    def _trigger(self, cause: Cause, target: str | None = None) -> Trigger:
        return Trigger(cause, "turmoil", self.world.clock.wall(), target=target)


class Deaf:
    """A ledger that takes the lease and then never hears that somebody else has it."""

    def __init__(self, inner: Ledger) -> None:
        self._inner = inner

    def acquire(self, group: str, *, opening: Sequence[Event] = ()) -> Grant:
        return replace(self._inner.acquire(group, opening=opening), until=float("inf"))

    def append(self, grant: Grant, events: Sequence[Event]) -> Grant:
        with suppress(LeaseLost):
            return replace(self._inner.append(grant, events), until=float("inf"))
        return grant

    def renew(self, grant: Grant) -> Grant:
        return grant

    def release(self, grant: Grant, events: Sequence[Event] = ()) -> None:
        with suppress(LeaseLost):
            self._inner.release(grant, events)

    def history(self, group: str) -> History:
        return self._inner.history(group)

    def owner(self, group: str) -> str | None:
        return self._inner.owner(group)


class DeafTurmoil(Turmoil):
    """The same with controllers that never look at their lease again."""

    def ledger(self, owner: str) -> Ledger:
        return Deaf(super().ledger(owner))


class ForgetfulTurmoil(Turmoil):
    """The same with a journal whose events are lost: nobody can know what a dead run had begun."""

    def ledger(self, owner: str) -> Ledger:
        own = self.world.ledger.beside(owner)
        own.before_write.append(lambda _what: self.world.ledger.records.events.clear())
        return cast("Ledger", own)


class TrustingTurmoil(Turmoil):
    """The same with controllers that take every node for well."""

    def engine(self, owner: str) -> Engine:
        return Engine(replace(super().engine(owner).ports, prober=Trusting()))


def test_whoever_acts_when_and_dies_where_nothing_is_lost() -> None:
    run_state_machine_as_test(Turmoil, settings=settings(max_examples=EXAMPLES, stateful_step_count=STEPS))


@pytest.mark.parametrize(
    ("broken_one", "found"),
    [
        (DeafTurmoil, (LEASE, HOMELESS)),
        (ForgetfulTurmoil, (FORGOTTEN, HOMELESS, STORY)),
        (TrustingTurmoil, (UNPROVEN,)),
    ],
)
def test_turmoil_with_a_broken_engine_is_found_out(broken_one: type[Turmoil], found: Sequence[str]) -> None:
    """The machine can fail, and for that reason: at the first counter-example, which need not be the smallest."""
    quick = settings(max_examples=20 * EXAMPLES, stateful_step_count=STEPS, phases=[Phase.generate], database=None)
    # Threads of one stage come in any order, so that a story may not repeat: then Hypothesis groups what it saw.
    with pytest.raises((AssertionError, ExceptionGroup)) as failed:
        run_state_machine_as_test(broken_one, settings=quick)
    told = "\n".join(words(failed.value))
    assert any(name in told for name in found), told


def words(error: BaseException) -> Iterator[str]:
    """What an error says, and those that it groups or follows."""
    yield str(error)
    for each in (*(error.exceptions if isinstance(error, BaseExceptionGroup) else ()), error.__context__):
        if each is not None:
            yield from words(each)
