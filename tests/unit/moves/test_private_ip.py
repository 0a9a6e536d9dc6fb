"""Secondary private addresses: one call for all of them, inside their subnet, never a primary one."""

from support.rig import actions, held, make_all, plan_to, reached, rules_against
from toolkit.domain.holder import Foreign, Free, HeldBy
from toolkit.testing import Builder, World, pair

KEY = "private_ip:10.0.1.50"


def several(*holders: str | None) -> World:
    builder = Builder()
    nodes = {"db-1": builder.node("db-1"), "db-2": builder.node("db-2")}
    for number, holder in enumerate(holders):
        builder.private_ip(f"10.0.1.{50 + number}", on=nodes[holder] if holder else None)
    return builder.world()


def test_it_is_held_by_the_node_that_has_it() -> None:
    assert held(pair("private_ip")) == {KEY: HeldBy("db-1")}


def test_it_is_free_when_no_interface_has_it() -> None:
    assert held(several(None)) == {KEY: Free()}


def test_it_is_foreign_on_an_instance_outside_the_group() -> None:
    builder = Builder()
    builder.node("db-1")
    builder.private_ip("10.0.1.50", on=builder.node("other", member=False))
    assert isinstance(held(builder.world())[KEY], Foreign)


def test_it_is_foreign_when_it_is_somebodys_primary_address() -> None:
    world = several(None)
    world.store.cards[world.interface("db-1")].private_ips = ["10.0.1.50"]
    assert isinstance(held(world)[KEY], Foreign)


def test_the_same_numbers_in_another_vpc_are_another_address() -> None:
    builder = Builder()
    builder.node("db-1")
    stranger = builder.node("other", member=False)
    builder.private_ip("10.0.1.50", on=stranger)
    builder.store.cards_of(stranger.instance)[0].vpc = "vpc-0000000b"
    assert held(builder.world()) == {KEY: Free()}


def test_one_call_takes_all_of_them_over() -> None:
    world = several("db-1", "db-1", "db-1")
    plan = plan_to(world, "db-2")
    assert actions(plan) == [["AssignPrivateIpAddresses"]]
    assert plan.steps[0].call.params["PrivateIpAddresses"] == ["10.0.1.50", "10.0.1.51", "10.0.1.52"]
    make_all(world, plan)
    assert reached(world, plan)


def test_those_that_are_there_already_are_left_out_of_the_call() -> None:
    plan = plan_to(several("db-1", "db-2"), "db-2")
    assert plan.steps[0].call.params["PrivateIpAddresses"] == ["10.0.1.50"]
    assert [come.subject for come in plan.comes] == ["private_ip:10.0.1.51"]


def test_nothing_is_called_when_all_are_there() -> None:
    assert plan_to(several("db-1", "db-1"), "db-1").steps == ()


def test_free_ones_are_claimed_without_leave_to_take_them_from_anybody() -> None:
    assert plan_to(several(None, None), "db-2").steps[0].call.params["AllowReassignment"] is False


def test_held_ones_are_taken_with_leave() -> None:
    assert plan_to(several("db-1", None), "db-2").steps[0].call.params["AllowReassignment"] is True


def test_a_node_in_another_subnet_can_not_take_it() -> None:
    builder = Builder()
    builder.private_ip("10.0.1.50", on=builder.node("db-1"))
    builder.node("db-2", zone="eu-west-1b")
    assert rules_against(builder.world(), "db-2") == ["target-subnet"]


def test_a_node_whose_interface_is_full_can_not_take_it() -> None:
    world = pair("private_ip")
    world.store.cards[world.interface("db-2")].private_ips += [f"10.0.1.{n}" for n in range(100, 109)]
    assert rules_against(world, "db-2") == ["target-address-slots"]


def test_a_full_node_that_has_it_already_needs_no_room() -> None:
    world = pair("private_ip")
    world.store.cards[world.interface("db-1")].private_ips += [f"10.0.1.{n}" for n in range(100, 108)]
    assert rules_against(world, "db-1") == []
