"""The rest of what EC2 says about addresses, interfaces and routes, one edge at a time."""

from __future__ import annotations

from typing import Any

import pytest

from .site import Site, refused


def test_automatic_prefixes_are_free_and_of_the_right_size(site: Site) -> None:
    """AWS.md 1.4: /28."""
    node = site.node(instance_type="m5.large")
    made = site.ec2.assign_private_ip_addresses(NetworkInterfaceId=node.interface, Ipv4PrefixCount=2)
    assert made["AssignedIpv4Prefixes"] == [{"Ipv4Prefix": "10.0.1.16/28"}, {"Ipv4Prefix": "10.0.1.32/28"}]


@pytest.mark.parametrize("prefix", ["10.0.1.64/27", "10.0.2.64/28", "10.0.1.65/28", "2001:db8::/80"])
def test_a_prefix_of_the_wrong_size_or_place_is_refused(site: Site, prefix: str) -> None:
    """AWS.md 1.4."""
    with refused("InvalidParameterValue"):
        site.ec2.assign_private_ip_addresses(NetworkInterfaceId=site.interface(), Ipv4Prefixes=[prefix])


def test_a_prefix_is_held_by_one_interface(site: Site) -> None:
    """AWS.md 1.4."""
    interface = site.interface(Ipv4Prefixes=[{"Ipv4Prefix": "10.0.1.64/28"}])
    assert site.row(interface)["Ipv4Prefixes"] == [{"Ipv4Prefix": "10.0.1.64/28"}]
    with refused("InvalidParameterValue", says="10.0.1.64/28"):
        site.interface(Ipv4Prefixes=[{"Ipv4Prefix": "10.0.1.64/28"}])
    assert len(site.ec2.describe_network_interfaces()["NetworkInterfaces"]) == 1


@pytest.mark.parametrize("name", ["PrivateIpAddresses", "Ipv4PrefixCount"])
def test_only_one_way_of_choosing_addresses_is_taken(site: Site, name: str) -> None:
    """AWS.md 1.4."""
    values: dict[str, Any] = {"PrivateIpAddresses": ["10.0.1.50"], "Ipv4PrefixCount": 1}
    with refused("InvalidParameterCombination"):
        site.ec2.assign_private_ip_addresses(
            NetworkInterfaceId=site.interface(), SecondaryPrivateIpAddressCount=1, **{name: values[name]}
        )
    with refused("MissingParameter"):
        site.ec2.assign_private_ip_addresses(NetworkInterfaceId=site.interface())


def test_an_interface_has_one_primary_address(site: Site) -> None:
    """MOTO.md section 3 row 3."""
    wanted = [{"PrivateIpAddress": f"10.0.1.{host}", "Primary": True} for host in (70, 71)]
    with refused("InvalidParameterCombination"):
        site.interface(PrivateIpAddresses=wanted)
    with refused("InvalidParameterValue", says="more than once"):
        site.interface(PrivateIpAddresses=[{"PrivateIpAddress": "10.0.1.70"}] * 2)
    marked = [{"PrivateIpAddress": "10.0.1.70"}, {"PrivateIpAddress": "10.0.1.71", "Primary": True}]
    assert site.row(site.interface(PrivateIpAddresses=marked))["PrivateIpAddress"] == "10.0.1.71"


def test_what_is_no_address_is_refused(site: Site) -> None:
    """AWS.md section 2 E."""
    with refused("InvalidParameterValue"):
        site.interface(PrivateIpAddress="10.0.1")
    with refused("InvalidParameterValue"):
        site.ec2.unassign_ipv6_addresses(NetworkInterfaceId=site.interface(), Ipv6Addresses=["::z"])
    with refused("InvalidAddress.NotFound"):
        site.ec2.allocate_address(Domain="vpc", Address="8.8.8.8")


@pytest.mark.parametrize(
    ("attribute", "member"),
    [
        ("attachment", "Attachment"),
        ("description", "Description"),
        ("groupSet", "Groups"),
        ("sourceDestCheck", "SourceDestCheck"),
        ("associatePublicIpAddress", "AssociatePublicIpAddress"),
    ],
)
def test_an_attribute_can_be_asked_for_alone(site: Site, attribute: str, member: str) -> None:
    """MOTO.md section 4 row 15."""
    node = site.node()
    shown = site.ec2.describe_network_interface_attribute(NetworkInterfaceId=node.interface, Attribute=attribute)
    assert set(shown) == {"NetworkInterfaceId", member, "ResponseMetadata"}


