"""Private addresses have one holder and move as AWS.md 1.4 says; MOTO.md section 10, B4 and B5."""

from __future__ import annotations

import pytest

from toolkit.lab.ec2 import Settings

from .site import Clock, Site, refused

VIP = "10.0.1.50"


def assign(site: Site, interface: str, *addresses: str, **more: object) -> list[str]:
    made = site.ec2.assign_private_ip_addresses(
        NetworkInterfaceId=interface, PrivateIpAddresses=list(addresses), **more
    )
    return [entry["PrivateIpAddress"] for entry in made["AssignedPrivateIpAddresses"]]


@pytest.mark.parametrize("more", [{}, {"AllowReassignment": False}])
def test_a_held_address_is_refused_without_reassignment(site: Site, more: dict[str, bool]) -> None:
    """AWS.md 1.4, the sentence from field reports; MOTO.md section 3 row 22."""
    old, new = site.node(), site.node()
    assign(site, old.interface, VIP)
    with refused("InvalidParameterValue", says=f"[{VIP}] assigned, but move is not allowed."):
        assign(site, new.interface, VIP, **more)
    assert VIP in site.private_ips(old.interface)
    assert VIP not in site.private_ips(new.interface)


def test_the_refusal_may_have_the_other_code(site: Site, settings: Settings) -> None:
    """MOTO.md section 3 row 22: the exact code is not settled."""
    settings.change(refused_assign_code="Resource.AlreadyAssigned")
    old, new = site.node(), site.node()
    assign(site, old.interface, VIP)
    with refused("Resource.AlreadyAssigned"):
        assign(site, new.interface, VIP)


def test_reassignment_moves_the_address_in_one_call(site: Site) -> None:
    """AWS.md 1.4."""
    old, new = site.node(), site.node()
    assign(site, old.interface, VIP)
    assert assign(site, new.interface, VIP, AllowReassignment=True) == [VIP]
    assert VIP not in site.private_ips(old.interface)
    assert VIP in site.private_ips(new.interface)


def test_the_elastic_ip_comes_along(site: Site) -> None:
    """AWS.md 1.4: an EIP on that address moves with it, with its association."""
    old, new, eip = site.node(), site.node(), site.eip()
    assign(site, old.interface, VIP)
    site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=old.interface, PrivateIpAddress=VIP)
    assign(site, new.interface, VIP, AllowReassignment=True)
    row = site.address(eip)
    assert (row["NetworkInterfaceId"], row["PrivateIpAddress"]) == (new.interface, VIP)
    assert row["InstanceId"] == new.instance
    assert site.carried(old.interface) == {}
    assert site.carried(new.interface) == {VIP: eip}


def test_the_move_is_asynchronous(site: Site, settings: Settings, clock: Clock) -> None:
    """AWS.md 1.4: the old interface holds it, with its Elastic IP, until the move is done."""
    settings.change(private_ip_move=3.0)
    old, new, eip = site.node(), site.node(), site.eip()
    assign(site, old.interface, VIP)
    site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=old.interface, PrivateIpAddress=VIP)
    assign(site, new.interface, VIP, AllowReassignment=True)
    clock.advance(2.9)
    assert VIP in site.private_ips(old.interface)
    assert VIP not in site.private_ips(new.interface)
    assert site.address(eip)["NetworkInterfaceId"] == old.interface
    clock.advance(0.1)
    assert VIP not in site.private_ips(old.interface)
    assert VIP in site.private_ips(new.interface)
    assert site.address(eip)["NetworkInterfaceId"] == new.interface


@pytest.mark.parametrize(("shows", "holders"), [("both", ["old", "new"]), ("none", [])])
def test_while_it_moves_the_views_may_disagree(site: Site, settings: Settings, shows: str, holders: list[str]) -> None:
    """AWS.md 1.4: asynchronous, with no order promised; tools must survive each."""
    settings.change(private_ip_move=3.0, moving_private_ip_shows=shows)
    nodes = {"old": site.node(), "new": site.node()}
    assign(site, nodes["old"].interface, VIP)
    assign(site, nodes["new"].interface, VIP, AllowReassignment=True)
    assert [name for name, node in nodes.items() if VIP in site.private_ips(node.interface)] == holders


def test_the_last_of_two_moves_wins(site: Site, settings: Settings, clock: Clock) -> None:
    """One holder at any time, whoever asked meanwhile."""
    settings.change(private_ip_move=3.0)
    old, first, second = site.node(), site.node(), site.node()
    assign(site, old.interface, VIP)
    assign(site, first.interface, VIP, AllowReassignment=True)
    assign(site, second.interface, VIP, AllowReassignment=True)
    clock.advance(3)
    holders = [node for node in (old, first, second) if VIP in site.private_ips(node.interface)]
    assert holders == [second]


def test_a_call_assigns_all_or_nothing(site: Site) -> None:
    """AWS.md 1.4."""
    old, new = site.node(instance_type="m5.large"), site.node(instance_type="m5.large")
    assign(site, old.interface, VIP)
    with refused("InvalidParameterValue"):
        assign(site, new.interface, "10.0.1.51", VIP)
    assert len(site.private_ips(new.interface)) == 1


def test_a_primary_address_never_moves(site: Site) -> None:
    """AWS.md 1.4."""
    old, new = site.node(), site.node()
    primary = site.private_ips(old.interface)[0]
    with refused("InvalidParameterValue", says="move is not allowed"):
        assign(site, new.interface, primary, AllowReassignment=True)
    assert site.private_ips(old.interface) == [primary]


