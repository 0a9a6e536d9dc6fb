"""Routes change as AWS.md 1.5 says; MOTO.md section 10 C."""

from __future__ import annotations

from typing import Any

import pytest

from toolkit.lab.ec2 import Settings

from .site import Site, refused

OVERLAY = "10.99.0.10/32"
UNKNOWN = "eni-0123456789abcdef0"


def create(site: Site, table: str, destination: str = OVERLAY, **target: str) -> None:
    site.ec2.create_route(RouteTableId=table, DestinationCidrBlock=destination, **target)


def replace(site: Site, table: str, destination: str = OVERLAY, **target: Any) -> None:
    site.ec2.replace_route(RouteTableId=table, DestinationCidrBlock=destination, **target)


def test_a_route_shows_interface_instance_and_owner(site: Site) -> None:
    """MOTO.md section 4 row 2: both ways of naming the target show all three."""
    first, second, table = site.node(), site.node(), site.table()
    create(site, table, NetworkInterfaceId=first.interface)
    create(site, table, "10.99.0.20/32", InstanceId=second.instance)
    for node, destination in ((first, OVERLAY), (second, "10.99.0.20/32")):
        row = site.route(table, destination)
        assert (row["NetworkInterfaceId"], row["InstanceId"]) == (node.interface, node.instance)
        assert (row["InstanceOwnerId"], row["Origin"], row["State"]) == ("123456789012", "CreateRoute", "active")


@pytest.mark.parametrize("name", ["NetworkInterfaceId", "InstanceId"])
def test_a_second_route_to_one_destination_is_refused(site: Site, name: str) -> None:
    """MOTO.md section 4 row 3: by interface moto overwrites silently."""
    first, second, table = site.node(), site.node(), site.table()
    create(site, table, NetworkInterfaceId=first.interface)
    target = {"NetworkInterfaceId": second.interface, "InstanceId": second.instance}[name]
    with refused("RouteAlreadyExists", says=OVERLAY):
        create(site, table, **{name: target})
    assert site.route(table, OVERLAY)["NetworkInterfaceId"] == first.interface


def test_replacing_moves_the_route(site: Site) -> None:
    """AWS.md 1.5."""
    first, second, table = site.node(), site.node(subnet=site.far_subnet), site.table()
    create(site, table, NetworkInterfaceId=first.interface)
    replace(site, table, NetworkInterfaceId=second.interface)
    assert site.route(table, OVERLAY)["InstanceId"] == second.instance


def test_a_failed_replace_leaves_the_old_target(site: Site) -> None:
    """MOTO.md section 4 row 4: moto has erased it by then."""
    node, table = site.node(), site.table()
    create(site, table, NetworkInterfaceId=node.interface)
    with refused("InvalidNetworkInterfaceID.NotFound"):
        replace(site, table, NetworkInterfaceId=UNKNOWN)
    with refused("InvalidInstanceID.NotFound"):
        replace(site, table, InstanceId="i-0123456789abcdef0")
    assert site.route(table, OVERLAY)["NetworkInterfaceId"] == node.interface


def test_a_dry_run_changes_no_route(site: Site) -> None:
    """MOTO.md section 5: ignored and mutating in moto."""
    first, second, table = site.node(), site.node(), site.table()
    with refused("DryRunOperation", status=412):
        site.ec2.create_route(
            RouteTableId=table, DestinationCidrBlock=OVERLAY, NetworkInterfaceId=first.interface, DryRun=True
        )
    assert site.route(table, OVERLAY) is None
    create(site, table, NetworkInterfaceId=first.interface)
    with refused("DryRunOperation", status=412):
        replace(site, table, NetworkInterfaceId=second.interface, DryRun=True)
    assert site.route(table, OVERLAY)["NetworkInterfaceId"] == first.interface


def test_a_missing_route_is_refused_with_advice(site: Site) -> None:
    """AWS.md 1.5, the quoted sentence."""
    says = f"There is no route defined for '{OVERLAY}' in the route table. Use CreateRoute instead."
    with refused("InvalidParameterValue", says=says):
        replace(site, site.table(), NetworkInterfaceId=site.node().interface)


def test_a_missing_route_may_be_refused_under_the_other_code(site: Site, settings: Settings) -> None:
    """AWS.md 1.5: the error list has InvalidRoute.NotFound."""
    settings.change(missing_route_code="InvalidRoute.NotFound")
    with refused("InvalidRoute.NotFound"):
        replace(site, site.table(), NetworkInterfaceId=site.node().interface)


