"""Elastic IPs: where they are, what keeps a node from one, one call to move one."""

from dataclasses import replace

from support.rig import actions, held, make_all, plan_to, reached, rules_against
from toolkit.domain.holder import Foreign, Free, HeldBy, Unknown
from toolkit.moves import eip
from toolkit.testing import Builder, World, pair

KEY = "eip:eipalloc-00000001"


def carried() -> World:
    """An Elastic IP on a private address that moves too."""
    builder = Builder()
    first, _ = builder.node("db-1"), builder.node("db-2")
    builder.private_ip("10.0.1.50", on=first)
    builder.eip(on=first, carrier="10.0.1.50")
    return builder.world()


def test_it_is_held_by_the_node_whose_interface_it_is_on() -> None:
    assert held(pair("eip")) == {KEY: HeldBy("db-1")}


def test_it_is_free_when_it_is_on_nothing() -> None:
    world = pair("eip")
    world.cloud.terminate(world.node("db-1").instance)
    assert held(world) == {KEY: Free()}


def test_it_is_unknown_when_the_account_does_not_have_it() -> None:
    world = pair("eip")
    del world.store.elastics["eipalloc-00000001"]
    assert isinstance(held(world)[KEY], Unknown)


def test_it_is_foreign_on_an_instance_outside_the_group() -> None:
    builder = Builder()
    builder.node("db-1")
    builder.eip(on=builder.node("other", member=False))
    assert isinstance(held(builder.world())[KEY], Foreign)


def test_it_is_free_on_an_interface_that_outlived_its_instance_though_nobody_named_that_interface() -> None:
    """An interface that was made by itself is kept when its instance is terminated, with its Elastic IP."""
    world = pair("eip")
    card = world.store.cards[world.interface("db-1")]
    assert card.attachment is not None
    card.attachment = replace(card.attachment, delete_on_termination=False)
    world.cloud.terminate(world.node("db-1").instance)
    assert held(world) == {KEY: Free()}


def test_it_is_foreign_when_an_aws_service_manages_it() -> None:
    world = pair("eip")
    world.store.elastics["eipalloc-00000001"].managed_by = "nat"
    assert held(world)[KEY] == Foreign("the AWS service nat")


def test_it_is_foreign_when_its_tag_names_another_group() -> None:
    world = pair("eip")
    world.store.elastics["eipalloc-00000001"].tags = {"failover:group": "mail"}
    assert isinstance(held(world)[KEY], Foreign)


def test_one_associate_call_by_interface_and_private_address_moves_it() -> None:
    world = pair("eip")
    plan = plan_to(world, "db-2")
    assert [step.call.params for step in plan.steps] == [
        {
            "AllocationId": "eipalloc-00000001",
            "NetworkInterfaceId": world.interface("db-2"),
            "PrivateIpAddress": "10.0.1.11",
            "AllowReassociation": True,
        }
    ]
    make_all(world, plan)
    assert reached(world, plan)
    assert held(world) == {KEY: HeldBy("db-2")}


def test_a_free_one_is_claimed_without_leave_to_take_it_from_anybody() -> None:
    world = pair("eip")
    world.cloud.terminate(world.node("db-1").instance)
    assert plan_to(world, "db-2").steps[0].call.params["AllowReassociation"] is False


def test_one_that_is_there_already_needs_no_call() -> None:
    world = pair("eip")
    plan = plan_to(world, "db-1")
    assert plan.steps == ()
    assert [come.why for come in plan.comes] == ["already there"]


def test_one_on_the_right_node_but_the_wrong_private_address_is_moved() -> None:
    builder = Builder()
    first, _ = builder.node("db-1"), builder.node("db-2")
    builder.store.cards_of(first.instance)[0].private_ips.append("10.0.1.77")
    builder.eip(on=first, private_ip="10.0.1.77")
    assert actions(plan_to(builder.world(), "db-1")) == [["AssociateAddress"]]


def test_one_on_a_moving_private_address_comes_along_without_a_call() -> None:
    world = carried()
    plan = plan_to(world, "db-2")
    assert rules_against(world, "db-2") == []
    assert actions(plan) == [["AssignPrivateIpAddresses"]]
    make_all(world, plan)
    assert reached(world, plan)
    assert held(world) == {"private_ip:10.0.1.50": HeldBy("db-2"), KEY: HeldBy("db-2")}


def test_one_that_belongs_on_a_moving_private_address_follows_it_in_the_next_stage() -> None:
    world = carried()
    elastic = world.store.elastics["eipalloc-00000001"]
    elastic.private_ip = "10.0.1.10"
    plan = plan_to(world, "db-2")
    assert actions(plan) == [["AssignPrivateIpAddresses"], ["AssociateAddress"]]
    make_all(world, plan)
    assert reached(world, plan)


def test_several_move_side_by_side_in_one_stage() -> None:
    builder = Builder()
    first, second = builder.node("db-1"), builder.node("db-2")
    for node, address in ((first, "10.0.1.61"), (second, "10.0.1.62")):
        builder.store.cards_of(node.instance)[0].private_ips.append(address)
    builder.eip(on=first)
    world = builder.world()
    both = (*world.group.addresses, eip.Eip("eipalloc-00000002", (("db-1", "10.0.1.61"), ("db-2", "10.0.1.62"))))
    builder.eip(on=first, private_ip="10.0.1.61")
    world.group = type(world.group)("db", world.group.nodes, both)
    assert actions(plan_to(world, "db-2")) == [["AssociateAddress", "AssociateAddress"]]


def test_a_node_without_the_named_private_address_can_not_take_it() -> None:
    world = pair("eip")
    wanted = eip.Eip("eipalloc-00000001", (("db-2", "10.0.1.99"),))
    world.group = type(world.group)("db", world.group.nodes, (wanted,))
    assert rules_against(world, "db-2") == ["target-private-ip"]
    assert rules_against(world, "db-1") == []


def test_a_private_address_that_carries_a_stranger_is_not_stripped() -> None:
    builder = Builder()
    first, second = builder.node("db-1"), builder.node("db-2")
    builder.eip(on=first)
    world = builder.world()
    builder.eip(on=second)
    assert rules_against(world, "db-2") == ["target-slot-taken"]


def test_two_of_a_group_do_not_fit_on_one_private_address() -> None:
    builder = Builder()
    first, _ = builder.node("db-1"), builder.node("db-2")
    builder.eip(on=first)
    builder.eip(on=None)
    assert rules_against(builder.world(), "db-2") == ["target-slot-taken"]


def test_two_of_a_group_may_change_places() -> None:
    builder = Builder()
    first, second = builder.node("db-1"), builder.node("db-2")
    builder.store.cards_of(second.instance)[0].private_ips.append("10.0.1.62")
    one = builder.eip(on=first)
    two = builder.eip(on=second)
    world = builder.world()
    parked = eip.Eip(two.id, (("db-2", "10.0.1.62"),))
    world.group = type(world.group)("db", world.group.nodes, (one, parked))
    plan = plan_to(world, "db-2")
    make_all(world, plan)
    assert rules_against(world, "db-2") == []
    assert reached(world, plan)


def test_a_node_without_an_interface_can_not_take_it() -> None:
    world = pair("eip")
    world.cloud.terminate(world.node("db-2").instance)
    assert "target-interface" in rules_against(world, "db-2")
