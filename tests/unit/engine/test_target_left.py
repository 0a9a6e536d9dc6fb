"""An open run whose target was taken out of the configuration since: the world decides what becomes of it."""

from dataclasses import replace

import pytest

from support.rig import by_hand, engine, held
from support.watch_sim import Sim, by_tcp
from toolkit.domain.errors import ExitCode
from toolkit.domain.group import ByTag
from toolkit.domain.holder import Foreign, HeldBy
from toolkit.engine.outcome import Result
from toolkit.testing import Builder, Killed, World

TARGET = "db-2"


def three(kind: str) -> World:
    """One address on ``db-1``, and three nodes."""
    builder = Builder()
    first, _, _ = (builder.node(f"db-{number}") for number in (1, 2, 3))
    if kind == "eip":
        builder.eip(on=first)
    else:
        builder.ipv6("2001:db8:0:1::50", on=first)
    return by_tcp(builder.world())


def die_before(world: World, action: str) -> None:
    """A run to ``db-2`` that is killed just before its call of that name, or after its last one."""

    def strike(called: str) -> None:
        if called == action:
            world.cloud.switch.revive(at=1)
            world.cloud.switch.point(called)

    world.cloud.before_call.append(lambda call: strike(call.action))
    world.cloud.after_call.append(lambda call: strike(f"after {call.action}"))
    with pytest.raises(Killed):
        engine(world).run(world.group, by_hand(world, TARGET))
    world.cloud.before_call.clear()
    world.cloud.after_call.clear()
    world.ledger.die()
    world.cloud.switch.revive()
    assert world.ledger.history("db").unfinished()


def without_target(world: World) -> None:
    world.group = replace(world.group, nodes=tuple(node for node in world.group.members if node.name != TARGET))


def resumed(world: World) -> Result:
    return engine(world, ledger=world.ledger.beside("owner-2")).resume(world.group)


def is_closed(world: World) -> bool:
    return world.ledger.history("db").unfinished() == ()


def test_a_group_that_is_whole_and_healthy_where_it_is_closes_the_run() -> None:
    world = three("eip")
    die_before(world, "AssociateAddress")
    without_target(world)
    calls = len(world.cloud.calls)
    result = resumed(world)
    assert (result.status, result.target, is_closed(world)) == ("done", "db-1", True), result.reason
    assert len(world.cloud.calls) == calls


def test_an_address_that_is_nowhere_goes_to_a_healthy_node_of_the_group() -> None:
    world = three("ipv6")
    die_before(world, "AssignIpv6Addresses")
    without_target(world)
    world.prober.down.add("db-1")
    result = resumed(world)
    assert (result.status, result.target, is_closed(world)) == ("done", "db-3", True), result.reason
    assert set(held(world).values()) == {HeldBy("db-3")}


def test_a_group_whose_holder_has_died_goes_to_another_node_as_after_a_failure() -> None:
    world = three("eip")
    die_before(world, "AssociateAddress")
    without_target(world)
    world.prober.down.add("db-1")
    assert (resumed(world).target, is_closed(world)) == ("db-3", True)


def test_an_address_that_had_reached_the_target_is_not_taken_from_it_and_the_remedy_is_told() -> None:
    world = three("eip")
    die_before(world, "after AssociateAddress")
    target = world.interface(TARGET)
    without_target(world)
    result = resumed(world)
    assert (result.status, result.exit_code, is_closed(world)) == ("hold", ExitCode.HOLD, False)
    assert result.reason.startswith("address-foreign")
    assert f"{TARGET}, which is no node of the group any more" in result.reason
    assert "put that node back into the configuration" in result.remedy
    assert set(held(world).values()) == {Foreign(target)}


def test_a_hold_for_want_of_a_healthy_node_leaves_the_run_open() -> None:
    world = three("ipv6")
    die_before(world, "AssignIpv6Addresses")
    without_target(world)
    world.prober.down |= {"db-1", "db-3"}
    result = resumed(world)
    assert (result.reason.partition(":")[0], is_closed(world)) == ("no-node-healthy", False)


def test_a_node_by_tag_that_was_terminated_is_no_node_of_the_group_any_more_either() -> None:
    world = three("ipv6")
    die_before(world, "AssignIpv6Addresses")
    world.cloud.terminate(world.node(TARGET).instance)
    by_name = world.group
    world.group = replace(by_name, nodes=ByTag("failover:group", "db"))
    result = resumed(world)
    world.group = by_name
    assert (result.status, result.target) == ("done", "db-1"), result.reason
    assert set(held(world).values()) == {HeldBy("db-1")}


def test_a_watcher_moves_the_group_on_when_its_holder_dies() -> None:
    world = three("eip")
    die_before(world, "AssociateAddress")
    without_target(world)
    world.ledger = world.ledger.beside("watcher")
    sim = Sim(world)
    world.prober.down.add("db-1")
    sim.run_for(60.0)
    assert set(held(world).values()) == {HeldBy("db-3")}
    assert sim.ears.said("failed") == []
