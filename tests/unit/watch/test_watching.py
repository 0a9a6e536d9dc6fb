"""A watcher over a fake world, in simulated time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from support.rig import by_hand, engine, held, on_failure, seen, with_policy
from support.watch_sim import PlannedEyes, Sim, by_tcp, configuration
from toolkit.domain.errors import CloudError, ConfigurationError, FailoverError, Fault
from toolkit.domain.events import History
from toolkit.domain.group import AutoFailback, ByTag, Configuration, Group, Health, StatusProbe, TcpProbe
from toolkit.domain.health import Belief, Observation, Outcome
from toolkit.domain.holder import HeldBy
from toolkit.domain.snapshot import Reads
from toolkit.domain.steps import Call
from toolkit.ports import Grant
from toolkit.testing import Killed, World, pair, refused, throttled, unreachable
from toolkit.watch.guard import Guard
from toolkit.watch.knowledge import Known
from toolkit.watch.report import Report, report


class Later(list[float]):
    """Lets something happen so long after each line that is heard."""

    def __init__(self, sim: Sim, seconds: float, act: Callable[[], None]) -> None:
        super().__init__()
        self.sim, self.seconds, self.act = sim, seconds, act

    def append(self, at: float) -> None:
        super().append(at)
        self.sim.after(self.seconds, self.act)


def at(world: World, node: str) -> bool:
    return set(held(world).values()) == {HeldBy(node)}


def to_db_2(world: World) -> Call:
    """What a person at the console may do."""
    params = {
        "AllocationId": "eipalloc-00000001",
        "NetworkInterfaceId": world.interface("db-2"),
        "AllowReassociation": True,
    }
    return Call("ec2", "AssociateAddress", params)


def test_a_dead_service_is_moved_away_from_and_the_reason_is_told() -> None:
    sim = Sim(by_tcp(pair("eip", "route")))
    sim.after(10.0, lambda: sim.world.prober.down.add("db-1"))
    sim.run_for(30.0)
    assert at(sim.world, "db-2")
    assert sim.ears.said("moving") == ["moves to db-2: db-1 is unhealthy: tcp: refused (3 of 3)"]
    assert sim.ears.said("ended") == ["done: everything is at db-2"]


def test_the_first_change_follows_the_verdict_with_only_the_lease_between() -> None:
    world = by_tcp(pair("eip"))
    sim = Sim(world)
    seen: list[tuple[float, int, list[str]]] = []
    world.cloud.before_call.append(
        lambda _: seen.append((world.clock.monotonic(), len(world.cloud.reads), list(world.ledger.writes)))
    )
    reads: list[int] = []
    sim.after(10.0, lambda: world.prober.down.add("db-1"))
    world.ledger.before_write.append(lambda _: reads.append(len(world.cloud.reads)))
    sim.run_for(30.0)
    assert seen[0][1] == reads[0]
    assert seen[0][2] == ["acquire"]


def test_a_healthy_group_costs_no_call_but_its_refresh() -> None:
    world = by_tcp(pair("eip"))
    sim = Sim(world)
    sim.run_for(300.0)
    assert sim.moves() == 0
    assert world.ledger.writes == []
    assert len(world.cloud.reads) <= 300.0 / (world.group.policy.max_snapshot_age_seconds / 2) + 2


def test_a_hold_is_told_once_and_not_every_second() -> None:
    world = by_tcp(pair("eip"))
    sim = Sim(world)
    sim.after(5.0, lambda: world.prober.down.update({"db-1", "db-2"}))
    sim.run_for(120.0)
    assert len(sim.ears.said("hold")) == 1
    assert sim.ears.said("hold")[0].startswith("holds by no-node-healthy")
    assert sim.moves() == 0


def test_a_hold_that_is_over_is_told_too() -> None:
    world = by_tcp(pair("eip"))
    sim = Sim(world)
    sim.after(5.0, lambda: world.prober.down.update({"db-1", "db-2"}))
    sim.after(60.0, world.prober.down.clear)
    sim.run_for(120.0)
    assert sim.ears.said("hold")[1:] == ["nothing has to move any more"]


def test_a_hold_that_is_over_as_its_node_is_not_seen_any_more_is_not_told_as_all_well() -> None:
    world = by_tcp(pair("eip"))
    sim = Sim(world)
    sim.after(5.0, lambda: world.prober.down.update({"db-1", "db-2"}))
    sim.after(60.0, lambda: world.prober.unseen.update({"db-1", "db-2"}))
    sim.run_for(120.0)
    assert sim.ears.said("hold")[1:] == ["of db-1 nothing is known any more"]


def test_an_observer_that_is_cut_off_moves_nothing() -> None:
    world = by_tcp(pair("eip"))
    sim = Sim(world)
    sim.after(5.0, lambda: world.prober.unseen.update({"db-1", "db-2"}))
    sim.run_for(120.0)
    assert sim.moves() == 0


def test_aws_away_is_told_once_and_the_watch_goes_on() -> None:
    world = by_tcp(pair("eip"))
    sim = Sim(world)
    sim.after(20.0, lambda: world.cloud.fail("read", unreachable, times=50))
    sim.after(70.0, lambda: world.prober.down.add("db-1"))
    sim.run_for(300.0)
    assert len(sim.ears.said("aws away")) == 2
    assert "goes on" in sim.ears.said("aws away")[0]
    assert sim.ears.said("aws away")[1] == "it answers again"
    assert at(world, "db-2")


def test_nothing_moves_on_what_is_known_too_long() -> None:
    world = by_tcp(pair("eip"))
    sim = Sim(world)
    sim.after(20.0, lambda: world.cloud.fail("read", unreachable, times=100_000))
    sim.after(70.0, lambda: world.prober.down.add("db-1"))
    sim.run_for(120.0)
    assert sim.moves() == 0
    assert sim.ears.said("hold")[0].startswith("holds by snapshot-old")


def test_an_address_moved_by_hand_is_explained_and_not_fought_over() -> None:
    world = by_tcp(pair("eip", "route"))
    sim = Sim(world)
    sim.after(20.0, lambda: world.cloud.by_another_hand(to_db_2(world)))
    sim.run_for(600.0)
    assert sim.moves() == 0
    assert sim.ears.said("changed") == ["eip:eipalloc-00000001 went from db-1 to db-2, by another hand: no run did it"]
    assert len(sim.ears.said("odd")) == 1


def test_what_its_own_run_moves_is_not_told_as_the_work_of_another_hand() -> None:
    world = by_tcp(pair("eip"))
    sim = Sim(world)
    sim.runners.late_seconds = 60.0
    sim.after(10.0, lambda: world.prober.down.add("db-1"))
    sim.run_for(120.0)
    assert at(world, "db-2")
    assert sim.ears.said("changed") == []


def test_what_its_own_run_moved_is_not_told_as_another_hands_after_a_reload_either() -> None:
    world = by_tcp(pair("eip"))
    sim = Sim(world)

    def change() -> None:
        patient = replace(world.group, policy=replace(world.group.policy, cooldown_seconds=1.0))
        sim.sources.configuration_ = configuration(patient)
        sim.watcher.reload()

    sim.readers.late_seconds = 3.0
    sim.after(10.0, lambda: world.prober.down.add("db-1"))
    sim.heard("ended", "done", Later(sim, 1.0, change))
    sim.run_for(60.0)
    assert at(world, "db-2")
    assert sim.ears.said("changed") == []


def test_what_moves_while_another_program_has_the_lease_is_told_as_such() -> None:
    world = by_tcp(pair("eip"))
    sim = Sim(world)
    other = world.ledger.beside("other")
    grant: list[Grant] = []
    sim.after(14.0, lambda: grant.append(other.acquire("db")))
    sim.after(14.1, lambda: world.cloud.by_another_hand(to_db_2(world)))
    sim.run_for(20.0)
    assert sim.ears.said("changed") == ["eip:eipalloc-00000001 went from db-1 to db-2, while other is at work"]


def test_a_terminated_holder_is_moved_away_from_though_it_holds_nothing_any_more() -> None:
    world = by_tcp(pair("eip"))
    sim = Sim(world)
    sim.after(20.0, lambda: world.cloud.terminate(world.node("db-1").instance))
    sim.after(20.0, lambda: world.prober.down.add("db-1"))
    sim.run_for(60.0)
    assert at(world, "db-2")
    assert "the instance of db-1 went from running to terminated" in sim.ears.said("changed")


def test_failback_waits_until_the_preferred_node_was_healthy_for_its_time() -> None:
    world = by_tcp(pair("eip"))
    with_policy(world, failback=AutoFailback(stable_seconds=100.0), cooldown_seconds=0.0)
    sim = Sim(world)
    moved: list[float] = []
    world.cloud.before_call.append(lambda _: moved.append(world.clock.monotonic() - 1000.0))
    sim.after(10.0, lambda: world.prober.down.add("db-1"))
    sim.after(50.0, world.prober.down.clear)
    sim.run_for(300.0)
    assert at(world, "db-1")
    assert len(moved) == 2
    assert 150.0 <= moved[1] <= 156.0


def test_a_persons_move_is_not_failed_back() -> None:
    world = by_tcp(pair("eip"))
    with_policy(world, failback=AutoFailback(stable_seconds=10.0), cooldown_seconds=0.0)
    sim = Sim(world)
    person = engine(world, ledger=world.ledger.beside("person"))

    def move() -> None:
        person.run(world.group, by_hand(world, "db-2"))

    sim.after(20.0, move)
    sim.run_for(300.0)
    assert at(world, "db-2")


def test_a_flapping_service_gets_no_more_moves_than_the_policy_allows() -> None:
    """Issue 3, must show 6: up 4 s, down 4 s, for an hour, on whichever node has the addresses."""
    world = by_tcp(pair("eip"), interval_seconds=0.5)
    with_policy(world, failback=AutoFailback(stable_seconds=1.0), cooldown_seconds=0.0, max_moves=3)
    sim = Sim(world, timeout_seconds=0.1)

    def flap(turn: int = 0) -> None:
        world.prober.down.clear()
        if turn % 2:
            (holder,) = held(world).values()
            world.prober.down.add(str(holder))
        sim.after(4.0, lambda: flap(turn + 1))

    sim.after(0.0, flap)
    sim.run_for(3600.0)
    assert 0 < sim.moves() <= 3
    assert any(text.startswith("holds by max-moves") for text in sim.ears.said("hold"))


def test_a_broken_configuration_leaves_the_old_one_in_force_and_says_so() -> None:
    world = by_tcp(pair("eip"))
    sim = Sim(world)

    def break_it() -> None:
        sim.sources.configuration_ = ConfigurationError("failover.yaml", [Fault("groups", "is empty", "name one", 3)])
        sim.watcher.reload()

    sim.after(5.0, break_it)
    sim.after(10.0, lambda: world.prober.down.add("db-1"))
    sim.run_for(30.0)
    assert sim.ears.said("reload refused") == [
        "failover.yaml:3: groups: is empty; name one; the old configuration stays in force"
    ]
    assert at(world, "db-2")
    assert sim.ears.told.count("RELOADING=1") == 1
    assert sim.ears.told.count("READY=1") == 2


def test_a_new_configuration_keeps_what_is_believed_of_groups_that_stay() -> None:
    world = by_tcp(pair("eip"))
    sim = Sim(world)
    sim.after(2.2, lambda: world.prober.down.add("db-1"))

    def change() -> None:
        patient = replace(world.group, policy=replace(world.group.policy, cooldown_seconds=1.0))
        sim.sources.configuration_ = configuration(patient)
        sim.watcher.reload()

    moved: list[float] = []
    world.cloud.before_call.append(lambda _: moved.append(world.clock.monotonic() - 1000.0))
    sim.after(4.9, change)
    sim.run_for(30.0)
    assert moved[0] < 7.0


def test_the_run_in_hand_is_finished_before_the_watcher_stops() -> None:
    world = by_tcp(pair("eip"))
    sim = Sim(world)
    world.cloud.before_call.append(lambda _: sim.watcher.stop())
    sim.after(5.0, lambda: world.prober.down.add("db-1"))
    sim.run_for(60.0)
    assert at(world, "db-2")
    assert world.ledger.history("db").unfinished() == ()
    assert "STOPPING=1" in sim.ears.told


def test_a_watcher_that_waits_for_its_last_run_sleeps_meanwhile() -> None:
    world = by_tcp(pair("eip"))
    sim = Sim(world)
    sim.runners.late_seconds = 60.0
    sim.after(5.0, lambda: world.prober.down.add("db-1"))
    sim.run_for(20.0)
    assert world.clock.monotonic() > 1060.0
    assert sim.ears.said("stopped") == ["every run in hand is over"]


def test_a_run_that_a_dead_watcher_left_open_is_taken_up() -> None:
    world = by_tcp(pair("eip", "route"))
    world.prober.down.add("db-1")
    world.ledger.switch.at = 4
    dead = world.ledger.beside("dead")
    try:
        engine(world, ledger=dead).run(world.group, on_failure(world))
    except Killed:
        world.ledger.switch.revive()
    dead.die()
    assert world.ledger.history("db").unfinished()
    sim = Sim(world)
    sim.run_for(60.0)
    assert at(world, "db-2")
    assert world.ledger.history("db").unfinished() == ()


def test_readiness_is_told_even_while_aws_is_away() -> None:
    world = by_tcp(pair("eip"))
    world.cloud.fail("read", unreachable, times=1000)
    sim = Sim(world)
    sim.run_for(3.0)
    assert sim.ears.told[0] == "READY=1"


def test_a_sign_of_life_comes_twice_in_each_watchdog_time() -> None:
    sim = Sim(by_tcp(pair("eip")))
    sim.ears.beat_seconds = 4.0
    sim.run_for(20.0)
    assert sim.ears.told.count("WATCHDOG=1") >= 10


def test_a_group_that_aws_refuses_to_tell_of_is_named_once_and_the_others_are_watched_on() -> None:
    world = by_tcp(pair("eip"))
    sim = Sim(world)
    bad = replace(world.group, name="bad", nodes=ByTag("failover:group", "nobody"))
    sim.sources.configuration_ = configuration(world.group, bad)
    sim.after(1.0, sim.watcher.reload)
    sim.after(60.0, lambda: world.prober.down.add("db-1"))
    sim.run_for(120.0)
    assert len(sim.ears.said("unreadable")) == 1
    assert sim.ears.said("aws away") == []
    assert at(world, "db-2")


def test_a_lease_that_somebody_else_holds_is_told_once_and_waited_for() -> None:
    world = by_tcp(pair("eip"))
    sim = Sim(world)
    other = world.ledger.beside("other")
    sim.after(5.0, lambda: world.prober.down.add("db-1"))

    def take() -> None:
        other.acquire("db")

    sim.after(6.0, take)
    sim.run_for(60.0)
    assert len(sim.ears.said("lease")) == 2
    assert "the lease is held by other" in sim.ears.said("lease")[0]
    assert at(world, "db-2")


def test_a_run_that_fails_again_and_again_is_tried_less_and_less() -> None:
    world = by_tcp(pair("eip"))
    world.cloud.fail("AssociateAddress", refused, times=100_000)
    sim = Sim(world)
    tried: list[float] = []
    world.cloud.before_call.append(lambda _: tried.append(world.clock.monotonic()))
    sim.after(5.0, lambda: world.prober.down.add("db-1"))
    sim.run_for(600.0)
    pauses = [later - earlier for earlier, later in pairwise(tried)]
    assert len(tried) < 25
    assert 50.0 < pauses[-1] < 70.0
    assert all(text.startswith("failed: ") for text in sim.ears.said("ended"))


def test_a_run_that_fails_for_days_is_tried_on_once_a_minute() -> None:
    world = by_tcp(pair("eip"))
    world.cloud.fail("AssociateAddress", refused, times=100_000)
    sim = Sim(world)

    def have_failed_for_a_day() -> None:
        sim.watcher.guards["db"].failures = 1_440

    sim.after(5.0, lambda: world.prober.down.add("db-1"))
    sim.after(10.0, have_failed_for_a_day)
    sim.run_for(300.0)
    assert 5 <= len(world.cloud.calls) <= 10


def test_a_verdict_whose_looks_are_long_ago_moves_nothing() -> None:
    world = by_tcp(pair("eip"))
    sim = Sim(world)

    def turn(dead: str) -> None:
        world.prober.down.clear()
        world.prober.down.add(dead)

    def go_blind() -> None:
        sim.eyes.blind = True

    sim.after(5.0, lambda: turn("db-1"))
    sim.after(20.0, lambda: turn("db-2"))
    sim.after(40.0, go_blind)
    sim.run_for(900.0)
    assert any(text.startswith("holds by cooldown") for text in sim.ears.said("hold"))
    assert sim.moves() == 1


def test_the_topic_hears_of_a_hold_once() -> None:
    world = by_tcp(pair("eip"))
    world.group = replace(world.group, notify_sns="arn:aws:sns:eu-west-1:111122223333:failover")
    sim = Sim(world)
    sim.after(5.0, lambda: world.prober.down.update({"db-1", "db-2"}))
    sim.run_for(60.0)
    assert [subject for _, subject, _ in world.notifier.sent] == ["failover db: hold"]


def test_a_resolver_that_is_away_leaves_a_move_unverified_and_the_watch_goes_on() -> None:
    world = by_tcp(pair("eip"))
    verify = replace(world.group.verify, outside=("198.51.100.53",), timeout_seconds=5.0)
    world.group = replace(world.group, verify=verify)
    with_policy(world, cooldown_seconds=0.0)
    world.resolver.silent.add("198.51.100.53")
    sim = Sim(world)

    def back() -> None:
        world.prober.down.clear()
        world.prober.down.add("db-2")

    sim.after(5.0, lambda: world.prober.down.add("db-1"))
    sim.after(60.0, back)
    sim.run_for(120.0)
    assert [text.partition(":")[0] for text in sim.ears.said("ended")] == ["unverified", "unverified"]
    assert at(world, "db-1")


def test_nodes_that_are_found_by_tag_are_watched_like_others() -> None:
    world = by_tcp(pair("eip"))
    named = world.group
    world.group = replace(named, nodes=ByTag("failover:group", "db"))
    sim = Sim(world)
    world.group = named
    sim.after(10.0, lambda: world.prober.down.add("db-1"))
    sim.run_for(30.0)
    assert at(world, "db-2")
    assert sim.ears.said("ended") == ["done: everything is at db-2"]


def of_status_checks(world: World, *intervals: float) -> list[Group]:
    """A group for each interval, judged by EC2's status checks alone."""
    return [
        replace(world.group, name=f"g{number}", health=Health((StatusProbe(),), interval_seconds=interval))
        for number, interval in enumerate(intervals)
    ]


