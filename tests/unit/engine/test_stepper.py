"""One step under every error: the world is read before anything is repeated, and what is done stays done."""

from collections.abc import Callable

import pytest

from support.rig import held, plan_to, stepper, with_policy
from toolkit.domain.errors import CloudError, Conflict, LeaseLost, NotYet, Refused, Terminal, Unreachable
from toolkit.domain.holder import HeldBy
from toolkit.domain.steps import Call
from toolkit.pacing import Deadline
from toolkit.testing import World, broken, impossible, not_ready, pair, refused, silent, throttled, unreachable

PATIENCE_SECONDS = 20.0
SINGLE = {"eip": "AssociateAddress", "private_ip": "AssignPrivateIpAddresses", "route": "ReplaceRoute"}


def carry(world: World, *, seconds: float = 120.0) -> None:
    """Each step of a move to db-2, one after the other."""
    steps = stepper(world)
    for step in plan_to(world, "db-2").steps:
        steps.carry(step, Deadline.after(world.clock, seconds), settle=True)


def at_db_2(world: World) -> bool:
    return set(held(world).values()) == {HeldBy("db-2")}


def made(world: World, action: str) -> int:
    """How often the call had its effect."""
    return sum(call.action == action for call in world.cloud.made)


def asked(world: World, action: str) -> int:
    return sum(call.action == action for call in world.cloud.calls)


@pytest.mark.parametrize("kind", ["eip", "private_ip", "ipv6", "eni", "route", "dns"])
def test_each_kind_is_carried_to_the_target(kind: str) -> None:
    world = pair(kind)
    carry(world)
    assert at_db_2(world)


@pytest.mark.parametrize("error", [throttled, broken, silent, unreachable, not_ready])
@pytest.mark.parametrize("kind", SINGLE)
def test_a_call_that_failed_before_its_effect_is_repeated_until_it_has_it(
    kind: str, error: Callable[[str], CloudError]
) -> None:
    world = pair(kind)
    world.cloud.fail(SINGLE[kind], error, times=3)
    carry(world)
    assert at_db_2(world)


@pytest.mark.parametrize("error", [broken, silent])
@pytest.mark.parametrize("kind", ["eip", "private_ip", "ipv6", "eni", "route", "dns"])
def test_a_call_whose_answer_was_lost_after_its_effect_is_not_repeated(
    kind: str, error: Callable[[str], CloudError]
) -> None:
    world = pair(kind)
    for call in {step.call.action for step in plan_to(world, "db-2").steps}:
        world.cloud.fail(call, error, effect="happens")
    carry(world)
    assert at_db_2(world)
    assert len(world.cloud.calls) == len(plan_to(pair(kind), "db-2").steps)


@pytest.mark.parametrize("error", [refused, impossible])
def test_what_no_repeat_can_mend_ends_the_step_at_once(error: Callable[[str], CloudError]) -> None:
    world = pair("eip")
    world.cloud.fail("AssociateAddress", error)
    with pytest.raises(Terminal):
        carry(world)
    assert (asked(world, "AssociateAddress"), world.clock.slept) == (1, [])


def test_a_refusal_is_not_even_followed_by_a_read() -> None:
    world = pair("eip")
    world.cloud.fail("AssociateAddress", refused)
    with pytest.raises(Refused):
        carry(world)
    assert len(world.cloud.reads) == 1


def test_a_throttled_call_costs_no_read_as_nothing_can_have_happened() -> None:
    world = pair("eip")
    world.cloud.fail("AssociateAddress", throttled, times=3)
    steps, plan = stepper(world), plan_to(world, "db-2")
    steps.carry(plan.steps[0], Deadline.after(world.clock, 60.0), settle=False)
    assert len(world.cloud.reads) == 1


def test_an_endpoint_that_stays_away_ends_the_step_at_the_deadline_as_unreachable() -> None:
    world = pair("eip")
    world.cloud.fail("AssociateAddress", unreachable, times=10_000)
    with pytest.raises(Unreachable):
        carry(world, seconds=30.0)
    assert 1030.0 <= world.clock.monotonic() < 1031.0