def test_resetting_an_interface_turns_its_check_on(site: Site) -> None:
    """MOTO.md section 4 row 15."""
    interface = site.interface()
    site.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, SourceDestCheck={"Value": False})
    site.ec2.reset_network_interface_attribute(NetworkInterfaceId=interface, SourceDestCheck="true")
    assert site.row(interface)["SourceDestCheck"] is True


def test_an_automatic_public_address_can_be_switched_at_run_time(site: Site) -> None:
    """AWS.md 1.1: ModifyNetworkInterfaceAttribute(AssociatePublicIpAddress)."""
    node = site.node()
    for wanted in (True, False):
        site.ec2.modify_network_interface_attribute(NetworkInterfaceId=node.interface, AssociatePublicIpAddress=wanted)
        assert ("PublicIpAddress" in site.instance(node.instance)) is wanted


def test_an_attribute_of_another_attachment_is_refused(site: Site) -> None:
    """AWS.md 1.3: the attachment must be this interface's."""
    node, interface = site.node(), site.interface()
    other = site.row(node.interface)["Attachment"]["AttachmentId"]
    with refused("InvalidAttachmentID.NotFound"):
        site.ec2.modify_network_interface_attribute(
            NetworkInterfaceId=interface, Attachment={"AttachmentId": other, "DeleteOnTermination": True}
        )


def test_an_attribute_without_an_imitation_is_refused(site: Site) -> None:
    """A wrong answer would be worse than none."""
    with refused("LabNotImplemented"):
        site.ec2.modify_network_interface_attribute(
            NetworkInterfaceId=site.interface(), ConnectionTrackingSpecification={"UdpTimeout": 40}
        )
    with refused("LabNotImplemented"):
        site.ec2.modify_instance_attribute(InstanceId=site.node().instance, Kernel={"Value": "aki-1"})


def test_the_type_changes_only_while_stopped(site: Site) -> None:
    """AWS.md section 2 B, IncorrectInstanceState."""
    node = site.node()
    change = {"InstanceId": node.instance, "InstanceType": {"Value": "m5.large"}}
    with refused("IncorrectInstanceState"):
        site.ec2.modify_instance_attribute(**change)
    site.ec2.stop_instances(InstanceIds=[node.instance])
    site.ec2.modify_instance_attribute(**change)
    assert site.instance(node.instance)["InstanceType"] == "m5.large"


def test_a_group_in_use_cannot_be_deleted(site: Site) -> None:
    """AWS.md section 2 B, DependencyViolation."""
    group = site.ec2.create_security_group(GroupName="g", Description="x", VpcId=site.vpc)["GroupId"]
    interface = site.interface(Groups=[group])
    with refused("DependencyViolation", says=group):
        site.ec2.delete_security_group(GroupId=group)
    site.ec2.delete_network_interface(NetworkInterfaceId=interface)
    site.ec2.delete_security_group(GroupId=group)


def test_a_gateway_stays_while_public_addresses_need_it(site: Site) -> None:
    """AWS.md section 2 B, DependencyViolation."""
    node, eip = site.node(), site.eip()
    site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=node.interface)
    with refused("DependencyViolation", says="mapped public address"):
        site.ec2.detach_internet_gateway(InternetGatewayId=site.gateway, VpcId=site.vpc)


def test_a_nat_gateway_is_listed_with_its_address(site: Site) -> None:
    """AWS.md 1.1."""
    eip = site.eip()
    gateway = site.ec2.create_nat_gateway(SubnetId=site.subnet, AllocationId=eip)["NatGateway"]["NatGatewayId"]
    row = site.ec2.describe_nat_gateways(NatGatewayIds=[gateway])["NatGateways"][0]
    assert (row["State"], row["NatGatewayAddresses"][0]["AllocationId"]) == ("available", eip)
    site.ec2.delete_nat_gateway(NatGatewayId=gateway)
    filters = [{"Name": "state", "Values": ["deleted"]}]
    assert len(site.ec2.describe_nat_gateways(Filter=filters)["NatGateways"]) == 1
    with refused("NatGatewayNotFound"):
        site.ec2.delete_nat_gateway(NatGatewayId=gateway)


def test_an_address_in_use_makes_no_nat_gateway(site: Site) -> None:
    """AWS.md 1.1."""
    eip = site.eip()
    site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=site.interface())
    with refused("Resource.AlreadyAssociated"):
        site.ec2.create_nat_gateway(SubnetId=site.subnet, AllocationId=eip)


