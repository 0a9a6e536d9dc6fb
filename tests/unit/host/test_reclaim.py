"""What a node does about its group's addresses when it comes up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.rig import held, with_policy
from toolkit.domain.errors import ExitCode, LeaseHeld, Refused, Unreachable
from toolkit.domain.events import EventName
from toolkit.domain.group import ByTag, FenceStop, Quorum
from toolkit.domain.holder import HeldBy
from toolkit.testing import Builder, World, impossible, pair, refused, throttled, unreachable

from .boots import Boot, boot, changes


def free_pair() -> World:
    """Two nodes in one subnet, and an Elastic IP that nobody holds."""
    builder = Builder()
    builder.node("db-1")
    builder.node("db-2")
    builder.eip(on=None)
    return builder.world()


def no_credentials(action: str) -> Refused:
    return Refused(action, "NoCredentialsError", "Unable to locate credentials")


def test_a_free_address_is_claimed_and_never_taken_from_whoever_was_faster() -> None:
    world = free_pair()
    result = boot(world, "db-1").reclaim()
    assert (result.status, result.exit_code) == ("done", ExitCode.DONE)
    assert set(held(world).values()) == {HeldBy("db-1")}
    assert [call.params["AllowReassociation"] for call in world.cloud.made] == [False]


def test_a_free_address_goes_to_the_node_that_comes_first_in_the_order_of_preference() -> None:
    world = free_pair()
    boot(world, "db-2").reclaim()
    assert set(held(world).values()) == {HeldBy("db-1")}


def test_a_free_address_is_claimed_by_the_only_node_that_is_up() -> None:
    world = free_pair()
    world.prober.down.add("db-1")
    boot(world, "db-2").reclaim()
    assert set(held(world).values()) == {HeldBy("db-2")}


def test_what_this_node_holds_already_is_done_without_a_call_or_a_lease() -> None:
    world = pair("eip", "private_ip")
    result = boot(world, "db-1").reclaim()
    assert (result.status, result.exit_code, changes(world)) == ("done", ExitCode.DONE, [])
    assert world.ledger.writes == []


def test_what_a_healthy_node_holds_is_left_to_it_and_said() -> None:
    world = pair("eip", "private_ip", "route")
    result = boot(world, "db-2").reclaim()
    assert (result.status, result.exit_code, changes(world)) == ("done", ExitCode.DONE, [])
    assert result.reason == "left where it is: db-1 holds everything and is healthy"


def test_what_a_dead_node_holds_is_moved_by_a_full_run() -> None:
    world = pair("eip", "private_ip", "route")
    world.prober.down.add("db-1")
    result = boot(world, "db-2").reclaim()
    assert (result.status, result.target) == ("done", "db-2")
    assert set(held(world).values()) == {HeldBy("db-2")}
    names = [event.name for event in world.ledger.history("db").events]
    assert names[0] is EventName.RUN_STARTED
    assert names[-1] is EventName.RUN_ENDED


def test_the_journal_names_the_boot_as_the_cause() -> None:
    world = free_pair()
    boot(world, "db-1").reclaim()
    opening = world.ledger.history("db").events[0]
    assert (opening.data["cause"], opening.data["why"]) == ("reclaim", "db-1 came up")


def test_a_copy_of_the_image_that_is_no_node_takes_nothing_and_asks_aws_nothing() -> None:
    world = free_pair()
    result = Boot(world, "i-0000c10e").reclaim()
    assert (result.status, result.exit_code, changes(world)) == ("hold", ExitCode.HOLD, [])
    assert "i-0000c10e, this instance, is no node of group db" in result.reason
    assert world.cloud.reads == []


def test_a_copy_without_the_tag_of_the_group_takes_nothing() -> None:
    builder = Builder()
    builder.node("db-1")
    clone = builder.node("clone", member=False)
    builder.eip(on=None)
    world = builder.world()
    world.group = replace(world.group, nodes=ByTag("failover:group", "db"))
    result = Boot(world, clone.instance).reclaim()
    assert (result.exit_code, changes(world)) == (ExitCode.HOLD, [])


def test_nodes_found_by_tag_claim_as_listed_ones_do() -> None:
    world = free_pair()
    instance = world.node("db-1").instance
    world.group = replace(world.group, nodes=ByTag("failover:group", "db"))
    assert Boot(world, instance).reclaim().target == "db-1"


def test_an_address_of_somebody_else_is_left_and_that_is_a_hold() -> None:
    builder = Builder()
    builder.node("db-1")
    builder.eip(on=builder.node("stranger", member=False))
    world = builder.world()
    result = boot(world, "db-1").reclaim()
    assert (result.exit_code, changes(world)) == (ExitCode.HOLD, [])
    assert result.reason.startswith("address-foreign")


def test_a_service_that_starts_later_than_the_machine_is_waited_for() -> None:
    world = free_pair()
    world.prober.down |= {"db-1", "db-2"}
    world.clock.call_after(40.0, world.prober.down.clear)
    machine = boot(world, "db-1")
    assert machine.reclaim().status == "done"
    assert set(held(world).values()) == {HeldBy("db-1")}
    assert len(machine.said) == 1, "each reason is told once"


def test_while_no_node_is_healthy_the_journal_is_not_filled_with_holds() -> None:
    world = free_pair()
    world.prober.down |= {"db-1", "db-2"}
    result = boot(world, "db-1").reclaim()
    assert (result.exit_code, result.reason[:15]) == (ExitCode.HOLD, "no-node-healthy")
    assert world.ledger.history("db").events == ()


def test_patience_with_unhealthy_nodes_ends_in_time() -> None:
    world = free_pair()
    world.prober.down |= {"db-1", "db-2"}
    began = world.clock.monotonic()
    boot(world, "db-1", wait_seconds=60.0).reclaim()
    assert 60.0 <= world.clock.monotonic() - began <= 65.0


def test_without_patience_one_look_decides() -> None:
    world = free_pair()
    world.prober.down |= {"db-1", "db-2"}
    machine = boot(world, "db-1", wait_seconds=0.0)
    assert machine.reclaim().exit_code == ExitCode.HOLD
    assert machine.said == []


def test_credentials_that_come_30_seconds_late_are_waited_for() -> None:
    world = free_pair()
    world.cloud.fail("read", no_credentials, times=10**6)
    world.clock.call_after(30.0, world.cloud.faults.clear)
    machine = boot(world, "db-1")
    assert machine.reclaim().status == "done"
    assert "credentials" in machine.said[0]


def test_an_api_that_is_away_for_60_seconds_is_waited_for() -> None:
    world = free_pair()
    world.cloud.fail("read", unreachable, times=10**6)
    world.clock.call_after(60.0, world.cloud.faults.clear)
    assert boot(world, "db-1").reclaim().status == "done"


def test_a_throttled_api_is_waited_for() -> None:
    world = free_pair()
    world.cloud.fail("read", throttled, times=30)
    assert boot(world, "db-1").reclaim().status == "done"


def test_an_api_that_stays_away_ends_as_unreachable() -> None:
    world = free_pair()
    world.cloud.fail("read", unreachable, times=10**6)
    with pytest.raises(Unreachable):
        boot(world, "db-1", wait_seconds=90.0).reclaim()


def test_credentials_that_stay_away_end_as_refused() -> None:
    world = free_pair()
    world.cloud.fail("read", no_credentials, times=10**6)
    with pytest.raises(Refused):
        boot(world, "db-1", wait_seconds=90.0).reclaim()


def test_a_missing_permission_is_no_matter_of_patience() -> None:
    world = free_pair()
    world.cloud.fail("read", refused, times=10**6)
    began = world.clock.monotonic()
    with pytest.raises(Refused):
        boot(world, "db-1").reclaim()
    assert world.clock.monotonic() - began < 5.0


def test_a_call_that_can_never_work_is_not_repeated() -> None:
    world = free_pair()
    world.cloud.fail("AssociateAddress", impossible, times=10**6)
    result = boot(world, "db-1").reclaim()
    assert result.exit_code is not ExitCode.DONE
    assert len(world.cloud.calls) == 1


def test_another_nodes_run_is_waited_for_and_its_outcome_left_alone() -> None:
    world = free_pair()
    other = world.ledger.beside("the-other-node")
    grant = other.acquire("db")

    def finish() -> None:
        world.store.elastics["eipalloc-00000001"].interface = world.interface("db-1")
        world.store.elastics["eipalloc-00000001"].private_ip = "10.0.1.10"
        other.release(grant)

    world.clock.call_after(5.0, finish)
    result = boot(world, "db-2").reclaim()
    assert (result.status, changes(world)) == ("done", [])
    assert result.reason.startswith("left where it is")


def test_a_lease_that_stays_taken_is_told_with_its_owner() -> None:
    world = free_pair()
    other = world.ledger.beside("the-other-node")
    other.lease_seconds = 10**6
    other.acquire("db")
    with pytest.raises(LeaseHeld, match="the-other-node"):
        boot(world, "db-1", wait_seconds=30.0).reclaim()


def test_a_dead_holder_is_fenced_as_after_any_failure() -> None:
    world = pair("eip")
    with_policy(world, fence=(FenceStop(),))
    world.prober.down.add("db-1")
    assert boot(world, "db-2").reclaim().status == "done"
    assert changes(world) == ["StopInstances", "AssociateAddress"]


def test_this_very_node_is_never_fenced_for_what_it_still_holds() -> None:
    world = scattered()
    with_policy(world, fence=(FenceStop(),))
    assert boot(world, "db-2").reclaim().target == "db-1"
    assert "StopInstances" not in changes(world)


def test_this_very_node_is_not_fenced_either_while_its_own_service_still_starts() -> None:
    world = scattered()
    with_policy(world, fence=(FenceStop(),))
    world.prober.down.add("db-2")
    assert boot(world, "db-2").reclaim().target == "db-1"
    assert "StopInstances" not in changes(world)


def scattered() -> World:
    """Two healthy nodes with one address each: the rest of a run that died."""
    builder = Builder()
    first, second = builder.node("db-1"), builder.node("db-2")
    builder.eip(on=first)
    builder.private_ip("10.0.1.50", on=second)
    return builder.world()


def test_addresses_that_are_scattered_over_healthy_nodes_come_together() -> None:
    world = scattered()
    assert boot(world, "db-2").reclaim().status == "done"
    assert set(held(world).values()) == {HeldBy("db-1")}


def test_where_a_quorum_is_asked_one_node_alone_robs_no_holder() -> None:
    world = pair("eip")
    world.group = replace(world.group, health=replace(world.group.health, quorum=Quorum(2, 3)))
    world.prober.down.add("db-1")
    result = boot(world, "db-2").reclaim()
    assert (result.exit_code, changes(world)) == (ExitCode.HOLD, [])
    assert "quorum" in result.reason


def test_a_holder_that_can_not_be_looked_at_is_not_robbed_however_long_that_lasts() -> None:
    world = pair("eip")
    world.prober.unseen.add("db-1")
    coming_up = boot(world, "db-2")
    assert (coming_up.reclaim().exit_code, changes(world)) == (ExitCode.HOLD, [])
    assert any("db-1 holds addresses and is not proven dead" in said for said in coming_up.said)


def test_a_second_reclaim_changes_nothing() -> None:
    world = free_pair()
    boot(world, "db-1").reclaim()
    before = changes(world)
    assert boot(world, "db-1").reclaim().status == "done"
    assert boot(world, "db-2").reclaim().status == "done"
    assert changes(world) == before
