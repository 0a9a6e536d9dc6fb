"""A node's own interface: which it is, and whose what hangs on it is."""

from dataclasses import replace

from support.rig import held, rules_against
from toolkit.domain.group import Node
from toolkit.domain.holder import HeldBy
from toolkit.testing import Builder, World, pair


def shared() -> World:
    """Both nodes serve by one interface that moves between them, and an Elastic IP is on it."""
    builder = Builder()
    first, second = builder.node("db-1"), builder.node("db-2")
    vip = builder.eni(on=second)
    elastic = builder.eip(on=second)
    builder.store.elastics[elastic.id].interface = vip.id
    builder.store.elastics[elastic.id].private_ip = "10.0.1.201"
    world = builder.world()
    world.group = replace(world.group, nodes=(replace(first, interface=vip.id), replace(second, interface=vip.id)))
    return world


def with_interface(world: World, node: str, interface: str) -> None:
    nodes = [replace(n, interface=interface) if n.name == node else n for n in world.group.members]
    world.group = replace(world.group, nodes=tuple(nodes))


def test_what_is_on_an_interface_is_held_by_the_node_that_it_hangs_on_now() -> None:
    assert held(shared())["eip:eipalloc-00000001"] == HeldBy("db-2")


def test_what_is_on_a_nodes_configured_interface_stays_its_own_while_it_hangs_nowhere() -> None:
    world = shared()
    world.store.cards["eni-f0000001"].attachment = None
    assert held(world)["eip:eipalloc-00000001"] == HeldBy("db-1")


def test_a_configured_interface_that_hangs_on_another_instance_is_no_target() -> None:
    world = pair("eip")
    with_interface(world, "db-2", world.interface("db-1"))
    assert "target-interface" in rules_against(world, "db-2")


def test_a_configured_interface_that_hangs_nowhere_is_no_target() -> None:
    builder = Builder()
    first, _ = builder.node("db-1"), builder.node("db-2")
    builder.eip(on=first)
    world = builder.world()
    loose = builder.eni(on=None)
    with_interface(world, "db-2", loose.id)
    assert rules_against(world, "db-2") == ["target-interface"]


def test_a_configured_interface_that_moves_with_the_group_is_a_target() -> None:
    world = shared()
    assert rules_against(world, "db-1") == []


def test_a_configured_interface_on_its_own_instance_is_a_target() -> None:
    world = pair("eip")
    world.group = replace(
        world.group, nodes=(world.node("db-1"), Node("db-2", world.node("db-2").instance, "eni-00000002"))
    )
    assert rules_against(world, "db-2") == []
