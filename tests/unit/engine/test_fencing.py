"""The ladder of fences: the old holder is proven out of the way before anything moves, in every life of a run."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from support.rig import by_hand, engine, held, on_failure, with_policy
from toolkit.domain.errors import CloudError, ExitCode, Refused
from toolkit.domain.events import EventName
from toolkit.domain.group import FenceDetach, FenceIsolate, FenceStop, Health, TcpProbe
from toolkit.domain.holder import HeldBy
from toolkit.domain.steps import Call
from toolkit.testing import Builder, Killed, World, impossible, pair, refused, silent, throttled

GUARD = "sg-0000000f"


def failed(*kinds: str) -> World:
    """db-1's service is dead, its instance runs on."""
    world = pair(*kinds)
    world.group = replace(world.group, health=Health(probes=(TcpProbe(5432),)))
    world.prober.down.add("db-1")
    return world


def called(world: World) -> list[str]:
    return [call.action for call in world.cloud.calls]


def state(world: World, node: str) -> str:
    return world.store.machines[world.node(node).instance].state


def names(world: World) -> list[EventName]:
    return [event.name for event in world.ledger.history("db").events]


def test_without_a_ladder_nobody_is_fenced() -> None:
    world = failed("eip")
    engine(world).run(world.group, on_failure(world))
    assert called(world) == ["AssociateAddress"]


def test_the_old_holder_is_stopped_and_proven_so_before_anything_moves() -> None:
    world = failed("eip")
    with_policy(world, fence=(FenceStop(),))
    world.cloud.delays.stop_seconds = 20.0
    states: list[str] = []
    world.cloud.before_call.append(lambda _call: states.append(state(world, "db-1")))
    result = engine(world).run(world.group, on_failure(world))
    assert result.status == "done"
    assert called(world) == ["StopInstances", "AssociateAddress"]
    assert states == ["running", "stopped"]
    assert names(world)[:2] == [EventName.RUN_STARTED, EventName.NODE_FENCED]


def test_the_old_holder_is_left_with_one_security_group() -> None:
    world = failed("eip")
    with_policy(world, fence=(FenceIsolate(GUARD),))
    engine(world).run(world.group, on_failure(world))
    assert world.store.cards[world.interface("db-1")].groups == (GUARD,)


def test_a_rung_that_does_not_fit_is_passed_over() -> None:
    world = failed("eip")
    with_policy(world, fence=(FenceDetach(), FenceStop()))
    engine(world).run(world.group, on_failure(world))
    assert called(world)[0] == "StopInstances"


def test_a_rung_that_fails_leads_to_the_next() -> None:
    world = failed("eip")
    with_policy(world, fence=(FenceIsolate(GUARD), FenceStop()))
    world.cloud.fail("ModifyNetworkInterfaceAttribute", impossible)
    result = engine(world).run(world.group, on_failure(world))
    assert (result.status, state(world, "db-1")) == ("done", "stopped")


@pytest.mark.parametrize("error", [refused, impossible])
def test_a_rung_that_aws_refuses_leads_to_the_next_at_once(error: Callable[[str], CloudError]) -> None:
    world = failed("eip")
    with_policy(world, fence=(FenceIsolate(GUARD), FenceStop()))
    world.cloud.fail("ModifyNetworkInterfaceAttribute", error)
    at: list[float] = []
    world.cloud.before_call.append(lambda _call: at.append(world.clock.monotonic()))
    assert engine(world).run(world.group, on_failure(world)).status == "done"
    assert called(world)[:2] == ["ModifyNetworkInterfaceAttribute", "StopInstances"]
    assert at[1] - at[0] < 1.0


def test_a_rung_that_is_refused_is_still_looked_at_once() -> None:
    world = failed("eip")
    with_policy(world, fence=(FenceStop(),))

    def stopped_by_a_person(call: Call) -> None:
        if call.action == "StopInstances":
            world.cloud.stop(world.node("db-1").instance)

    world.cloud.before_call.append(stopped_by_a_person)
    world.cloud.fail("StopInstances", refused)
    assert engine(world).run(world.group, on_failure(world)).status == "done"


