"""Stages side by side, every intent before its call, every outcome after it, and the way back."""

import json
import threading

import pytest

from support.rig import carry_out, held, plan_to, tenure
from toolkit.domain.errors import JournalBroken, LeaseLost
from toolkit.domain.events import EventName
from toolkit.domain.holder import HeldBy
from toolkit.domain.steps import Call
from toolkit.engine.executor import Executor
from toolkit.engine.outcome import StepStatus
from toolkit.engine.stepper import Stepper
from toolkit.pacing import Deadline
from toolkit.testing import Builder, World, impossible, pair, silent


def statuses(world: World, *, seconds: float = 120.0) -> dict[str, str]:
    return {o.step.call.action: o.status.value for o in carry_out(world, plan_to(world, "db-2"), seconds=seconds)}


def journal(world: World) -> list[str]:
    return [event.name.value for event in world.ledger.history("db").events]


def test_a_mixed_group_is_carried_to_the_target() -> None:
    world = pair()
    assert set(statuses(world).values()) == {"done"}
    assert set(held(world).values()) == {HeldBy("db-2")}


def test_the_steps_of_a_stage_are_under_way_at_the_same_time() -> None:
    world = pair("eip", "private_ip", "dns")
    together = threading.Barrier(3, timeout=5.0)

    def meet(_call: Call) -> None:
        together.wait()

    world.cloud.before_call.append(meet)
    assert set(statuses(world).values()) == {"done"}


def test_the_intent_is_in_the_journal_before_the_call_and_the_outcome_after_it() -> None:
    world = pair("ipv6")
    seen: list[tuple[str, list[str]]] = []
    world.cloud.before_call.append(lambda call: seen.append((call.action, journal(world))))
    statuses(world)
    assert seen == [
        ("UnassignIpv6Addresses", ["steps_started"]),
        ("AssignIpv6Addresses", ["steps_started", "step_done", "steps_started"]),
    ]
    assert journal(world) == ["steps_started", "step_done", "steps_started", "step_done"]


def test_the_journal_names_the_steps_that_are_about_to_be_called() -> None:
    world = pair("eip", "private_ip")
    carry_out(world, plan_to(world, "db-2"))
    first = world.ledger.history("db").events[0]
    assert first.data["steps"] == ["eip:eipalloc-00000001", "private_ip:10.0.1.50"]


def test_the_watcher_hears_of_nothing_that_the_journal_lacks() -> None:
    world = pair()
    statuses(world)
    assert [event.as_json() for event in world.watcher.events] == [
        json.loads(line) for line in world.ledger.records.events["db"]
    ]


def test_a_step_that_depends_on_a_failed_one_is_skipped_and_the_others_go_on() -> None:
    world = pair("ipv6", "eni", "eip")
    world.cloud.fail("DetachNetworkInterface", impossible)
    assert statuses(world) == {
        "AssociateAddress": "done",
        "UnassignIpv6Addresses": "done",
        "AssignIpv6Addresses": "done",
        "DetachNetworkInterface": "failed",
        "AttachNetworkInterface": "skipped",
    }


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        ("ipv6", "UnassignIpv6Addresses", "AssignIpv6Addresses"),
        ("eni", "DetachNetworkInterface", "AttachNetworkInterface"),
    ],
)
def test_an_address_is_put_back_when_its_second_call_fails_for_good(kind: str, first: str, second: str) -> None:
    world = pair(kind)
    world.cloud.fail(second, impossible)
    assert statuses(world) == {first: "undone", second: "failed"}
    assert set(held(world).values()) == {HeldBy("db-1")}
    assert journal(world)[-1] == EventName.STEP_UNDONE.value


def test_an_address_that_can_not_be_put_back_either_is_told() -> None:
    world = pair("ipv6")
    world.cloud.fail("AssignIpv6Addresses", impossible, times=2)
    first, second = carry_out(world, plan_to(world, "db-2"))
    assert (first.status, second.status) == (StepStatus.DONE, StepStatus.FAILED)
    assert "could not be undone" in first.why


def test_putting_back_has_a_time_of_its_own_after_the_deadline() -> None:
    world = pair("ipv6")
    world.cloud.fail("AssignIpv6Addresses", silent, times=200)
    world.clock.call_after(31.0, world.cloud.faults.clear)
    assert statuses(world, seconds=30.0) == {"UnassignIpv6Addresses": "undone", "AssignIpv6Addresses": "failed"}


def test_no_stage_begins_after_the_deadline() -> None:
    world = pair("ipv6")
    world.cloud.after_call.append(lambda _call: world.clock.advance(1_000.0) if len(world.cloud.made) == 1 else None)
    world.ledger.lease_seconds = 10_000.0
    ends = statuses(world, seconds=60.0)
    assert ends["AssignIpv6Addresses"] == "skipped"


@pytest.mark.parametrize("lost_at", [1, 2, 3])
def test_a_lost_lease_stops_everything_at_once(lost_at: int) -> None:
    world = pair("ipv6")
    writes: list[str] = []

    def take_over(name: str) -> None:
        writes.append(name)
        if len(writes) == lost_at:
            world.ledger.die()
            world.ledger.beside("owner-2").acquire("db")

    mine, plan = tenure(world), plan_to(world, "db-2")
    world.ledger.before_write.append(take_over)
    executor = Executor(Stepper(world.group, world.cloud, world.clock, mine), mine, Deadline.after(world.clock, 60.0))
    with pytest.raises(LeaseLost):
        executor.carry_out(plan, [])
    assert len(world.cloud.calls) == lost_at - 1


def test_nothing_is_called_when_the_intent_can_not_be_written() -> None:
    world = pair("eip")
    mine, plan = tenure(world), plan_to(world, "db-2")
    world.ledger.fail(JournalBroken("the disk is full"))
    executor = Executor(Stepper(world.group, world.cloud, world.clock, mine), mine, Deadline.after(world.clock, 60.0))
    with pytest.raises(JournalBroken):
        executor.carry_out(plan, [])
    assert world.cloud.calls == []


def test_outcomes_stand_in_the_order_of_the_plan() -> None:
    world = pair()
    plan = plan_to(world, "db-2")
    assert [outcome.step.id for outcome in carry_out(world, plan)] == [step.id for step in plan.steps]


def test_a_thousand_steps_are_carried_out_side_by_side() -> None:
    builder = Builder()
    first, _ = builder.node("db-1"), builder.node("db-2")
    for number in range(1_000):
        builder.route(f"10.{100 + number // 250}.{number % 250}.1/32", on=first, tables=1)
    world = builder.world()
    outcomes = carry_out(world, plan_to(world, "db-2"))
    assert {outcome.status for outcome in outcomes} == {StepStatus.DONE}
    assert len(world.cloud.made) == 1_000


def test_a_stage_of_which_nothing_is_left_is_not_announced() -> None:
    world = pair("eni")
    world.cloud.fail("DetachNetworkInterface", impossible)
    statuses(world)
    assert journal(world) == ["steps_started", "step_failed"]
