"""Named worlds hold what they say, and their configuration fits them."""

import json

import pytest

from toolkit.config import parse
from toolkit.lab import Lab, LabError, World

from .conftest import Clients


def kinds(world: World) -> set[str]:
    return {a["kind"] for group in world.configuration["groups"].values() for a in group["addresses"]}


def test_the_pair_has_every_kind_of_address_on_its_first_node(lab: Lab, client: Clients) -> None:
    world = lab.seed("pair")
    assert kinds(world) == {"eip", "private_ip", "ipv6", "eni", "route", "dns"}
    ec2 = client("ec2")
    interface = ec2.describe_network_interfaces(NetworkInterfaceIds=[world["db-1-eni"]])
    row = interface["NetworkInterfaces"][0]
    assert row["Attachment"]["InstanceId"] == world["db-1"]
    assert row["SourceDestCheck"] is False
    assert [ip["PrivateIpAddress"] for ip in row["PrivateIpAddresses"]] == ["10.0.1.10", "10.0.1.50"]
    assert [ip["Ipv6Address"] for ip in row["Ipv6Addresses"]] == [world["ipv6"]]
    tables = ec2.describe_route_tables(RouteTableIds=[world["table-1"], world["table-2"]])["RouteTables"]
    for table in tables:
        targets = {
            route.get("DestinationCidrBlock", route.get("DestinationIpv6CidrBlock")): route.get("NetworkInterfaceId")
            for route in table["Routes"]
        }
        assert targets[world["overlay"]] == targets[world["overlay-ipv6"]] == world["db-1-eni"]
    vip = ec2.describe_network_interfaces(NetworkInterfaceIds=[world["vip-eni"]])["NetworkInterfaces"][0]
    assert (vip["Attachment"]["InstanceId"], vip["Attachment"]["DeviceIndex"]) == (world["db-1"], 1)


def test_the_pair_has_strangers_that_no_failover_may_touch(lab: Lab, client: Clients) -> None:
    world = lab.seed("pair")
    addresses = client("ec2").describe_addresses(AllocationIds=[world["nat-eip"], world["foreign-eip"]])
    owners = {row["AllocationId"]: row["NetworkInterfaceId"] for row in addresses["Addresses"]}
    assert owners[world["foreign-eip"]] == world["foreign-eni"]
    assert owners[world["nat-eip"]] not in {world["db-1-eni"], world["db-2-eni"]}


def test_the_private_zone_holds_the_record(lab: Lab, client: Clients) -> None:
    world = lab.seed("pair")
    zone = client("route53").get_hosted_zone(Id=world["zone"])["HostedZone"]
    assert zone["Config"]["PrivateZone"] is True
    rows = client("route53").list_resource_record_sets(HostedZoneId=world["zone"])["ResourceRecordSets"]
    assert {row["Name"]: row["ResourceRecords"][0]["Value"] for row in rows if row["Type"] == "A"} == {
        "db.internal.example.com.": "10.0.1.10",
    }


def test_the_state_table_is_keyed_by_group_and_item(lab: Lab, client: Clients) -> None:
    lab.seed("pair")
    table = client("dynamodb").describe_table(TableName="failover-state")["Table"]
    assert {key["AttributeName"]: key["KeyType"] for key in table["KeySchema"]} == {
        "group": "HASH",
        "item": "RANGE",
    }


def test_a_seed_can_be_cut_down_to_some_kinds(lab: Lab) -> None:
    assert kinds(lab.seed("pair", kinds=["eip", "route"])) == {"eip", "route"}


def test_a_world_without_an_elastic_ip_promises_no_public_name(lab: Lab) -> None:
    group = lab.seed("pair", kinds=["route"]).configuration["groups"]["db"]
    assert "names" not in group["verify"]


def test_an_unknown_kind_is_refused_with_those_that_exist(lab: Lab) -> None:
    with pytest.raises(LabError, match="no such kind of address: vip; there are eip"):
        lab.seed("pair", kinds=["vip"])


def test_an_unknown_world_is_refused_with_those_that_exist(lab: Lab) -> None:
    with pytest.raises(LabError, match="no such world: trio; there are pair"):
        lab.seed("trio")


@pytest.mark.parametrize(
    ("name", "groups"),
    [("cross-az", ["app"]), ("three-tier", ["web", "app", "db"]), ("appliance", ["edge"])],
)
def test_each_world_has_its_groups(lab: Lab, name: str, groups: list[str]) -> None:
    assert list(lab.seed(name).configuration["groups"]) == groups


@pytest.mark.parametrize("name", ["pair", "cross-az", "three-tier", "appliance", "fleet:2"])
def test_the_configuration_of_a_world_has_no_fault(lab: Lab, name: str) -> None:
    world = lab.seed(name)
    read = parse(json.dumps(world.configuration), "failover.json", form="json")
    assert [group.name for group in read.groups] == list(world.configuration["groups"])


def test_a_fleet_has_as_many_groups_as_asked(lab: Lab, client: Clients) -> None:
    world = lab.seed("fleet:7")
    assert len(world.configuration["groups"]) == 7
    assert len(client("ec2").describe_addresses()["Addresses"]) == 7


def test_the_world_seeded_last_can_be_asked_for(lab: Lab) -> None:
    assert lab.world() is None
    world = lab.seed("cross-az")
    assert lab.world() == world


def test_a_world_seeded_again_after_a_reset_is_as_it_was_at_first(lab: Lab, client: Clients) -> None:
    ec2 = client("ec2")
    first = lab.seed("pair")
    before = ec2.describe_network_interfaces()["NetworkInterfaces"]
    ec2.associate_address(AllocationId=first["eip"], NetworkInterfaceId=first["db-2-eni"])
    client("dynamodb").put_item(TableName="failover-state", Item={"group": {"S": "db"}, "item": {"S": "lease"}})
    lab.terminate_instance(first["db-1"])
    lab.reset()
    assert lab.seed("pair") == first
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == before
    assert client("dynamodb").scan(TableName="failover-state")["Count"] == 0


def test_a_world_can_be_seeded_beside_another(lab: Lab) -> None:
    first, second = lab.seed("pair"), lab.seed("pair")
    assert set(first.ids.values()).isdisjoint(id_ for id_ in second.ids.values() if id_.startswith("i-"))
    assert lab.world() == second


def test_a_reset_leaves_nothing_of_a_world(lab: Lab, client: Clients) -> None:
    lab.seed("pair")
    lab.reset()
    assert client("ec2").describe_instances()["Reservations"] == []
    assert client("dynamodb").list_tables()["TableNames"] == []
    assert client("route53").list_hosted_zones()["HostedZones"] == []
