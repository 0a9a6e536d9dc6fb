"""Several watchers of one group: none of them moves it alone."""

from __future__ import annotations

from dataclasses import replace

from support.rig import engine, held, on_failure
from support.watch_sim import Sim, by_tcp, configuration
from toolkit.domain.errors import ExitCode
from toolkit.domain.group import Quorum
from toolkit.domain.health import Belief, Vote
from toolkit.domain.holder import HeldBy
from toolkit.engine.engine import Engine
from toolkit.engine.reclaim import Reclaimer
from toolkit.pacing import Deadline
from toolkit.testing import MemoryBallot, World, pair, unreachable


def voting() -> World:
    """A group for which two of three observers must agree."""
    return by_tcp(pair("eip"), quorum=Quorum(2, 3))


def other_says(world: World, ballot: MemoryBallot, first: Belief, second: Belief = Belief.HEALTHY) -> None:
    now = world.clock.wall()
    votes = [Vote("there", "db-1", first, "seen", now), Vote("there", "db-2", second, "seen", now)]
    ballot.cast("db", "there", votes)


def at(world: World, node: str) -> bool:
    return set(held(world).values()) == {HeldBy(node)}


def test_one_observer_alone_moves_nothing_and_says_why() -> None:
    world, ballot = voting(), MemoryBallot()
    sim = Sim(world, ballot=ballot)
    sim.after(5.0, lambda: world.prober.down.add("db-1"))
    sim.run_for(60.0)
    assert sim.moves() == 0
    (told,) = sim.ears.said("hold")
    assert told.startswith("holds by quorum: db-1: of 3 observers 1 say unhealthy")


def test_two_observers_that_agree_move_the_group() -> None:
    world, ballot = voting(), MemoryBallot()
    sim = Sim(world, ballot=ballot)
    sim.after(5.0, lambda: world.prober.down.add("db-1"))
    sim.after(8.0, lambda: other_says(world, ballot, Belief.UNHEALTHY))
    sim.run_for(15.0)
    assert at(world, "db-2")


def test_two_observers_that_disagree_hold() -> None:
    world, ballot = voting(), MemoryBallot()
    sim = Sim(world, ballot=ballot)
    sim.after(5.0, lambda: world.prober.down.add("db-1"))
    for second in range(6, 60, 3):
        sim.after(float(second), lambda: other_says(world, ballot, Belief.HEALTHY))
    sim.run_for(60.0)
    assert sim.moves() == 0


def test_the_vote_of_an_observer_that_fell_silent_expires() -> None:
    world, ballot = voting(), MemoryBallot()
    other_says(world, ballot, Belief.UNHEALTHY)
    sim = Sim(world, ballot=ballot)
    sim.after(30.0, lambda: world.prober.down.add("db-1"))
    sim.run_for(90.0)
    assert sim.moves() == 0


def test_a_target_that_only_one_observer_sees_healthy_is_not_moved_to() -> None:
    world, ballot = voting(), MemoryBallot()
    sim = Sim(world, ballot=ballot)
    sim.after(5.0, lambda: world.prober.down.add("db-1"))
    for second in range(6, 60, 3):
        sim.after(float(second), lambda: other_says(world, ballot, Belief.UNHEALTHY, Belief.UNHEALTHY))
    sim.run_for(60.0)
    assert sim.moves() == 0


def test_votes_are_renewed_while_nothing_changes() -> None:
    world, ballot = voting(), MemoryBallot()
    sim = Sim(world, ballot=ballot)
    sim.run_for(100.0)
    (vote, _) = ballot.cast_by["db", "here"]
    assert world.clock.wall() - vote.at < 10.0


def test_a_quorum_without_a_place_for_votes_holds() -> None:
    world = voting()
    sim = Sim(world)
    sim.after(5.0, lambda: world.prober.down.add("db-1"))
    sim.run_for(60.0)
    assert sim.moves() == 0
    assert "put it in DynamoDB" in sim.ears.said("hold")[0]


def test_votes_that_cannot_be_read_move_nothing_and_are_told_once() -> None:
    class Broken(MemoryBallot):
        def votes(self, group: str) -> list[Vote]:
            del group
            raise unreachable("Query")

    world = voting()
    sim = Sim(world, ballot=Broken())
    sim.after(5.0, lambda: world.prober.down.add("db-1"))
    sim.run_for(60.0)
    assert (sim.moves(), len(sim.ears.said("votes"))) == (0, 1)


def test_a_run_after_a_failure_goes_by_the_votes_and_not_by_its_own_eyes() -> None:
    world, ballot = voting(), MemoryBallot()
    world.prober.down.add("db-1")
    alone = Engine(replace(engine(world).ports, ballot=ballot)).run(world.group, on_failure(world))
    assert (alone.status, alone.exit_code) == ("hold", ExitCode.HOLD)
    for observer in ("here", "there"):
        now = world.clock.wall()
        unhealthy = Vote(observer, "db-1", Belief.UNHEALTHY, "seen", now)
        ballot.cast("db", observer, [unhealthy, Vote(observer, "db-2", Belief.HEALTHY, "seen", now)])
    together = Engine(replace(engine(world).ports, ballot=ballot)).run(world.group, on_failure(world))
    assert (together.status, at(world, "db-2")) == ("done", True)


def test_a_holder_about_whom_the_observers_disagree_keeps_its_addresses_whoever_asks() -> None:
    world, ballot = voting(), MemoryBallot()
    for observer, first in (("here", Belief.UNHEALTHY), ("there", Belief.HEALTHY)):
        now = world.clock.wall()
        votes = [Vote(observer, "db-1", first, "seen", now), Vote(observer, "db-2", Belief.HEALTHY, "seen", now)]
        ballot.cast("db", observer, votes)
    asked = Engine(replace(engine(world).ports, ballot=ballot))
    run = asked.run(world.group, on_failure(world))
    assert (run.exit_code, run.reason.partition(":")[0]) == (ExitCode.HOLD, "holder-not-proven-dead")
    now_over = Deadline.after(world.clock, 0.0)
    boot = Reclaimer(asked, world.node("db-2").instance, deadline=now_over, tell=lambda _: None).reclaim(world.group)
    assert (boot.exit_code, at(world, "db-1")) == (ExitCode.HOLD, True)


def test_votes_that_come_after_their_group_was_taken_out_of_the_configuration_start_no_run() -> None:
    """The others change their mind, and the group goes while their votes are on their way."""
    world = voting()

    class Counted(MemoryBallot):
        def votes(self, group: str) -> list[Vote]:
            if world.clock.monotonic() > 1020.0:
                other_says(world, self, Belief.UNHEALTHY)
                sim.after(1.0, take_out)
            return list(super().votes(group))

    def take_out() -> None:
        sim.sources.configuration_ = configuration()
        sim.watcher.reload()

    ballot = Counted()
    sim = Sim(world, ballot=ballot)
    sim.voters.late_seconds = 4.0
    sim.after(5.0, lambda: world.prober.down.add("db-1"))
    for second in range(6, 20, 3):
        sim.after(float(second), lambda: other_says(world, ballot, Belief.HEALTHY))
    sim.run_for(60.0)
    assert sim.ears.said("hold") != []
    assert sim.ears.said("moving") == []
