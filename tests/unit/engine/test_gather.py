"""What a run must know of a group, and what the world says about it."""

from dataclasses import replace

import pytest

from support.rig import seen
from toolkit.domain.errors import UsageError
from toolkit.domain.group import AlarmProbe, ByTag, Group, Health, Node, StatusProbe, TcpProbe
from toolkit.domain.steps import Objection
from toolkit.engine.gather import hosts, objections, places, reads_of, resolved
from toolkit.testing import World, pair


def rules(world: World, node: str) -> list[str]:
    found: tuple[Objection, ...] = objections(world.group, seen(world))[node]
    return [objection.rule for objection in found]


def test_everything_is_asked_in_one_question() -> None:
    world = pair()
    wanted = reads_of(world.group)
    assert len(wanted.instances) == 2
    assert wanted.allocations == {"eipalloc-00000001"}
    assert wanted.private_ips == {"10.0.1.50"}
    assert wanted.ipv6s == {"2001:db8:0:1::50"}
    assert wanted.interfaces == {"eni-f0000001"}
    assert wanted.tables == {"rtb-00000001", "rtb-00000002"}
    assert {key.name for key in wanted.records} == {"db.internal.example.com"}


def test_status_checks_are_read_only_for_groups_that_are_judged_by_them() -> None:
    world = pair("eip")
    by_status = replace(world.group, health=Health(probes=(StatusProbe(),)))
    by_tcp = replace(world.group, health=Health(probes=(TcpProbe(5432),)))
    assert len(reads_of(by_status).status_of) == 2
    assert reads_of(by_tcp).status_of == frozenset()


def test_an_alarm_is_read_under_the_name_it_has_for_each_node() -> None:
    world = pair("eip")
    group = replace(world.group, health=Health(probes=(AlarmProbe("{node}-down"), AlarmProbe("all-down"))))
    assert reads_of(group).alarms == {"db-1-down", "db-2-down", "all-down"}


def test_the_places_of_a_group_are_those_of_all_its_addresses() -> None:
    world = pair()
    found = places(world.group, seen(world))
    assert len(found) == 8
    assert found["dns:db.internal.example.com@Z0123456789ABC"] == "10.0.1.10"


def test_probes_go_to_the_configured_host_else_to_the_private_address_of_the_nodes_interface() -> None:
    world = pair("eip")
    first = replace(world.node("db-1"), host="db-1.example.com")
    group = replace(world.group, nodes=(first, world.node("db-2")))
    assert hosts(group, seen(world)) == {"db-1": "db-1.example.com", "db-2": "10.0.1.11"}


def test_a_node_without_interface_and_host_can_not_be_looked_at() -> None:
    world = pair("eip")
    world.cloud.terminate(world.node("db-2").instance)
    assert hosts(world.group, seen(world)) == {"db-1": "10.0.1.10"}


def test_nodes_found_by_tag_become_the_groups_nodes() -> None:
    world = pair("eip")
    group = resolved(replace(world.group, nodes=ByTag("failover:group", "db")), world.cloud)
    assert group.members == (Node("db-1", "i-00000001"), Node("db-2", "i-00000002"))


def test_a_tag_that_nothing_bears_is_told() -> None:
    world = pair("eip")
    with pytest.raises(UsageError, match="failover:group=mail"):
        resolved(replace(world.group, nodes=ByTag("failover:group", "mail")), world.cloud)


def test_a_group_whose_nodes_are_not_looked_up_yet_has_none() -> None:
    group = Group("db", ByTag("failover:group", "db"), ())
    with pytest.raises(TypeError, match="not resolved"):
        _ = group.members


@pytest.mark.parametrize("state", ["stopped", "stopping", "pending", "shutting-down", "terminated"])
def test_a_node_that_does_not_run_is_no_target(state: str) -> None:
    world = pair("eip")
    world.store.machines[world.node("db-2").instance].state = state
    assert rules(world, "db-2")[0] == "target-not-running"


def test_a_node_that_does_not_exist_is_no_target() -> None:
    world = pair("eip")
    world.group = replace(world.group, nodes=(world.node("db-1"), Node("db-2", "i-0fffffff")))
    assert rules(world, "db-2")[0] == "target-missing"