def test_a_rung_that_is_refused_after_a_lost_answer_is_awaited_as_its_effect_may_come() -> None:
    world = failed("eip")
    with_policy(world, fence=(FenceStop(),))
    world.cloud.delays.stop_seconds = 20.0
    world.cloud.fail("StopInstances", silent, effect="happens")
    world.cloud.fail("StopInstances", impossible, first=2)
    assert engine(world).run(world.group, on_failure(world)).status == "done"


def test_nothing_moves_when_no_rung_is_proven() -> None:
    world = failed("eip")
    with_policy(world, fence=(FenceStop(timeout_seconds=10.0),))
    world.cloud.fail("StopInstances", refused)
    result = engine(world).run(world.group, on_failure(world))
    assert (result.status, result.exit_code) == ("hold", ExitCode.HOLD)
    assert result.reason.startswith("not-fenced")
    assert "`failover run`" in result.remedy
    assert "AssociateAddress" not in called(world)
    assert world.ledger.history("db").unfinished() == ()


def test_a_fence_that_is_under_way_but_not_proven_leaves_the_run_open_for_when_it_is() -> None:
    world = failed("eip")
    with_policy(world, fence=(FenceStop(timeout_seconds=10.0),))
    world.cloud.delays.stop_seconds = 100.0
    result = engine(world).run(world.group, on_failure(world))
    assert (result.status, result.exit_code) == ("incomplete", ExitCode.INCOMPLETE)
    assert result.reason.startswith("not-fenced")
    assert "db-1 may be fenced by now (stop)" in result.reason
    assert "AssociateAddress" not in called(world)
    world.clock.sleep(100.0)
    assert engine(world).resume(world.group).status == "done"
    assert called(world) == ["StopInstances", "AssociateAddress"]


REFUSED_MOVES = [refused, impossible, throttled]


@pytest.mark.parametrize("error", REFUSED_MOVES)
def test_a_move_that_is_refused_after_a_fence_is_incomplete_and_names_the_fenced_node(
    error: Callable[[str], CloudError],
) -> None:
    world = failed("eip")
    with_policy(world, fence=(FenceStop(),))
    world.cloud.fail("AssociateAddress", error, times=1_000)
    result = engine(world, run_seconds=30.0).run(world.group, on_failure(world))
    assert (result.status, result.exit_code) == ("incomplete", ExitCode.INCOMPLETE)
    assert "db-1 is fenced (stop)" in result.reason
    assert "`failover resume --group db`" in result.reason
    assert world.ledger.history("db").unfinished()
    world.cloud.faults.clear()
    assert engine(world).resume(world.group).status == "done"
    assert set(held(world).values()) == {HeldBy("db-2")}


def test_a_standing_run_whose_move_is_refused_after_a_fence_is_no_other() -> None:
    world = failed("eip")
    with_policy(world, fence=(FenceStop(),))
    view = engine(world).view(world.group, on_failure(world))
    world.cloud.fail("AssociateAddress", refused)
    result = engine(world).run(world.group, on_failure(world), standing=view)
    assert (result.status, result.exit_code) == ("incomplete", ExitCode.INCOMPLETE)
    assert "db-1 is fenced (stop)" in result.reason


def test_a_run_whose_time_is_over_after_the_fence_is_incomplete() -> None:
    world = failed("eip")
    with_policy(world, fence=(FenceStop(),))
    world.cloud.delays.stop_seconds = 40.0
    result = engine(world, run_seconds=30.0).run(world.group, on_failure(world))
    assert (result.status, result.exit_code) == ("incomplete", ExitCode.INCOMPLETE)
    assert "db-1 is fenced (stop)" in result.reason


def test_a_node_that_was_out_of_the_way_already_was_not_fenced_by_the_run() -> None:
    world = failed("eip")
    with_policy(world, fence=(FenceStop(),))
    world.cloud.stop(world.node("db-1").instance)
    world.cloud.fail("AssociateAddress", refused)
    result = engine(world).run(world.group, on_failure(world))
    assert (result.status, result.exit_code) == ("failed", ExitCode.REFUSED)
    assert "fenced" not in result.reason


