"""The node agent on a fake machine and a fake cloud."""

from __future__ import annotations

from dataclasses import replace

import pytest

from toolkit.domain.errors import ExitCode, Unreachable
from toolkit.domain.events import EventName
from toolkit.domain.group import ByTag
from toolkit.host.agent import Agent
from toolkit.testing import FakeHost, pair, throttled, unreachable

from .machine import EVERYTHING, Machine, move


def test_the_holder_gets_every_address_of_its_group_and_the_other_node_none() -> None:
    world = pair()
    holder, standby = Machine(world, "db-1"), Machine(world, "db-2")
    holder.catch_up("eth0", "eth1")
    assert holder.round().exit_code is ExitCode.DONE
    standby.round()
    assert (holder.floating, standby.floating) == (EVERYTHING, set())


def test_after_a_move_the_new_node_has_the_addresses_and_the_old_one_none() -> None:
    world = pair("private_ip", "ipv6", "route")
    old, new = Machine(world, "db-1"), Machine(world, "db-2")
    old.round()
    move(world, "db-2")
    new.round()
    old.round()
    assert (old.floating, new.floating) == (set(), EVERYTHING - {"10.0.1.201"})


def test_an_interface_that_moves_brings_its_address_and_routing_to_the_other_guest() -> None:
    world = pair("eni")
    old, new = Machine(world, "db-1"), Machine(world, "db-2")
    old.catch_up("eth0", "eth1")
    old.round()
    move(world, "db-2")
    old.host.detach("eth1")
    new.catch_up("eth0", "eth1")
    old.round()
    new.round()
    assert (old.floating, old.host.rules, old.host.remembered) == (set(), set(), frozenset())
    assert new.floating == {"10.0.1.201"}
    assert {rule.source for rule in new.host.rules} == {"10.0.1.201"}
    assert {route.destination for route in new.host.routes} == {"default", "10.0.1.0/24"}


def test_elastic_ips_and_names_are_no_matter_of_a_guest() -> None:
    machine = Machine(pair("eip", "dns"), "db-1")
    assert machine.round().exit_code is ExitCode.DONE
    assert machine.host.changes == []


def test_a_second_round_changes_nothing() -> None:
    machine = Machine(pair("private_ip", "route"), "db-1")
    machine.round()
    machine.host.changes.clear()
    machine.round()
    assert machine.host.changes == []


def test_a_new_agent_drops_what_the_one_before_it_added() -> None:
    world = pair("private_ip")
    machine = Machine(world, "db-1")
    machine.round()
    move(world, "db-2")
    machine.restart()
    machine.round()
    assert machine.floating == set()


def test_an_agent_that_died_after_it_remembered_and_before_it_added_leaves_nothing_behind() -> None:
    world = pair("private_ip")
    machine = Machine(world, "db-2")
    machine.host.own(frozenset({"10.0.1.50"}))
    machine.round()
    assert machine.host.remembered == frozenset()


def test_a_single_stale_read_drops_nothing() -> None:
    world = pair("private_ip")
    machine = Machine(world, "db-1")
    machine.round()
    card = world.store.cards[world.interface("db-1")]
    card.private_ips.remove("10.0.1.50")
    world.clock.call_after(0.5, lambda: card.private_ips.append("10.0.1.50"))
    machine.host.changes.clear()
    machine.round()
    assert (machine.floating, machine.host.changes) == ({"10.0.1.50"}, [])


def test_while_aws_cannot_be_read_nothing_is_touched() -> None:
    world = pair("private_ip")
    machine = Machine(world, "db-1")
    machine.round()
    world.cloud.fail("read", unreachable, times=10**6)
    machine.host.changes.clear()
    with pytest.raises(Unreachable):
        machine.round()
    assert (machine.floating, machine.host.changes) == ({"10.0.1.50"}, [])