def status_reads(world: World) -> list[float]:
    """The moments at which AWS is asked for status checks alone, as they come."""
    asked: list[float] = []

    def note(reads: Reads) -> None:
        if reads.status_of and not reads.instances:
            asked.append(world.clock.monotonic())

    world.cloud.before_read.append(note)
    return asked


@pytest.mark.parametrize("intervals", [(1.0,), (1.0, 1.5, 2.0, 2.2, 5.0)])
def test_aws_is_asked_for_the_checks_of_all_groups_together_at_most_once_a_second(intervals: tuple[float, ...]) -> None:
    world = pair("eip")
    asked = status_reads(world)
    sim = Sim(world, groups=of_status_checks(world, *intervals * (50 // len(intervals))))
    sim.after(20.3, sim.watcher.reload)
    sim.run_for(60.0)
    assert 55 <= len(asked) <= 61
    assert all(later - earlier > 0.98 for earlier, later in pairwise(asked))


def test_one_question_at_a_time_is_asked_of_an_aws_that_hangs() -> None:
    world = pair("eip")
    sim = Sim(world, groups=of_status_checks(world, *[1.0] * 10))
    sim.askers.late_seconds = 3.5
    sim.run_for(60.0)
    assert 10 <= sim.askers.begun <= 60 / 3.5


def test_a_service_is_looked_at_on_time_while_aws_hangs() -> None:
    """Its answers come late, so that a row of looks is made without them."""
    world = pair("eip")
    probes = (TcpProbe(5432, timeout_seconds=0.5), StatusProbe())
    sim = Sim(world, eyes=PlannedEyes, groups=[replace(world.group, health=Health(probes))])
    sim.askers.late_seconds = 3.5
    died = 30.2
    told: list[float] = []
    sim.after(died, lambda: world.prober.down.add("db-1"))
    sim.heard("verdict of db-1", "db-1 is unhealthy", told)
    sim.run_for(60.0)
    (noticed,) = told
    assert died + 2.0 <= noticed <= died + 3.5


def test_status_checks_that_pass_do_not_make_a_failing_service_less_suspect() -> None:
    world = pair("eip")
    guard = Guard(replace(world.group, health=Health((TcpProbe(5432), StatusProbe()))))
    guard.learned(Known.of(world.group, seen(world), history=History(), owner=None))

    def look(probe: str, outcome: Outcome) -> None:
        guard.looked([Observation("db-1", probe, outcome, "", 1.0, 0.0)], now=1.0)

    look("tcp 5432", Outcome.FAILED)
    look("ec2_status", Outcome.PASSED)
    assert guard.suspicious
    look("tcp 5432", Outcome.PASSED)
    assert not guard.suspicious


def blinded(*, at: float, until: float | None = None) -> Sim:
    """A watcher whose looks are not answered any more."""
    sim = Sim(by_tcp(pair("eip")))

    def set_blind(*, blind: bool) -> None:
        sim.eyes.blind = blind

    sim.after(at, lambda: set_blind(blind=True))
    if until is not None:
        sim.after(until, lambda: set_blind(blind=False))
    return sim


def test_looks_that_stay_unanswered_are_told_once_and_nothing_is_believed_any_more() -> None:
    sim = blinded(at=40.0)
    found: list[Report] = []
    sim.after(100.0, lambda: found.append(report(sim.watcher, sim.voice, sim.world.clock)))
    sim.run_for(120.0)
    assert len(sim.ears.said("no looks")) == 1
    assert not found[0].alive
    assert found[0].as_json()["status"] == "blind"
    assert {verdict.belief for verdict in found[0].groups["db"].verdicts.values()} == {Belief.UNKNOWN}


def test_a_blind_watcher_gives_no_sign_of_life_so_that_systemd_starts_it_anew() -> None:
    sim = blinded(at=40.0)
    sim.ears.beat_seconds = 4.0
    counts: list[int] = []
    for at in (50.0, 100.0):
        sim.after(at, lambda: counts.append(sim.ears.told.count("WATCHDOG=1")))
    sim.run_for(120.0)
    assert counts[0] > 0
    assert counts[0] == counts[1]


def test_looks_that_are_answered_again_are_told_and_believed() -> None:
    sim = blinded(at=40.0, until=60.0)
    found: list[Report] = []
    sim.after(130.0, lambda: found.append(report(sim.watcher, sim.voice, sim.world.clock)))
    sim.run_for(140.0)
    assert sim.ears.said("no looks")[1:] == ["looks are answered again"]
    assert found[0].alive
    assert {verdict.belief for verdict in found[0].groups["db"].verdicts.values()} == {Belief.HEALTHY}


def test_one_group_whose_looks_stay_unanswered_is_told_and_does_not_make_the_watcher_blind() -> None:
    world = by_tcp(pair("eip"))
    sim = Sim(world, groups=[world.group, replace(world.group, name="stuck")])
    sim.eyes.lost.add("stuck")
    found: list[Report] = []
    sim.after(50.0, lambda: found.append(report(sim.watcher, sim.voice, world.clock)))
    sim.run_for(60.0)
    assert [line.group for line in sim.ears.lines if line.topic == "no looks"] == ["stuck"]
    assert found[0].alive


def test_rounds_that_stay_unanswered_do_not_pile_up() -> None:
    """With a time limit of 0.5 s and 1 s to spare two of them are under way at most, and those are given up in time."""
    sim = Sim(by_tcp(pair("eip")))
    sim.eyes.lost.add("db")
    sim.run_for(600.0)
    assert 10 <= sim.eyes.asked <= 30


def test_a_time_limit_that_is_longer_than_the_interval_makes_no_verdict_late() -> None:
    world = pair("eip")
    health = Health((TcpProbe(5432, timeout_seconds=1.0),), interval_seconds=0.2)
    sim = Sim(world, eyes=PlannedEyes, timeout_seconds=1.0, groups=[replace(world.group, health=health)])
    died, told = 30.05, list[float]()
    sim.after(died, lambda: world.prober.down.add("db-1"))
    sim.heard("verdict of db-1", "db-1 is unhealthy", told)
    sim.run_for(60.0)
    assert died + 1.4 <= told[0] <= died + 1.6


def test_a_group_that_is_taken_out_and_back_while_its_run_is_in_hand_begins_no_second_one() -> None:
    world = by_tcp(pair("eip"))
    sim = Sim(world)
    sim.runners.late_seconds = 30.0
    given = sim.sources.configuration_

    def take(wanted: Configuration | FailoverError) -> None:
        sim.sources.configuration_ = wanted
        sim.watcher.reload()

    sim.after(5.0, lambda: world.prober.down.add("db-1"))
    sim.after(15.0, lambda: take(configuration(replace(world.group, name="other"))))
    sim.after(16.0, lambda: take(given))
    sim.after(17.0, lambda: world.prober.down.symmetric_difference_update({"db-1", "db-2"}))
    found: list[Report] = []
    sim.after(25.0, lambda: found.append(report(sim.watcher, sim.voice, world.clock)))
    sim.run_for(35.0)
    assert sim.runners.begun == 1
    assert found[0].groups["db"].running


def test_a_node_that_left_its_group_by_its_tag_is_believed_nothing_of_any_more() -> None:
    world = by_tcp(pair("eip"))
    named = world.group
    world.group = replace(named, nodes=ByTag("failover:group", "db"))
    sim = Sim(world)
    world.group = named
    found: list[Report] = []
    left = world.node("db-2").instance

    def look() -> None:
        found.append(report(sim.watcher, sim.voice, world.clock))

    sim.after(20.0, look)
    sim.after(21.0, world.store.machines[left].tags.clear)
    sim.after(60.0, look)
    sim.run_for(70.0)
    assert [sorted(each.groups["db"].verdicts) for each in found] == [["db-1", "db-2"], ["db-1"]]


def refuse_checks(world: World, error: Callable[[str], CloudError]) -> None:
    """Let the reads of status checks alone fail from now on."""

    def fail(reads: Reads) -> None:
        if reads.status_of and not reads.instances:
            raise error("DescribeInstanceStatus")

    world.cloud.before_read.append(fail)


def test_checks_that_aws_throttles_while_it_answers_the_rest_are_told_once() -> None:
    world = pair("eip")
    sim = Sim(world, groups=of_status_checks(world, 1.0))
    sim.after(20.0, lambda: refuse_checks(world, throttled))
    sim.after(120.0, world.cloud.before_read.clear)
    sim.run_for(200.0)
    told = sim.ears.said("aws away")
    assert len(told) == 2
    assert told[1] == "it answers again"


def test_checks_that_aws_refuses_to_tell_are_told_once() -> None:
    world = pair("eip")
    sim = Sim(world, groups=of_status_checks(world, 1.0))
    sim.after(20.0, lambda: refuse_checks(world, refused))
    sim.after(120.0, world.cloud.before_read.clear)
    sim.run_for(200.0)
    told = sim.ears.said("checks")
    assert len(told) == 2
    assert told[0].endswith("status checks and alarms tell nothing meanwhile")