def test_a_hold_for_want_of_a_fence_that_could_not_be_recorded_leaves_the_run_open_and_says_so() -> None:
    world = failed("eip")
    with_policy(world, fence=(FenceStop(),))
    world.cloud.fail("StopInstances", refused)

    def strike(name: str) -> None:
        if name == "release":
            raise Refused("TransactWriteItems", "AccessDeniedException", "the permission dynamodb:PutItem is missing")

    world.ledger.before_write.append(strike)
    result = engine(world).run(world.group, on_failure(world))
    assert (result.status, result.exit_code) == ("incomplete", ExitCode.INCOMPLETE)
    assert world.ledger.history("db").unfinished()


def test_a_fence_that_stands_already_costs_no_call() -> None:
    world = failed("eip")
    with_policy(world, fence=(FenceStop(),))
    world.cloud.stop(world.node("db-1").instance)
    engine(world).run(world.group, on_failure(world))
    assert called(world) == ["AssociateAddress"]


def test_a_persons_move_fences_only_when_asked_to() -> None:
    world = failed("eip")
    with_policy(world, fence=(FenceStop(),))
    engine(world).run(world.group, by_hand(world, "db-2"))
    assert state(world, "db-1") == "running"
    engine(world).run(world.group, replace(by_hand(world, "db-1", "target-not-healthy"), fences=True))
    assert state(world, "db-2") == "stopped"


def test_a_node_that_holds_a_part_of_a_split_address_is_fenced_too() -> None:
    builder = Builder()
    first, _, third = (builder.node(f"db-{number}") for number in (1, 2, 3))
    builder.route("10.99.0.10/32", on=first)
    builder.store.tables["rtb-00000002"].routes["10.99.0.10/32"] = builder.store.cards_of(third.instance)[0].id
    world = builder.world()
    world.group = replace(world.group, health=Health(probes=(TcpProbe(5432),)))
    with_policy(world, fence=(FenceStop(),))
    world.prober.down |= {"db-1", "db-3"}
    result = engine(world).run(world.group, on_failure(world))
    assert (result.status, state(world, "db-1"), state(world, "db-3")) == ("done", "stopped", "stopped")


def test_a_lost_answer_to_a_fence_is_read_and_not_taken_for_a_failure() -> None:
    world = failed("eip")
    with_policy(world, fence=(FenceStop(),))
    world.cloud.fail("StopInstances", silent, effect="happens")
    assert engine(world).run(world.group, on_failure(world)).status == "done"


@pytest.mark.parametrize("point", range(1, 12))
def test_a_resume_fences_as_the_run_would_have_that_died(point: int) -> None:
    world = failed("eip", "ipv6")
    with_policy(world, fence=(FenceStop(),))
    world.cloud.switch.revive(at=point)
    with pytest.raises(Killed):
        engine(world).run(world.group, on_failure(world))
    world.ledger.die()
    world.cloud.switch.revive()
    began = EventName.RUN_STARTED in names(world)
    result = engine(world, ledger=world.ledger.beside("owner-2")).resume(world.group)
    assert result.status == "done"
    assert state(world, "db-1") == ("stopped" if began else "running")
    assert set(held(world).values()) == {HeldBy("db-2" if began else "db-1")}


def test_a_hold_for_want_of_a_fence_does_not_close_the_run_that_was_taken_up() -> None:
    world = failed("eip", "ipv6")
    world.cloud.fail("AssociateAddress", impossible)
    engine(world).run(world.group, on_failure(world))
    assert world.ledger.history("db").unfinished() != ()
    with_policy(world, fence=(FenceStop(timeout_seconds=5.0),), cooldown_seconds=0.0)
    world.cloud.fail("StopInstances", impossible)
    held_up = engine(world).run(world.group, on_failure(world))
    assert held_up.reason.startswith("not-fenced")
    assert world.ledger.history("db").unfinished() != ()


def test_a_fence_that_waits_out_a_throttle_is_never_called_without_the_lease() -> None:
    """The wait between two calls may be longer than a short lease has left."""
    world = failed("eip")
    world.ledger.lease_seconds = 3.0
    with_policy(world, fence=(FenceStop(),))
    world.cloud.fail("StopInstances", throttled, times=40)
    left: list[float] = []
    lease = world.ledger.records.leases
    world.cloud.before_call.append(lambda _call: left.append(lease["db"].until - world.clock.monotonic()))
    trigger = replace(by_hand(world, "db-2"), fences=True)
    assert engine(world).run(world.group, trigger).status == "done"
    assert len(left) > 40
    assert min(left) > 0.0