def test_an_endpoint_that_is_back_is_used_within_half_a_second() -> None:
    world = pair("eip")
    world.cloud.fail(None, unreachable, times=10_000)
    world.clock.call_after(2.0, world.cloud.faults.clear)
    carry(world)
    assert world.clock.monotonic() <= 1002.5


@pytest.mark.parametrize("lag", [1.0, 2.5, 30.0])
@pytest.mark.parametrize("kind", ["eip", "private_ip", "ipv6", "eni", "route", "dns"])
def test_reads_older_than_a_lost_answers_effect_do_not_fail_the_step(kind: str, lag: float) -> None:
    world = pair(kind)
    world.cloud.lag_reads(lag)
    for action in {step.call.action for step in plan_to(world, "db-2").steps}:
        world.cloud.fail(action, silent, effect="happens")
    carry(world)
    world.clock.sleep(lag)
    assert at_db_2(world)


def test_an_address_that_another_hand_took_is_a_conflict_that_says_where_it_is() -> None:
    world = pair("eip")
    world.cloud.terminate(world.node("db-1").instance)
    step = plan_to(world, "db-2").steps[0]
    stranger = world.store.cards_of(world.node("db-2").instance)[0]
    stranger.private_ips.append("10.0.1.99")
    taken = {"AllocationId": "eipalloc-00000001", "NetworkInterfaceId": stranger.id, "PrivateIpAddress": "10.0.1.99"}
    world.cloud.by_another_hand(Call("ec2", "AssociateAddress", taken))
    with pytest.raises(Conflict, match=r"another hand.*10\.0\.1\.99"):
        stepper(world).carry(step, Deadline.after(world.clock, 60.0), settle=True)


def test_an_interface_that_another_hand_attached_elsewhere_is_a_conflict_within_seconds() -> None:
    world = pair("eni")
    steps, plan = stepper(world), plan_to(world, "db-2")
    steps.carry(plan.steps[0], Deadline.after(world.clock, 60.0), settle=True)
    elsewhere = plan.steps[0].undo
    assert elsewhere is not None
    world.cloud.by_another_hand(elsewhere)
    with pytest.raises(Conflict, match="another hand"):
        steps.carry(plan.steps[1], Deadline.after(world.clock, 300.0), settle=True)
    assert world.clock.monotonic() < 1030.0


def test_a_route_that_exists_already_with_the_target_is_done() -> None:
    world = pair("route")
    for table in world.store.tables.values():
        table.routes.pop("10.99.0.10/32")
    plan = plan_to(world, "db-2")
    for step in plan.steps:
        world.cloud.by_another_hand(step.call)
    steps = stepper(world)
    for step in plan.steps:
        steps.carry(step, Deadline.after(world.clock, 60.0), settle=True)
    assert at_db_2(world)


def test_a_slow_detach_is_followed_by_the_attach_within_half_a_second() -> None:
    world = pair("eni")
    world.cloud.delays.detach_seconds = 5.0
    free: list[float] = []
    world.cloud.after_call.append(lambda _call: free.append(world.clock.monotonic()))
    carry(world)
    detached, attached = free
    assert 5.0 <= attached - detached <= 5.5


def test_a_detach_whose_answer_was_lost_and_that_is_under_way_is_awaited_and_not_asked_for_again() -> None:
    """Found by turmoil: it was asked for four times a second until the interface was off."""
    world = pair("eni")
    world.cloud.delays.detach_seconds = 40.0
    world.cloud.fail("DetachNetworkInterface", broken, effect="happens")
    carry(world)
    assert at_db_2(world)
    assert asked(world, "DetachNetworkInterface") == 1


def test_an_attach_whose_answer_was_lost_and_that_is_under_way_is_awaited_and_not_asked_for_again() -> None:
    world = pair("eni")
    world.cloud.delays.attach_seconds = 10.0
    world.cloud.fail("AttachNetworkInterface", silent, effect="happens")
    carry(world)
    assert at_db_2(world)
    assert asked(world, "AttachNetworkInterface") == 1