def test_a_route_to_a_detached_or_deleted_interface_is_a_blackhole(site: Site) -> None:
    """AWS.md 1.5 and MOTO.md section 4 row 5."""
    node, table, interface = site.node(), site.table(), site.interface()
    attachment = site.attach(interface, node)
    create(site, table, NetworkInterfaceId=interface)
    site.ec2.detach_network_interface(AttachmentId=attachment)
    assert site.route(table, OVERLAY)["State"] == "blackhole"
    site.ec2.delete_network_interface(NetworkInterfaceId=interface)
    row = site.route(table, OVERLAY)
    assert (row["State"], row["NetworkInterfaceId"]) == ("blackhole", interface)
    assert "InstanceId" not in row


def test_a_route_to_a_terminated_instance_is_a_blackhole(site: Site) -> None:
    """AWS.md 1.5."""
    node, table = site.node(), site.table()
    create(site, table, InstanceId=node.instance)
    site.ec2.terminate_instances(InstanceIds=[node.instance])
    assert site.route(table, OVERLAY)["State"] == "blackhole"


@pytest.mark.parametrize("state", ["active", "blackhole"])
def test_a_route_to_a_stopped_instance_may_show_either(site: Site, settings: Settings, state: str) -> None:
    """AWS.md 1.5, U."""
    settings.change(stopped_target_route=state)
    node, table = site.node(), site.table()
    create(site, table, NetworkInterfaceId=node.interface)
    site.ec2.stop_instances(InstanceIds=[node.instance])
    assert site.route(table, OVERLAY)["State"] == state


def test_an_ipv6_destination_moves_like_any_other(site: Site) -> None:
    """AWS.md 1.5."""
    first, second, table = site.node(), site.node(), site.table()
    destination = {"RouteTableId": table, "DestinationIpv6CidrBlock": "fd42::10/128"}
    site.ec2.create_route(NetworkInterfaceId=first.interface, **destination)
    with refused("RouteAlreadyExists"):
        site.ec2.create_route(NetworkInterfaceId=second.interface, **destination)
    site.ec2.replace_route(NetworkInterfaceId=second.interface, **destination)
    assert site.route(table, "fd42::10/128")["NetworkInterfaceId"] == second.interface


def test_a_prefix_list_destination_can_be_replaced(site: Site) -> None:
    """MOTO.md section 4 row 6: moto says that there is no such route."""
    first, second, table = site.node(), site.node(), site.table()
    made = site.ec2.create_managed_prefix_list(PrefixListName="x", MaxEntries=5, AddressFamily="IPv4")
    destination = {"RouteTableId": table, "DestinationPrefixListId": made["PrefixList"]["PrefixListId"]}
    site.ec2.create_route(NetworkInterfaceId=first.interface, **destination)
    site.ec2.replace_route(NetworkInterfaceId=second.interface, **destination)
    routes = site.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    assert [row.get("NetworkInterfaceId") for row in routes] == [None, second.interface]


def test_host_bits_are_cleared(site: Site) -> None:
    """MOTO.md section 4 row 6."""
    table = site.table()
    create(site, table, "10.88.1.5/16", NetworkInterfaceId=site.node().interface)
    assert site.route(table, "10.88.0.0/16")["State"] == "active"


def test_exactly_one_target_is_needed(site: Site) -> None:
    """AWS.md 1.5 and MOTO.md section 4 row 6."""
    node, table = site.node(), site.table()
    with refused("MissingParameter"):
        create(site, table)
    with refused("InvalidParameterCombination"):
        create(site, table, NetworkInterfaceId=node.interface, GatewayId=site.gateway)
    site.attach(site.interface(), node)
    with refused("InvalidInstanceID", says="multiple interfaces"):
        create(site, table, InstanceId=node.instance)


def test_an_overlay_address_lies_outside_the_vpc(site: Site) -> None:
    """AWS.md 1.5: inside, only a whole subnet may be routed to an interface."""
    node, table = site.node(), site.table()
    with refused("InvalidParameterValue", says="10.0.1.77/32"):
        create(site, table, "10.0.1.77/32", NetworkInterfaceId=node.interface)
    create(site, table, "10.0.2.0/24", NetworkInterfaceId=node.interface)