def test_a_token_that_is_none_is_refused(ec2: Any) -> None:
    """AWS.md section 3, paginators."""
    with refused("InvalidNextToken"):
        ec2.describe_network_interfaces(NextToken="nonsense")


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ({"GatewayId": f"igw-{'0' * 17}"}, "InvalidGatewayID.NotFound"),
        ({"NatGatewayId": f"nat-{'0' * 17}"}, "InvalidNatGatewayId.NotFound"),
        ({"VpcEndpointId": f"vpce-{'0' * 17}"}, "LabNotImplemented"),
    ],
)
def test_a_target_that_is_not_there_is_refused(site: Site, target: dict[str, str], code: str) -> None:
    """AWS.md section 2 E."""
    with refused(code):
        site.ec2.create_route(RouteTableId=site.table(), DestinationCidrBlock="0.0.0.0/0", **target)


def test_the_local_route_can_be_sent_to_an_interface_and_back(site: Site) -> None:
    """AWS.md 1.5 and MOTO.md section 4 row 7: one target at a time."""
    node, table = site.node(), site.table()
    local = {"RouteTableId": table, "DestinationCidrBlock": "10.0.0.0/16"}
    site.ec2.replace_route(NetworkInterfaceId=node.interface, **local)
    assert "GatewayId" not in site.route(table, "10.0.0.0/16")
    site.ec2.replace_route(LocalTarget=True, **local)
    row = site.route(table, "10.0.0.0/16")
    assert (row["GatewayId"], "NetworkInterfaceId" in row) == ("local", False)


@pytest.mark.parametrize(
    "destination", [{}, {"DestinationCidrBlock": "10.99.0.0/16", "DestinationIpv6CidrBlock": "::/0"}]
)
def test_exactly_one_destination_is_needed(site: Site, destination: dict[str, str]) -> None:
    """AWS.md 1.5."""
    with refused("InvalidParameterCombination" if destination else "MissingParameter"):
        site.ec2.create_route(RouteTableId=site.table(), NetworkInterfaceId=site.node().interface, **destination)


@pytest.mark.parametrize("text", ["10.99.0.0", "10.99.0.0/33", "fd42::/16", "x"])
def test_a_destination_is_an_ipv4_block(site: Site, text: str) -> None:
    """AWS.md section 2 E. A bare address reads as a /32."""
    call = {"RouteTableId": site.table(), "NetworkInterfaceId": site.node().interface, "DestinationCidrBlock": text}
    if text == "10.99.0.0":
        site.ec2.create_route(**call)
        return
    with refused("InvalidParameterValue", says=text):
        site.ec2.create_route(**call)


def test_addresses_can_be_listed_by_public_ip_and_by_attribute(site: Site) -> None:
    """MOTO.md section 2 row 22: no reverse name unless one was set."""
    eip = site.eip()
    site.eip()
    public_ip = site.address(eip)["PublicIp"]
    assert [row["AllocationId"] for row in site.ec2.describe_addresses(PublicIps=[public_ip])["Addresses"]] == [eip]
    shown = site.ec2.describe_addresses_attribute(AllocationIds=[eip], Attribute="domain-name")["Addresses"]
    assert shown == [{"AllocationId": eip, "PublicIp": public_ip}]


def test_an_address_is_released_by_its_allocation_only(site: Site) -> None:
    """AWS.md section 2 E."""
    public_ip = site.address(site.eip())["PublicIp"]
    with refused("InvalidParameterCombination"):
        site.ec2.release_address(PublicIp=public_ip)


@pytest.mark.parametrize(
    "specs",
    [
        [{"DeviceIndex": 1}],
        [{"DeviceIndex": 0}, {"DeviceIndex": 0}],
    ],
)
def test_a_launch_needs_index_zero_and_no_index_twice(site: Site, specs: list[dict[str, Any]]) -> None:
    """AWS.md 1.3."""
    with refused("InvalidParameterValue"):
        site.node(NetworkInterfaces=[{**spec, "SubnetId": site.subnet} for spec in specs])


def test_a_launch_keeps_to_the_limits_of_its_type(site: Site) -> None:
    """AWS.md 1.3: t3.micro takes two interfaces with two addresses."""
    with refused("AttachmentLimitExceeded"):
        site.node(NetworkInterfaces=[{"DeviceIndex": index, "SubnetId": site.subnet} for index in range(3)])
    crowded = {"DeviceIndex": 0, "SubnetId": site.subnet, "SecondaryPrivateIpAddressCount": 2}
    with refused("PrivateIpAddressLimitExceeded"):
        site.node(NetworkInterfaces=[crowded])


def test_subnet_and_interfaces_exclude_each_other(site: Site) -> None:
    """RunInstances: network members stand in one place."""
    specs = [{"DeviceIndex": 0, "SubnetId": site.subnet}]
    with refused("InvalidParameterCombination"):
        site.node(NetworkInterfaces=specs, SubnetId=site.subnet)