def test_a_throttled_read_is_made_again() -> None:
    world = pair("private_ip")
    machine = Machine(world, "db-1")
    world.cloud.fail("read", throttled, times=2)
    assert machine.round().exit_code is ExitCode.DONE


def test_what_the_machine_refuses_is_told_and_the_rest_done() -> None:
    machine = Machine(pair("private_ip", "route"), "db-1")
    machine.host.refuses.add("add 10.0.1.50 to eth0")
    end = machine.round()
    assert (end.exit_code, machine.floating) == (ExitCode.INCOMPLETE, {"10.99.0.10"})
    assert "Operation not permitted" in end.reason


def test_an_instance_that_is_no_node_gets_nothing() -> None:
    world = pair("private_ip")
    host = FakeHost()
    end = Agent(host, world.cloud, world.ledger, instance="i-0000c10e", clock=world.clock).round([world.group])
    assert (end.exit_code, host.changes) == (ExitCode.HOLD, [])


def test_nodes_may_be_found_by_tag() -> None:
    world = pair("private_ip")
    machine = Machine(world, "db-1")
    group = replace(world.group, nodes=ByTag("failover:group", "db"))
    assert machine.agent.round([group]).node == "db-1"
    assert machine.floating == {"10.0.1.50"}


def test_an_address_that_was_added_is_announced() -> None:
    machine = Machine(pair("private_ip"), "db-1")
    machine.round()
    assert machine.host.announced == [("eth0", "10.0.1.50")]


def test_it_is_announced_again_for_some_seconds_while_the_old_holder_may_still_answer() -> None:
    world = pair("private_ip")
    machine = Machine(world, "db-1")
    for _ in range(4):
        machine.round()
        world.clock.advance(4.0)
    assert machine.host.announced == [("eth0", "10.0.1.50")] * 3


def test_an_address_that_has_left_again_is_announced_no_more() -> None:
    world = pair("private_ip")
    machine = Machine(world, "db-1")
    machine.round()
    move(world, "db-2")
    machine.round()
    assert machine.host.announced == [("eth0", "10.0.1.50")]


def test_the_journal_is_told_once_that_the_guest_is_ready_and_once_that_it_is_so_no_more() -> None:
    world = pair("private_ip")
    machine = Machine(world, "db-1")
    machine.round()
    machine.round()
    told = [event for event in world.ledger.history("db").events if event.name is EventName.GUEST_READY]
    assert [event.data["addresses"] for event in told] == [["10.0.1.50"]]
    move(world, "db-2")
    machine.round()
    told = [event for event in world.ledger.history("db").events if event.name is EventName.GUEST_READY]
    assert [event.data["addresses"] for event in told] == [["10.0.1.50"], []]


def test_a_journal_that_cannot_be_told_keeps_no_address_away_and_is_told_later() -> None:
    world = pair("private_ip")
    machine = Machine(world, "db-1")
    world.ledger.fail(throttled("TransactWriteItems"))
    end = machine.round()
    assert machine.floating == {"10.0.1.50"}
    assert "the journal could not be told" in end.reason
    machine.round()
    assert [event.name for event in world.ledger.history("db").events] == [EventName.GUEST_READY]


def test_an_agent_that_starts_anew_tells_what_its_guest_answers_to_even_when_that_is_nothing() -> None:
    """What an agent told before the reboot of its machine must not stand for what is so now."""
    world = pair("private_ip")
    Machine(world, "db-1").round()
    move(world, "db-2")
    Machine(world, "db-1").round()
    told = [event for event in world.ledger.history("db").events if event.name is EventName.GUEST_READY]
    assert [event.data["addresses"] for event in told] == [["10.0.1.50"], []]


def test_a_plan_is_shown_without_being_carried_out() -> None:
    world = pair("private_ip")
    machine = Machine(world, "db-1")
    assert [change.summary for change in machine.agent.planned([world.group]).changes] == ["add 10.0.1.50 to eth0"]
    assert machine.host.changes == []
