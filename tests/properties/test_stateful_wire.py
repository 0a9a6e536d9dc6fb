"""The same turmoil over the wire, smaller: two controllers, a boot script and a person, request by request.

The watcher is not among them: its process as a whole is killed at each of its calls in tests/scenarios/watch.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from faults.actors import Turns, Turnstile
from faults.endings import ended
from faults.invariants import INVARIANTS, Gap
from faults.observed import ObservedEndpoint, observed_lab
from faults.site import Site
from faults.troubles import THROTTLED
from faults.verdicts import GROUPS
from toolkit.domain.decision import Cause, Trigger
from toolkit.domain.events import History
from toolkit.engine.engine import Engine
from toolkit.engine.outcome import Result
from toolkit.engine.reclaim import Reclaimer
from toolkit.lab import Drop, Fault
from toolkit.pacing import Deadline

TWO, HOMELESS, LEASE, OUTSIDE, UNPROVEN, STORY, KEPT = INVARIANTS
ALWAYS = {name: INVARIANTS[name] for name in (TWO, HOMELESS, LEASE, OUTSIDE, UNPROVEN, KEPT)}
EXAMPLES = int(os.environ.get("TURMOIL_EXAMPLES", "60")) // 10
STEPS = 10
BOOT_SECONDS = 3.0
CONTROLLERS = ["left", "right"]
controllers = st.sampled_from(CONTROLLERS)
actors = st.sampled_from([*CONTROLLERS, "boot"])
nodes = st.sampled_from(["db-1", "db-2"])


class WireTurmoil(RuleBasedStateMachine):
    """The lab's account and everybody who acts on it; the lab is one for all stories."""

    lab: ClassVar[tuple[ObservedEndpoint, str]]

    @initialize(group=st.sampled_from([*GROUPS]))
    def begin(self, group: str) -> None:
        self.site = Site(*self.lab, GROUPS[group])
        self.site.stolen = True
        self.turns = Turns(tell=self._told, bury=self.site.dead.add)
        self.count = 0
        self.by_hand = False
        self.failing = 0
        self.playing: dict[str, str] = {}

    @rule(who=controllers, to=nodes)
    def a_controller_moves(self, who: str, to: str) -> None:
        self._enter(who, lambda engine: engine.run(self.site.group, self._trigger(to)))

    @rule(who=controllers)
    def a_controller_resumes(self, who: str) -> None:
        self._enter(who, lambda engine: engine.resume(self.site.group))

    @rule(who=controllers)
    def a_controller_hears_of_a_failure(self, who: str) -> None:
        self._enter(who, lambda engine: engine.run(self.site.group, self._trigger(None)))

    @rule(node=nodes)
    def a_node_boots(self, node: str) -> None:
        def reclaim(engine: Engine) -> Result:
            deadline = Deadline.after(engine.ports.clock, BOOT_SECONDS)
            booted = Reclaimer(engine, self.site.ids[node], deadline=deadline, tell=lambda _: None)
            return booted.reclaim(self.site.group)

        self._enter("boot", reclaim)

    @rule(node=nodes)
    def a_service_dies(self, node: str) -> None:
        self.site.silence(node)

    @rule()
    def all_services_run(self) -> None:
        self.site.mend()

    @rule(who=actors, points=st.integers(1, 20))
    def somebody_goes_on(self, who: str, points: int) -> None:
        if self._plays(who):
            self.turns.go_on(self.playing[who], points)

    @rule(who=actors)
    def somebody_is_killed(self, who: str) -> None:
        if self._plays(who):
            self.turns.kill(self.playing[who])

    @rule(to=nodes)
    def a_person_moves_an_address(self, to: str) -> None:
        self.by_hand = True
        self.site.carry(self.site.group.addresses[0].kind, to)

    @rule(effect=st.sampled_from([Drop(when="after"), Drop(when="before"), THROTTLED]), first=st.integers(1, 5))
    def a_call_will_fail(self, effect: Drop, first: int) -> None:
        self.failing += 1
        self.site.endpoint.faults.add(Fault(effect, user_agent="*failover*", first=first, count=1))

    @invariant()
    def all_is_as_it_must_always_be(self) -> None:
        # A run that nobody lets go on keeps its gap open; each call that will fail may cost two more.
        gap = Gap(seconds=float("inf")).wider(2 * self.failing)
        trace = replace(self.site.trace(History()), gap=gap)
        found = {name: faults for name, check in ALWAYS.items() if (faults := list(check(trace)))}
        assert not found, str(found)

    @invariant()
    def every_end_is_explained(self) -> None:
        assert [end.unexplained for end in self.turns.ends.values() if end.unexplained] == []

    def teardown(self) -> None:
        """Everybody dies where he stands, the faults end, and one resume and one run put everything right."""
        try:
            for owner in self.playing.values():
                if self.turns.on_stage(owner):
                    self.turns.kill(owner)
            self.site.settle()
            self.site.mend()
            resumed = ended(lambda: self.site.engine("last", patient=True).resume(self.site.patient))
            assert resumed.word == "done", resumed
            places = self.site.concern.at(self.site.endpoint.placement())
            assert all(places.values()) or self.by_hand, f"homeless and forgotten: {places}"
            moved = ended(lambda: self._very_last().run(self.site.patient, self._trigger("db-2")))
            assert moved.word == "done", moved
            assert set(self.site.concern.at(self.site.endpoint.placement()).values()) == {self.site.ids["db-2"]}
            assert not list(INVARIANTS[STORY](self.site.trace(self.site.history())))
        finally:
            self.site.close()

    def _very_last(self) -> Engine:
        return self.site.engine("very-last", patient=True)

    def _enter(self, who: str, work: Callable[[Engine], Result]) -> None:
        if self._plays(who):
            return
        self.count += 1
        owner = self.playing[who] = f"{who}-{self.count}"
        engine = self.site.engine(owner, strike=Turnstile(self.turns, owner))
        self.turns.enter(owner, lambda: work(engine))

    def _plays(self, who: str) -> bool:
        return who in self.playing and self.turns.on_stage(self.playing[who])

    def _trigger(self, target: str | None) -> Trigger:
        """A person's word, or without a target what is told of a failure."""
        return Trigger(Cause.MANUAL if target else Cause.FAILURE, "turmoil", time.time(), target=target)

    def _told(self, owner: str, what: str) -> None:
        begins, dies, ends = (what == word for word in ("begins", "dies", "ends"))
        hindered = self.site.hindered(owner)
        self.site.endpoint.observer.word(
            f"the run {what}", run=owner, begins=begins, dies=dies, ends=ends, hindered=hindered
        )


def test_whoever_acts_when_and_dies_where_on_the_lab_nothing_is_lost() -> None:
    with observed_lab() as lab:
        WireTurmoil.lab = lab
        run_state_machine_as_test(
            WireTurmoil, settings=settings(max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None)
        )
