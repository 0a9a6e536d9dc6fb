"""Stages side by side, every intent before its call, every outcome after it, and the way back."""

import json
import threading
from dataclasses import replace

import pytest

from support.rig import carry_out, held, plan_to, tenure
from toolkit.domain.errors import JournalBroken, LeaseLost
from toolkit.domain.events import EventName
from toolkit.domain.holder import HeldBy
from toolkit.domain.steps import Call
from toolkit.engine.executor import THREADS, Executor
from toolkit.engine.outcome import StepStatus
from toolkit.engine.stepper import Stepper
from toolkit.pacing import Deadline
from toolkit.testing import Builder, World, impossible, pair, silent, throttled
from toolkit.testing.store import DEFAULT_LIMITS


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


def overslept(world: World) -> None:
    """The time of the run is over as soon as its first call is made."""
    world.ledger.lease_seconds = 10_000.0
    world.cloud.after_call.append(lambda _call: world.clock.advance(1_000.0) if len(world.cloud.made) == 1 else None)


@pytest.mark.parametrize("kind", ["ipv6", "eni"])
def test_what_is_nowhere_when_the_time_is_over_is_still_brought_to_the_target(kind: str) -> None:
    world = pair(kind)
    overslept(world)
    assert set(statuses(world, seconds=60.0).values()) == {"done"}
    assert set(held(world).values()) == {HeldBy("db-2")}


def test_an_interface_that_is_on_its_way_off_when_the_time_is_over_is_awaited_and_attached() -> None:
    world = pair("eni")
    world.cloud.delays.detach_seconds = 65.0
    assert set(statuses(world, seconds=60.0).values()) == {"done"}
    assert set(held(world).values()) == {HeldBy("db-2")}


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        ("ipv6", "UnassignIpv6Addresses", "AssignIpv6Addresses"),
        ("eni", "DetachNetworkInterface", "AttachNetworkInterface"),
    ],
)
def test_what_can_not_be_brought_to_the_target_soon_after_the_time_is_over_is_put_back(
    kind: str, first: str, second: str
) -> None:
    world = pair(kind)
    overslept(world)
    to_target = world.node("db-2").instance, world.interface("db-2")
    world.cloud.fail(second, throttled, times=1_000)

    def admit_what_goes_back(call: Call) -> None:
        if call.action == second and not set(to_target) & {*map(str, call.params.values())}:
            world.cloud.faults.clear()

    world.cloud.before_call.append(admit_what_goes_back)
    began = world.clock.monotonic()
    assert statuses(world, seconds=60.0) == {first: "undone", second: "failed"}
    assert set(held(world).values()) == {HeldBy("db-1")}
    assert world.clock.monotonic() - began < 1_000.0 + 2 * 11.0


def test_an_address_whose_second_call_waits_for_another_that_failed_is_put_back() -> None:
    """Its node's interface does not arrive, so that the address is put back where it was."""
    builder = Builder()
    first, second = builder.node("db-1"), builder.node("db-2")
    eni = builder.eni(on=first)
    builder.ipv6("2001:db8:0:1::50", on=first)
    world = builder.world()
    world.group = replace(world.group, nodes=(first, replace(second, interface=eni.id)))
    world.cloud.fail("AttachNetworkInterface", impossible)
    ends = statuses(world)
    assert ends["AssignIpv6Addresses"] == "skipped"
    assert ends["UnassignIpv6Addresses"] == "undone"
    assert set(held(world).values()) == {HeldBy("db-1")}


def test_no_stage_begins_after_the_deadline_of_which_nothing_is_nowhere() -> None:
    builder = Builder()
    first, _ = builder.node("db-1"), builder.node("db-2")
    builder.private_ip("10.0.1.50", on=first)
    builder.eip(on=first, carrier="10.0.1.50")
    builder.store.elastics["eipalloc-00000001"].private_ip = "10.0.1.10"
    world = builder.world()
    overslept(world)
    ends = statuses(world, seconds=60.0)
    assert ends == {"AssignPrivateIpAddresses": "done", "AssociateAddress": "skipped"}


def test_a_stage_whose_time_is_over_half_way_leaves_nothing_nowhere() -> None:
    """Of more interfaces than there are threads, some are still to be detached when the time is over."""
    builder = Builder()
    first, _ = builder.node("db-1"), builder.node("db-2")
    for _number in range(2 * THREADS):
        builder.eni(on=first)
    world = builder.world()
    world.store.limits["m5.large"] = replace(DEFAULT_LIMITS, interfaces=3 * THREADS)
    world.ledger.lease_seconds = 10_000.0
    world.cloud.after_call.append(lambda _call: world.clock.advance(2.0))
    outcomes = carry_out(world, plan_to(world, "db-2"), seconds=60.0)
    assert {o.status.value for o in outcomes} >= {"done", "skipped"}
    assert set(held(world).values()) <= {HeldBy("db-1"), HeldBy("db-2")}


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