def test_an_interface_that_is_being_detached_already_is_awaited_and_attached() -> None:
    world = pair("eni")
    world.cloud.delays.detach_seconds = 5.0
    world.cloud.by_another_hand(plan_to(world, "db-2").steps[0].call)
    carry(world)
    assert at_db_2(world)
    assert made(world, "DetachNetworkInterface") == 0


def test_a_stuck_interface_is_forced_when_the_policy_says_so_and_patience_is_over() -> None:
    world = pair("eni")
    with_policy(world, force_detach_seconds=PATIENCE_SECONDS)
    world.cloud.stick("eni-f0000001")
    forced_at: list[float] = []
    world.cloud.before_call.append(
        lambda call: forced_at.append(world.clock.monotonic()) if call.params.get("Force") else None
    )
    carry(world)
    assert at_db_2(world)
    assert [at >= 1000.0 + PATIENCE_SECONDS for at in forced_at] == [True]


def test_a_stuck_interface_is_never_forced_without_the_policy() -> None:
    world = pair("eni")
    world.cloud.stick("eni-f0000001")
    with pytest.raises(NotYet, match="not true in time"):
        carry(world, seconds=60.0)
    assert not any(call.params.get("Force") for call in world.cloud.calls)


def test_force_is_not_used_on_an_interface_that_leaves_by_itself() -> None:
    world = pair("eni")
    with_policy(world, force_detach_seconds=PATIENCE_SECONDS)
    world.cloud.delays.detach_seconds = PATIENCE_SECONDS - 1.0
    carry(world)
    assert not any(call.params.get("Force") for call in world.cloud.calls)


def test_an_effect_that_comes_late_is_awaited() -> None:
    world = pair("private_ip")
    world.cloud.delays.private_ip_seconds = 8.0
    carry(world)
    assert at_db_2(world)
    assert asked(world, "AssignPrivateIpAddresses") == 1


def test_an_effect_that_never_comes_ends_the_step_at_its_deadline() -> None:
    world = pair("private_ip")
    world.cloud.delays.private_ip_seconds = 1_000.0
    with pytest.raises(NotYet, match="not true in time"):
        carry(world, seconds=20.0)


def test_the_lease_is_renewed_while_waiting() -> None:
    world = pair("private_ip")
    world.cloud.delays.private_ip_seconds = 100.0
    carry(world)
    assert "renew" in world.ledger.writes
    assert at_db_2(world)


def test_nothing_is_called_after_the_lease_was_taken_over() -> None:
    world = pair("eip")
    steps, plan = stepper(world), plan_to(world, "db-2")
    world.ledger.die()
    world.ledger.beside("owner-2").acquire("db")
    world.clock.sleep(10.0)
    with pytest.raises(LeaseLost):
        steps.carry(plan.steps[0], Deadline.after(world.clock, 60.0), settle=True)
    assert world.cloud.calls == []


def test_a_lease_that_ran_out_and_that_nobody_took_is_renewed_before_the_call() -> None:
    world = pair("eip")
    steps, plan = stepper(world), plan_to(world, "db-2")
    world.clock.sleep(60.0)
    world.cloud.before_call.append(lambda _call: world.ledger.writes.append("call"))
    steps.carry(plan.steps[0], Deadline.after(world.clock, 60.0), settle=True)
    assert world.ledger.writes == ["acquire", "renew", "call"]


def test_an_undone_step_is_back_where_it_was() -> None:
    world = pair("ipv6")
    steps, plan = stepper(world), plan_to(world, "db-2")
    steps.carry(plan.steps[0], Deadline.after(world.clock, 60.0), settle=True)
    steps.undo(plan.steps[0], Deadline.after(world.clock, 0.0))
    assert set(held(world).values()) == {HeldBy("db-1")}


def test_a_step_without_a_way_back_can_not_be_undone() -> None:
    world = pair("eip")
    with pytest.raises(ValueError, match="no undo"):
        stepper(world).undo(plan_to(world, "db-2").steps[0], Deadline.after(world.clock, 60.0))
