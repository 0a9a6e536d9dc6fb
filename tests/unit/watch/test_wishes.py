from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from support.rig import engine, seen, with_policy
from toolkit.domain.decision import Cause
from toolkit.domain.events import Event, EventName, History
from toolkit.domain.group import AutoFailback
from toolkit.domain.health import Belief, Verdict
from toolkit.domain.steps import Call
from toolkit.testing import MemoryLedger, World, impossible, pair, unreachable
from toolkit.watch.knowledge import THREADS, Away, Known, checks, learn
from toolkit.watch.wishes import inside, moved_by_itself, odd, wish


def verdicts(**beliefs: Belief) -> dict[str, Verdict]:
    return {f"db-{name[-1]}": Verdict(f"db-{name[-1]}", belief, "seen") for name, belief in beliefs.items()}


WELL = verdicts(n1=Belief.HEALTHY, n2=Belief.HEALTHY)


def known(world: World, history: History | None = None) -> Known:
    return Known.of(world.group, seen(world), history=history or History(), owner=None)


def run(name: str, *, cause: str, target: str, resumes: str | None = None) -> tuple[Event, ...]:
    data = {"cause": cause, "target": target, "resumes": resumes}
    return (Event(EventName.RUN_STARTED, name, 1.0, data), Event(EventName.STEP_DONE, name, 2.0))


def at(clock: str) -> float:
    return datetime.fromisoformat(f"2026-01-01T{clock}:00").replace(tzinfo=UTC).timestamp()


def free(world: World) -> None:
    elastic = world.store.elastics["eipalloc-00000001"]
    call = Call("ec2", "DisassociateAddress", {"AssociationId": elastic.association})
    world.cloud.by_another_hand(call)


def test_all_well_is_no_reason_for_anything() -> None:
    assert wish(known(pair("eip")), WELL, healthy_for_seconds={"db-1": 1e9}, wall_seconds=0.0) is None


def test_an_unhealthy_holder_is_a_failure_and_an_unhealthy_standby_is_none() -> None:
    world = known(pair("eip"))
    holder = wish(world, WELL | verdicts(n1=Belief.UNHEALTHY), healthy_for_seconds={}, wall_seconds=0.0)
    standby = wish(world, WELL | verdicts(n2=Belief.UNHEALTHY), healthy_for_seconds={}, wall_seconds=0.0)
    assert holder is not None
    assert (holder.cause, standby) == (Cause.FAILURE, None)


def test_a_holder_of_whom_nothing_is_known_is_no_failure() -> None:
    unknown = WELL | verdicts(n1=Belief.UNKNOWN)
    assert wish(known(pair("eip")), unknown, healthy_for_seconds={}, wall_seconds=0.0) is None


def test_a_free_address_among_healthy_nodes_is_somebodys_doing_and_is_explained() -> None:
    world = pair("eip")
    free(world)
    assert wish(known(world), WELL, healthy_for_seconds={}, wall_seconds=0.0) is None
    told = odd(known(world), WELL)
    assert told is not None
    assert "with nobody" in told


def test_a_free_address_beside_a_stopped_node_is_to_be_put_right() -> None:
    world = pair("eip")
    free(world)
    world.cloud.stop(world.node("db-1").instance)
    found = wish(known(world), WELL, healthy_for_seconds={}, wall_seconds=0.0)
    assert found is not None
    assert found.cause is Cause.RECONCILE


@pytest.mark.parametrize(
    ("window", "clock", "open_"),
    [
        (None, "12:00", True),
        ("02:00-04:00", "01:59", False),
        ("02:00-04:00", "02:00", True),
        ("02:00-04:00", "04:00", False),
        ("22:00-04:00", "23:30", True),
        ("22:00-04:00", "03:59", True),
        ("22:00-04:00", "12:00", False),
    ],
)
def test_a_window_is_daily_in_utc_and_may_cross_midnight(window: str | None, clock: str, *, open_: bool) -> None:
    assert inside(window, at(clock)) is open_


def test_only_a_move_that_nobody_asked_for_is_failed_back() -> None:
    assert moved_by_itself(History(run("a", cause="failure", target="db-2")), "db-2")
    assert not moved_by_itself(History(run("a", cause="manual", target="db-2")), "db-2")
    assert not moved_by_itself(History(run("a", cause="failure", target="db-1")), "db-2")
    assert not moved_by_itself(History(), "db-2")


def test_a_run_that_took_up_another_counts_as_that_one() -> None:
    first = run("a", cause="failure", target="db-2")
    taken_up = run("b", cause="manual", target="db-2", resumes="a")
    assert moved_by_itself(History((*first, *taken_up)), "db-2")


def test_failback_waits_for_its_window() -> None:
    world = pair("eip")
    with_policy(world, failback=AutoFailback(stable_seconds=60.0, window="02:00-04:00"))
    elastic = {"AllocationId": "eipalloc-00000001", "NetworkInterfaceId": world.interface("db-2")}
    world.cloud.by_another_hand(Call("ec2", "AssociateAddress", {**elastic, "AllowReassociation": True}))
    there = known(world, History(run("a", cause="failure", target="db-2")))
    healthy = {"db-1": 61.0}
    assert wish(there, WELL, healthy_for_seconds=healthy, wall_seconds=at("01:00")) is None
    found = wish(there, WELL, healthy_for_seconds=healthy, wall_seconds=at("03:00"))
    assert found is not None
    assert (found.cause, found.target) == (Cause.FAILBACK, "db-1")
    assert wish(there, WELL, healthy_for_seconds={"db-1": 59.0}, wall_seconds=at("03:00")) is None


def test_groups_are_learned_of_by_one_read() -> None:
    world = pair("eip")
    found = learn(engine(world).ports, [world.group])
    assert isinstance(found["db"], Known)
    assert len(world.cloud.reads) == 1


def test_what_is_away_is_named() -> None:
    world = pair("eip")
    world.cloud.fail("read", unreachable, times=2)
    away = learn(engine(world).ports, [world.group])["db"]
    assert isinstance(away, Away)
    assert away.part == "aws"
    checked = checks(engine(world).ports, [world.group])
    assert isinstance(checked, Away)


def test_a_group_whose_ids_are_wrong_blinds_no_other() -> None:
    world = pair("eip")
    world.cloud.fail("read", impossible, times=2)
    found = learn(engine(world).ports, [replace(world.group, name="bad"), world.group])
    assert isinstance(found["bad"], Away)
    assert isinstance(found["db"], Known)


def test_once_the_state_table_is_silent_not_every_group_waits_for_it() -> None:
    class Silent(MemoryLedger):
        asked = 0

        def owner(self, group: str) -> str | None:
            Silent.asked += 1
            raise unreachable(f"GetItem {group}")

    world = pair("eip")
    groups = [replace(world.group, name=f"g{number}") for number in range(100)]
    found = learn(engine(world, ledger=Silent(world.clock)).ports, groups)
    assert {away.part for away in found.values() if isinstance(away, Away)} == {"ledger"}
    assert Silent.asked <= THREADS
