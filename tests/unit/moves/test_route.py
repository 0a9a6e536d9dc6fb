"""Routes: one call in every listed table, over zones; a table that lacks the route is told apart."""

from support.rig import actions, held, make_all, plan_to, reached, rules_against
from toolkit.domain.holder import Foreign, Free, HeldBy, Split, Unknown
from toolkit.testing import Builder, World, pair

KEY = "route:10.99.0.10/32"


def missing(*, create: bool) -> World:
    builder = Builder()
    builder.node("db-1")
    builder.node("db-2")
    builder.route("10.99.0.10/32", on=None, create=create)
    return builder.world()


def test_it_is_held_by_the_node_that_every_table_points_at() -> None:
    assert held(pair("route")) == {KEY: HeldBy("db-1")}


def test_it_is_split_when_the_tables_disagree() -> None:
    world = pair("route")
    world.store.tables["rtb-00000002"].routes["10.99.0.10/32"] = world.interface("db-2")
    assert held(world) == {KEY: Split(("db-1", "db-2"))}


def test_it_is_split_when_a_table_lacks_it() -> None:
    world = pair("route")
    del world.store.tables["rtb-00000002"].routes["10.99.0.10/32"]
    assert held(world) == {KEY: Split(("db-1", "nobody"))}


def test_it_is_free_when_no_table_has_it() -> None:
    assert held(missing(create=True)) == {KEY: Free()}


def test_it_is_free_when_its_target_is_gone() -> None:
    world = pair("route")
    world.cloud.terminate(world.node("db-1").instance)
    assert held(world) == {KEY: Free()}


def test_it_is_foreign_when_it_leads_to_somebody_else() -> None:
    world = pair("route")
    world.store.tables["rtb-00000001"].routes["10.99.0.10/32"] = "nat-00000001"
    assert held(world)[KEY] == Foreign("nat-00000001 in rtb-00000001")


def test_it_is_foreign_when_a_tables_tag_names_another_group() -> None:
    world = pair("route")
    world.store.tables["rtb-00000001"].tags["failover:group"] = "mail"
    assert isinstance(held(world)[KEY], Foreign)


def test_it_is_unknown_when_a_table_does_not_exist() -> None:
    world = pair("route")
    del world.store.tables["rtb-00000002"]
    assert isinstance(held(world)[KEY], Unknown)


def test_every_table_is_pointed_at_the_target_side_by_side() -> None:
    world = pair("route")
    plan = plan_to(world, "db-2")
    assert actions(plan) == [["ReplaceRoute", "ReplaceRoute"]]
    make_all(world, plan)
    assert reached(world, plan)


def test_only_the_tables_that_are_wrong_are_changed() -> None:
    world = pair("route")
    world.store.tables["rtb-00000002"].routes["10.99.0.10/32"] = world.interface("db-2")
    plan = plan_to(world, "db-2")
    assert [step.call.params["RouteTableId"] for step in plan.steps] == ["rtb-00000001"]


def test_nothing_is_called_when_every_table_is_right() -> None:
    assert plan_to(pair("route"), "db-1").steps == ()


def test_a_missing_route_is_created_where_the_group_says_so() -> None:
    world = missing(create=True)
    plan = plan_to(world, "db-2")
    assert actions(plan) == [["CreateRoute", "CreateRoute"]]
    assert rules_against(world, "db-2") == []
    make_all(world, plan)
    assert reached(world, plan)


def test_a_missing_route_is_an_objection_otherwise() -> None:
    assert rules_against(missing(create=False), "db-2") == ["route-missing", "route-missing"]


def test_an_ipv6_destination_has_its_own_parameter() -> None:
    builder = Builder()
    builder.route("fd99::10/128", on=builder.node("db-1"))
    builder.node("db-2")
    world = builder.world()
    plan = plan_to(world, "db-2")
    assert plan.steps[0].call.params["DestinationIpv6CidrBlock"] == "fd99::10/128"
    make_all(world, plan)
    assert reached(world, plan)


def test_it_crosses_zones() -> None:
    builder = Builder()
    builder.route("10.99.0.10/32", on=builder.node("db-1"))
    builder.node("db-2", zone="eu-west-1b")
    world = builder.world()
    assert rules_against(world, "db-2") == []


def test_a_node_that_checks_source_and_destination_can_not_take_it() -> None:
    world = pair("route")
    world.store.cards[world.interface("db-2")].source_dest_check = True
    assert rules_against(world, "db-2") == ["target-source-dest-check"]


def test_a_node_in_another_vpc_can_not_take_it() -> None:
    world = pair("route")
    world.store.cards[world.interface("db-2")].vpc = "vpc-0000000b"
    assert rules_against(world, "db-2") == ["target-vpc", "target-vpc"]
