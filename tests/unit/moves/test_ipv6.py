"""IPv6 addresses: unassigned, then assigned; the way back is known before the first call."""

from support.rig import actions, held, make_all, plan_to, reached, rules_against
from toolkit.domain.holder import Foreign, Free, HeldBy
from toolkit.testing import Builder, World, pair

KEY = "ipv6:2001:db8:0:1::50"


def several(*holders: str | None) -> World:
    builder = Builder()
    nodes = {name: builder.node(name) for name in ("db-1", "db-2", "db-3")}
    for number, holder in enumerate(holders):
        builder.ipv6(f"2001:db8:0:1::{50 + number}", on=nodes[holder] if holder else None)
    return builder.world()


def test_it_is_held_by_the_node_that_has_it() -> None:
    assert held(pair("ipv6")) == {KEY: HeldBy("db-1")}


def test_it_is_free_when_no_interface_has_it() -> None:
    assert held(several(None)) == {KEY: Free()}


def test_it_is_foreign_on_an_instance_outside_the_group() -> None:
    builder = Builder()
    builder.node("db-1")
    builder.ipv6("2001:db8:0:1::50", on=builder.node("other", member=False))
    assert isinstance(held(builder.world())[KEY], Foreign)


def test_it_is_unassigned_and_then_assigned() -> None:
    world = pair("ipv6")
    plan = plan_to(world, "db-2")
    assert actions(plan) == [["UnassignIpv6Addresses"], ["AssignIpv6Addresses"]]
    make_all(world, plan)
    assert reached(world, plan)


def test_a_free_one_is_only_assigned() -> None:
    assert actions(plan_to(several(None), "db-2")) == [["AssignIpv6Addresses"]]


def test_one_that_is_there_already_needs_no_call() -> None:
    assert plan_to(pair("ipv6"), "db-1").steps == ()


def test_several_of_one_node_take_two_calls_together() -> None:
    world = several("db-1", "db-1")
    plan = plan_to(world, "db-2")
    assert actions(plan) == [["UnassignIpv6Addresses"], ["AssignIpv6Addresses"]]
    make_all(world, plan)
    assert reached(world, plan)


def test_several_of_several_nodes_leave_side_by_side_and_arrive_together() -> None:
    world = several("db-1", "db-3", None)
    plan = plan_to(world, "db-2")
    assert actions(plan) == [["UnassignIpv6Addresses", "UnassignIpv6Addresses"], ["AssignIpv6Addresses"]]
    make_all(world, plan)
    assert reached(world, plan)


def test_the_first_call_knows_how_to_put_the_address_back() -> None:
    world = pair("ipv6")
    undo = plan_to(world, "db-2").steps[0].undo
    assert undo is not None
    assert undo.action == "AssignIpv6Addresses"
    assert undo.params["NetworkInterfaceId"] == world.interface("db-1")


def test_a_node_whose_subnet_has_another_block_can_not_take_it() -> None:
    builder = Builder()
    builder.ipv6("2001:db8:0:1::50", on=builder.node("db-1"))
    builder.node("db-2", zone="eu-west-1b")
    assert rules_against(builder.world(), "db-2") == ["target-subnet"]


def test_a_node_whose_interface_is_full_can_not_take_it() -> None:
    world = pair("ipv6")
    world.store.cards[world.interface("db-2")].ipv6s += [f"2001:db8:0:1::{n}" for n in range(100, 110)]
    assert rules_against(world, "db-2") == ["target-address-slots"]