def test_an_address_of_another_subnet_is_refused(site: Site) -> None:
    """AWS.md 1.4 and the sentence of section 2 E."""
    node = site.node(subnet=site.other_subnet)
    with refused("InvalidParameterValue", says="Address does not fall within the subnet's address range"):
        assign(site, node.interface, VIP, AllowReassignment=True)


@pytest.mark.parametrize("address", ["10.0.1.0", "10.0.1.1", "10.0.1.3", "10.0.1.255"])
def test_the_five_reserved_addresses_are_refused(site: Site, address: str) -> None:
    """MOTO.md section 3 rows 1 and 2."""
    with refused("InvalidParameterValue", says="reserved"):
        assign(site, site.node().interface, address)
    with refused("InvalidParameterValue", says="reserved"):
        site.interface(PrivateIpAddress=address)


def test_the_response_names_only_the_new_addresses(site: Site) -> None:
    """MOTO.md section 3 row 23."""
    node = site.node(instance_type="m5.large")
    assign(site, node.interface, VIP)
    assert assign(site, node.interface, "10.0.1.51") == ["10.0.1.51"]


def test_a_count_draws_free_addresses(site: Site) -> None:
    """AWS.md 1.4."""
    node = site.node(instance_type="m5.large")
    made = site.ec2.assign_private_ip_addresses(NetworkInterfaceId=node.interface, SecondaryPrivateIpAddressCount=3)
    drawn = {entry["PrivateIpAddress"] for entry in made["AssignedPrivateIpAddresses"]}
    assert len(drawn) == 3
    assert drawn == set(site.private_ips(node.interface)[1:])


def test_the_instance_type_limits_the_addresses_of_an_interface(site: Site) -> None:
    """MOTO.md section 3 row 24: t3.micro takes two."""
    node = site.node()
    assign(site, node.interface, VIP)
    with refused("PrivateIpAddressLimitExceeded"):
        assign(site, node.interface, "10.0.1.51")


def test_unassigning_frees_the_address_and_its_elastic_ip(site: Site) -> None:
    """AWS.md 1.4."""
    old, new, eip = site.node(), site.node(), site.eip()
    assign(site, old.interface, VIP)
    site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=old.interface, PrivateIpAddress=VIP)
    site.ec2.unassign_private_ip_addresses(NetworkInterfaceId=old.interface, PrivateIpAddresses=[VIP])
    assert "AssociationId" not in site.address(eip)
    assign(site, new.interface, VIP)


def test_unassigning_twice_is_refused(site: Site) -> None:
    """MOTO.md section 3 row 25."""
    node = site.node()
    assign(site, node.interface, VIP)
    site.ec2.unassign_private_ip_addresses(NetworkInterfaceId=node.interface, PrivateIpAddresses=[VIP])
    with refused("InvalidParameterValue", says=VIP):
        site.ec2.unassign_private_ip_addresses(NetworkInterfaceId=node.interface, PrivateIpAddresses=[VIP])


def test_the_primary_address_is_never_unassigned(site: Site) -> None:
    """MOTO.md section 3 row 25."""
    node = site.node()
    primary = site.private_ips(node.interface)
    with refused("InvalidParameterValue", says="primary"):
        site.ec2.unassign_private_ip_addresses(NetworkInterfaceId=node.interface, PrivateIpAddresses=primary)
    assert site.private_ips(node.interface) == primary


def test_automatic_addresses_are_unique_and_run_out(site: Site) -> None:
    """MOTO.md section 3 row 2: eleven in a /28."""
    small = site.new_subnet("10.0.200.0/28")
    drawn = {site.private_ips(site.interface(subnet=small))[0] for _ in range(11)}
    assert drawn == {f"10.0.200.{host}" for host in range(4, 15)}
    with refused("InsufficientFreeAddressesInSubnet"):
        site.interface(subnet=small)


def test_a_held_address_cannot_start_a_new_interface(site: Site) -> None:
    """MOTO.md section 3 rows 1 and 28."""
    assign(site, site.node().interface, VIP)
    with refused("InvalidIPAddress.InUse", says=VIP):
        site.interface(PrivateIpAddress=VIP)
    with refused("InvalidIPAddress.InUse", says=VIP):
        site.node(PrivateIpAddress=VIP)


def test_the_first_address_becomes_primary_when_none_is_marked(site: Site) -> None:
    """MOTO.md section 3 row 3."""
    wanted = ["10.0.1.70", "10.0.1.71"]
    interface = site.interface(PrivateIpAddresses=[{"PrivateIpAddress": address} for address in wanted])
    assert site.private_ips(interface) == wanted
    assert site.row(interface)["PrivateIpAddress"] == "10.0.1.70"


def test_a_delegated_prefix_takes_one_slot_and_guards_its_addresses(site: Site) -> None:
    """AWS.md 1.4: /28, an address inside is not assigned separately."""
    node, other = site.node(instance_type="m5.large"), site.node(instance_type="m5.large")
    made = site.ec2.assign_private_ip_addresses(NetworkInterfaceId=node.interface, Ipv4Prefixes=["10.0.1.64/28"])
    assert made["AssignedIpv4Prefixes"] == [{"Ipv4Prefix": "10.0.1.64/28"}]
    assert site.row(node.interface)["Ipv4Prefixes"] == [{"Ipv4Prefix": "10.0.1.64/28"}]
    with refused("InvalidParameterValue"):
        assign(site, other.interface, "10.0.1.70", AllowReassignment=True)
    site.ec2.unassign_private_ip_addresses(NetworkInterfaceId=node.interface, Ipv4Prefixes=["10.0.1.64/28"])
    assign(site, other.interface, "10.0.1.70")
