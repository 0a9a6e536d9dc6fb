"""How a new interface comes to be, alone or with an instance."""

from __future__ import annotations

from moto.ec2.models.subnets import Subnet

from toolkit.lab.ec2.errors import Ec2Error, invalid_combination, invalid_value, not_found
from toolkit.lab.ec2.ownership import hold
from toolkit.lab.ec2.pool import check_in_subnet, free_addresses
from toolkit.lab.ec2.prefixes import choose, covers
from toolkit.lab.ec2.records import Interface
from toolkit.lab.ec2.region import Region
from toolkit.lab.ec2.wire import Row


def create(region: Region, spec: Row, *, subnet: Subnet, tags: dict[str, str]) -> Interface:
    """A new, unattached interface from a CreateNetworkInterface or RunInstances specification.

    Raises:
        Ec2Error: an address that is outside the subnet or held, an unknown group, a full subnet.
    """
    groups = spec.get("Groups", [])
    for group in groups:
        if region.store.get_security_group_from_id(group) is None:
            raise not_found("sg", group)
    if len(region.interfaces) >= region.settings.interface_quota:
        raise Ec2Error("NetworkInterfaceLimitExceeded", "The maximum number of network interfaces is reached.")
    private_ips = _private_ips(region, spec, subnet=subnet)
    record = region.store.create_network_interface(
        subnet, private_ips[0], group_ids=list(groups), description=spec.get("Description"), tags=tags
    )
    interface = Interface(record, private_ips=[], interface_type=spec.get("InterfaceType", "interface"))
    record.ipv6_addresses = []
    region.interfaces[record.id] = interface
    for address in private_ips:
        hold(region, interface, address)
    try:
        _add_ipv6(region, interface, spec)
        _add_prefixes(region, interface, spec)
    except Ec2Error:
        _abandon(region, interface)
        raise
    return interface


def _abandon(region: Region, interface: Interface) -> None:
    for address in [*interface.ipv6s, *interface.private_ips]:
        region.holders.pop((interface.vpc_id, address), None)
    region.interfaces.pop(interface.id)
    region.store.enis.pop(interface.id)


def _private_ips(region: Region, spec: Row, *, subnet: Subnet) -> list[str]:
    network, vpc_id = subnet.cidr, str(subnet.vpc_id)
    listed = spec.get("PrivateIpAddresses", [])
    wanted = _primary_first(listed, alone=spec.get("PrivateIpAddress"))
    checked = [check_in_subnet(address, network) for address in wanted]
    if len(set(checked)) != len(checked):
        raise invalid_value("The same private address is given more than once.")
    for address in checked:
        if region.holder(vpc_id, address) or covers(region, address, vpc_id=vpc_id):
            raise Ec2Error("InvalidIPAddress.InUse", f"Address {address} is in use.")
    more = spec.get("SecondaryPrivateIpAddressCount", 0) + (0 if checked else 1)
    taken = {*region.taken(vpc_id), *checked}
    return checked + free_addresses(network, count=more, taken=taken)


def _primary_first(listed: list[Row], *, alone: str | None) -> list[str]:
    primaries = [entry["PrivateIpAddress"] for entry in listed if entry.get("Primary")]
    if len(primaries) + (1 if alone else 0) > 1:
        raise invalid_combination("Only one private address can be the primary one")
    others = [entry["PrivateIpAddress"] for entry in listed if not entry.get("Primary")]
    return ([alone] if alone else []) + primaries + others


def _add_ipv6(region: Region, interface: Interface, spec: Row) -> None:
    wanted = [entry["Ipv6Address"] for entry in spec.get("Ipv6Addresses", [])]
    count = spec.get("Ipv6AddressCount", 0)
    if interface.record.subnet.assign_ipv6_address_on_creation and not wanted and not count:
        count = 1
    if not wanted and not count:
        return
    for address in choose_ipv6(region, interface, wanted=wanted, count=count):
        hold(region, interface, address)
    if spec.get("EnablePrimaryIpv6") or spec.get("PrimaryIpv6"):
        interface.primary_ipv6 = interface.ipv6s[0]


def choose_ipv6(region: Region, interface: Interface, *, wanted: list[str], count: int) -> list[str]:
    """The wanted IPv6 addresses in canonical spelling, or free ones of the subnet.

    Raises:
        Ec2Error: no IPv6 block, an address outside it, or one that somebody else holds.
    """
    networks = interface.ipv6_networks
    if not networks:
        raise invalid_value(f"The subnet '{interface.subnet_id}' has no IPv6 CIDR block.")
    checked = [check_in_subnet(address, networks[0]) for address in wanted]
    for address in checked:
        holder = region.holder(interface.vpc_id, address)
        if (holder and holder is not interface) or covers(region, address, vpc_id=interface.vpc_id):
            raise Ec2Error(region.settings.refused_ipv6_code, f"[{address}] is already in use.")
    return checked + free_addresses(networks[0], count=count, taken=region.taken(interface.vpc_id))


def _add_prefixes(region: Region, interface: Interface, spec: Row) -> None:
    ipv4 = [entry["Ipv4Prefix"] for entry in spec.get("Ipv4Prefixes", [])]
    if ipv4 or spec.get("Ipv4PrefixCount"):
        interface.ipv4_prefixes = choose(
            region,
            interface.network,
            vpc_id=interface.vpc_id,
            wanted=ipv4,
            count=spec.get("Ipv4PrefixCount", 0),
        )
    ipv6 = [entry["Ipv6Prefix"] for entry in spec.get("Ipv6Prefixes", [])]
    if ipv6 or spec.get("Ipv6PrefixCount"):
        interface.ipv6_prefixes = choose(
            region,
            interface.ipv6_networks[0],
            vpc_id=interface.vpc_id,
            wanted=ipv6,
            count=spec.get("Ipv6PrefixCount", 0),
        )
