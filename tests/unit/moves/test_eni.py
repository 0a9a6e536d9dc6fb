"""Network interfaces: detached and attached at the lowest free index, with all that is on them, in their zone."""

from support.rig import actions, held, make_all, plan_to, reached, rules_against, with_policy
from toolkit.domain.holder import Foreign, Free, HeldBy, Unknown
from toolkit.domain.snapshot import TypeLimits
from toolkit.engine.gather import places
from toolkit.testing import Builder, World, pair

KEY = "eni:eni-f0000001"


def ordered_set(*indexes: int | None) -> World:
    builder = Builder()
    first, _ = builder.node("db-1"), builder.node("db-2")
    builder.store.limits["m5.large"] = TypeLimits(8, 10, 10)
    for index in indexes:
        builder.eni(on=first, device_index=index)
    return builder.world()


def test_it_is_held_by_the_node_it_hangs_on() -> None:
    assert held(pair("eni")) == {KEY: HeldBy("db-1")}


def test_it_is_free_when_it_hangs_nowhere() -> None:
    world = pair("eni")
    world.cloud.terminate(world.node("db-1").instance)
    assert held(world) == {KEY: Free()}


def test_it_is_free_while_it_is_being_detached() -> None:
    world = pair("eni")
    world.cloud.delays.detach_seconds = 5.0
    world.cloud.call(plan_to(world, "db-2").steps[0].call)
    assert held(world) == {KEY: Free()}


def test_it_is_foreign_on_an_instance_outside_the_group() -> None:
    builder = Builder()
    builder.node("db-1")
    builder.eni(on=builder.node("other", member=False))
    assert isinstance(held(builder.world())[KEY], Foreign)


def test_it_is_foreign_when_an_aws_service_manages_it() -> None:
    world = pair("eni")
    world.store.cards["eni-f0000001"].managed_by = "lambda"
    assert isinstance(held(world)[KEY], Foreign)


def test_it_is_unknown_when_the_account_does_not_have_it() -> None:
    world = pair("eni")
    del world.store.cards["eni-f0000001"]
    assert isinstance(held(world)[KEY], Unknown)


def test_it_is_detached_and_then_attached_on_network_card_0() -> None:
    world = pair("eni")
    plan = plan_to(world, "db-2")
    assert actions(plan) == [["DetachNetworkInterface"], ["AttachNetworkInterface"]]
    assert plan.steps[1].call.params == {
        "NetworkInterfaceId": "eni-f0000001",
        "InstanceId": world.node("db-2").instance,
        "DeviceIndex": 1,
        "NetworkCardIndex": 0,
    }
    make_all(world, plan)
    assert reached(world, plan)


def test_one_that_hangs_nowhere_is_only_attached() -> None:
    world = pair("eni")
    world.cloud.terminate(world.node("db-1").instance)
    assert actions(plan_to(world, "db-2")) == [["AttachNetworkInterface"]]


def test_one_that_is_being_detached_already_is_only_attached() -> None:
    world = pair("eni")
    world.cloud.delays.detach_seconds = 5.0
    world.cloud.call(plan_to(world, "db-2").steps[0].call)
    assert actions(plan_to(world, "db-2")) == [["AttachNetworkInterface"]]


def test_one_that_is_there_already_needs_no_call() -> None:
    assert plan_to(pair("eni"), "db-1").steps == ()


def test_an_ordered_set_takes_the_lowest_free_indexes_in_its_order() -> None:
    plan = plan_to(ordered_set(None, None, None), "db-2")
    attached = [step.call.params for step in plan.steps if step.call.action == "AttachNetworkInterface"]
    assert [(p["NetworkInterfaceId"][-1], p["DeviceIndex"]) for p in attached] == [("1", 1), ("2", 2), ("3", 3)]


def test_the_lowest_free_index_leaves_those_alone_that_are_named_or_taken() -> None:
    world = ordered_set(None, 1, None)
    plan = plan_to(world, "db-2")
    attached = {
        step.call.params["NetworkInterfaceId"]: step.call.params["DeviceIndex"]
        for step in plan.steps
        if step.call.action == "AttachNetworkInterface"
    }
    assert attached == {"eni-f0000001": 2, "eni-f0000002": 1, "eni-f0000003": 3}


def test_its_hardware_address_and_addresses_are_proven_to_travel_with_it() -> None:
    world = pair("eni")
    plan = plan_to(world, "db-2")
    before = places(world.group, world.cloud.whole())[f"{KEY}!identity"]
    make_all(world, plan)
    assert plan.goal[f"{KEY}!identity"] == before == places(world.group, world.cloud.whole())[f"{KEY}!identity"]
    assert "02:00:00:00:00:03 10.0.1.201" in before


def test_force_is_a_last_resort_that_only_the_policy_gives() -> None:
    world = pair("eni")
    assert plan_to(world, "db-2").steps[0].last_resort is None
    with_policy(world, force_detach_seconds=20.0)
    forced = plan_to(world, "db-2").steps[0].last_resort
    assert forced is not None
    assert forced.params["Force"] is True


def test_the_way_back_attaches_it_where_it_was() -> None:
    world = pair("eni")
    undo = plan_to(world, "db-2").steps[0].undo
    assert undo is not None
    assert (undo.params["InstanceId"], undo.params["DeviceIndex"]) == (world.node("db-1").instance, 1)


def test_a_primary_interface_is_no_address() -> None:
    world = pair("eni")
    attachment = world.store.cards["eni-f0000001"].attachment
    assert attachment is not None
    world.store.cards["eni-f0000001"].attachment = type(attachment)(attachment.id, attachment.instance, 0, "attached")
    del world.store.cards["eni-00000001"]
    assert "interface-primary" in rules_against(world, "db-2")


def test_a_node_in_another_zone_can_not_take_it() -> None:
    builder = Builder()
    builder.eni(on=builder.node("db-1"))
    builder.node("db-2", zone="eu-west-1b")
    assert rules_against(builder.world(), "db-2") == ["target-zone"]


def test_a_taken_device_index_keeps_the_node_from_it() -> None:
    builder = Builder()
    first, second = builder.node("db-1"), builder.node("db-2")
    builder.eni(on=first, device_index=1)
    world = builder.world()
    builder.eni(on=second, device_index=1)
    assert rules_against(world, "db-2") == ["target-device-index"]


def test_a_node_whose_type_takes_no_more_interfaces_can_not_take_it() -> None:
    builder = Builder()
    first, second = builder.node("db-1"), builder.node("db-2")
    builder.eni(on=first)
    world = builder.world()
    builder.eni(on=second)
    builder.eni(on=second)
    assert rules_against(world, "db-2") == ["target-device-slots"]
