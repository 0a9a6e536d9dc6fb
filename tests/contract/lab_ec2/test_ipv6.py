"""IPv6 addresses are exclusive and never move in one call; AWS.md 1.4, MOTO.md section 3 row 27."""

from __future__ import annotations

from ipaddress import IPv6Network

import pytest

from toolkit.lab.ec2 import Settings

from .site import Node, Site, refused


@pytest.fixture
def block(site: Site) -> str:
    """The IPv6 block of the site's subnet, as the start of an address."""
    site.ec2.associate_vpc_cidr_block(VpcId=site.vpc, AmazonProvidedIpv6CidrBlock=True)
    associations = site.ec2.describe_vpcs(VpcIds=[site.vpc])["Vpcs"][0]["Ipv6CidrBlockAssociationSet"]
    cidr = associations[0]["Ipv6CidrBlock"].replace("/56", "/64")
    site.ec2.associate_subnet_cidr_block(SubnetId=site.subnet, Ipv6CidrBlock=cidr)
    return str(IPv6Network(cidr).network_address)


def assign(site: Site, node: Node, *addresses: str) -> list[str]:
    made = site.ec2.assign_ipv6_addresses(NetworkInterfaceId=node.interface, Ipv6Addresses=list(addresses))
    return list(made["AssignedIpv6Addresses"])


def unassign(site: Site, node: Node, *addresses: str) -> list[str]:
    made = site.ec2.unassign_ipv6_addresses(NetworkInterfaceId=node.interface, Ipv6Addresses=list(addresses))
    return list(made["UnassignedIpv6Addresses"])


def test_the_block_of_a_subnet_shows_its_state_as_one_word(site: Site, block: str) -> None:
    """Left to itself, moto writes the text of a Python dict there."""
    shown = site.ec2.describe_subnets(SubnetIds=[site.subnet])["Subnets"][0]["Ipv6CidrBlockAssociationSet"]
    assert block
    assert [entry["Ipv6CidrBlockState"]["State"] for entry in shown] == ["associated"]


def test_an_ipv6_address_has_one_holder(site: Site, block: str) -> None:
    old, new, vip = site.node(), site.node(), f"{block}50"
    assign(site, old, vip)
    with refused("InvalidParameterValue", says=vip):
        assign(site, new, vip)
    assert (site.ipv6s(old.interface), site.ipv6s(new.interface)) == ([vip], [])


def test_the_refusal_may_have_the_other_code(site: Site, block: str, settings: Settings) -> None:
    settings.change(refused_ipv6_code="InvalidIPAddress.InUse")
    old, new, vip = site.node(), site.node(), f"{block}50"
    assign(site, old, vip)
    with refused("InvalidIPAddress.InUse"):
        assign(site, new, vip)


def test_it_moves_by_unassigning_and_assigning(site: Site, block: str) -> None:
    old, new, vip = site.node(), site.node(), f"{block}50"
    assign(site, old, vip)
    assert unassign(site, old, vip) == [vip]
    assert assign(site, new, vip) == [vip]
    assert (site.ipv6s(old.interface), site.ipv6s(new.interface)) == ([], [vip])


def test_another_spelling_is_the_same_address(site: Site, block: str) -> None:
    old, new = site.node(), site.node()
    long = f"{block.removesuffix('::')}:0000:0000:0000:0050"
    assign(site, old, long)
    with refused("InvalidParameterValue"):
        assign(site, new, f"{block}50")
    assert unassign(site, old, f"{block}50") == [f"{block}50"]


def test_unassigning_what_is_not_there_is_refused(site: Site, block: str) -> None:
    with refused("InvalidParameterValue", says="not assigned"):
        unassign(site, site.node(), f"{block}50")


def test_an_address_outside_the_block_is_refused(site: Site, block: str) -> None:
    assert block
    with refused("InvalidParameterValue", says="does not fall within"):
        assign(site, site.node(), "2001:db8:ffff::50")


def test_a_subnet_without_a_block_refuses(site: Site) -> None:
    """MOTO.md section 3 row 27: an HTML 500 in moto."""
    with refused("InvalidParameterValue", says="no IPv6 CIDR block"):
        site.ec2.assign_ipv6_addresses(NetworkInterfaceId=site.node().interface, Ipv6AddressCount=1)


def test_the_response_names_only_the_new_addresses(site: Site, block: str) -> None:
    node = site.node()
    assign(site, node, f"{block}50")
    assert assign(site, node, f"{block}51") == [f"{block}51"]


def test_the_instance_type_limits_them(site: Site, block: str) -> None:
    """AWS.md 1.3: Ipv6AddressesPerInterface, two on t3.micro."""
    node = site.node()
    assign(site, node, f"{block}50", f"{block}51")
    with refused("InvalidInterface.IpAddressLimitExceeded"):
        assign(site, node, f"{block}52")


def test_a_primary_ipv6_address_stays(site: Site, block: str) -> None:
    """AWS.md 1.4: it cannot be disabled."""
    node = site.node()
    assign(site, node, f"{block}50")
    site.ec2.modify_network_interface_attribute(NetworkInterfaceId=node.interface, EnablePrimaryIpv6=True)
    with refused("InvalidParameterValue", says="primary"):
        unassign(site, node, f"{block}50")


def test_ipv6_travels_with_its_interface(site: Site, block: str) -> None:
    """AWS.md 1.3."""
    first, second, interface = site.node(), site.node(), site.interface()
    site.ec2.assign_ipv6_addresses(NetworkInterfaceId=interface, Ipv6Addresses=[f"{block}50"])
    attachment = site.attach(interface, first)
    site.ec2.detach_network_interface(AttachmentId=attachment)
    site.attach(interface, second)
    shown = site.instance(second.instance)["NetworkInterfaces"][1]["Ipv6Addresses"]
    assert [entry["Ipv6Address"] for entry in shown] == [f"{block}50"]


def test_a_delegated_ipv6_prefix_is_shown_and_given_back(site: Site, block: str) -> None:
    """AWS.md 1.4: /80."""
    node, prefix = site.node(), f"{block}/80".replace("::/80", ":1::/80")
    made = site.ec2.assign_ipv6_addresses(NetworkInterfaceId=node.interface, Ipv6Prefixes=[prefix])
    assert made["AssignedIpv6Prefixes"] == [prefix]
    site.ec2.unassign_ipv6_addresses(NetworkInterfaceId=node.interface, Ipv6Prefixes=[prefix])
    assert "Ipv6Prefixes" not in site.row(node.interface)