@pytest.mark.parametrize("destination", ["169.254.169.254/32", "169.254.168.0/22"])
def test_link_local_destinations_are_refused(site: Site, destination: str) -> None:
    """AWS.md 1.5."""
    with refused("InvalidParameterValue", says="reserved"):
        create(site, site.table(), destination, NetworkInterfaceId=site.node().interface)


def test_an_interface_of_another_vpc_is_no_target(site: Site) -> None:
    """AWS.md 1.5: the target is in the same VPC."""
    other = Site(site.ec2).build()
    with refused("InvalidParameterValue", says="belong to different networks"):
        create(site, site.table(), NetworkInterfaceId=other.node().interface)


def test_a_table_fills_up(site: Site, settings: Settings) -> None:
    """AWS.md 1.5: counted for each family, adjustable."""
    settings.change(route_quota=2)
    node, table = site.node(), site.table()
    create(site, table, NetworkInterfaceId=node.interface)
    with refused("RouteLimitExceeded"):
        create(site, table, "10.99.0.11/32", NetworkInterfaceId=node.interface)


def test_a_deleted_route_is_gone_and_the_local_one_stays(site: Site) -> None:
    """AWS.md section 2 E, InvalidRoute.NotFound."""
    table = site.table()
    create(site, table, NetworkInterfaceId=site.node().interface)
    site.ec2.delete_route(RouteTableId=table, DestinationCidrBlock=OVERLAY)
    with refused("InvalidRoute.NotFound"):
        site.ec2.delete_route(RouteTableId=table, DestinationCidrBlock=OVERLAY)
    with refused("InvalidParameterValue"):
        site.ec2.delete_route(RouteTableId=table, DestinationCidrBlock="10.0.0.0/16")


def test_a_detached_internet_gateway_makes_a_blackhole(site: Site) -> None:
    """AWS.md 1.5."""
    table = site.table()
    create(site, table, "0.0.0.0/0", GatewayId=site.gateway)
    assert site.route(table, "0.0.0.0/0")["State"] == "active"
    site.ec2.detach_internet_gateway(InternetGatewayId=site.gateway, VpcId=site.vpc)
    assert site.route(table, "0.0.0.0/0")["State"] == "blackhole"


def test_a_nat_gateway_is_a_target(site: Site) -> None:
    """AWS.md 1.5."""
    table, eip = site.table(), site.eip()
    gateway = site.ec2.create_nat_gateway(SubnetId=site.subnet, AllocationId=eip)["NatGateway"]["NatGatewayId"]
    create(site, table, "0.0.0.0/0", NatGatewayId=gateway)
    assert site.route(table, "0.0.0.0/0")["NatGatewayId"] == gateway
    site.ec2.delete_nat_gateway(NatGatewayId=gateway)
    assert site.route(table, "0.0.0.0/0")["State"] == "blackhole"


@pytest.mark.parametrize(
    "name",
    [
        "route.instance-id",
        "route.network-interface-id",
        "route.state",
        "route.destination-cidr-block",
        "association.subnet-id",
        "vpc-id",
    ],
)
def test_filters_that_moto_lacks_work(site: Site, name: str) -> None:
    """MOTO.md section 4 row 8."""
    node, table, other = site.node(), site.table(), Site(site.ec2).build()
    other.table()
    create(site, table, NetworkInterfaceId=node.interface)
    site.ec2.associate_route_table(RouteTableId=table, SubnetId=site.subnet)
    site.ec2.terminate_instances(InstanceIds=[site.node().instance])
    values = {
        "route.instance-id": node.instance,
        "route.network-interface-id": node.interface,
        "route.state": "active",
        "route.destination-cidr-block": OVERLAY,
        "association.subnet-id": site.subnet,
        "vpc-id": site.vpc,
    }
    found = site.ec2.describe_route_tables(Filters=[{"Name": name, "Values": [values[name]]}])["RouteTables"]
    ids = {row["RouteTableId"] for row in found}
    assert table in ids
    if name not in {"route.state", "vpc-id"}:
        assert ids == {table}


def test_tables_come_in_pages(site: Site) -> None:
    """AWS.md section 3: DescribeRouteTables has a paginator."""
    for _ in range(6):
        site.table()
    filters = [{"Name": "vpc-id", "Values": [site.vpc]}]
    paginator = site.ec2.get_paginator("describe_route_tables")
    pages = list(paginator.paginate(Filters=filters, PaginationConfig={"PageSize": 5}))
    assert [len(page["RouteTables"]) for page in pages] == [5, 2]
