"""AssignIpv6Addresses and UnassignIpv6Addresses: exclusive, and never a move in one call (AWS.md 1.4)."""

from __future__ import annotations

from ipaddress import ip_address

from toolkit.lab.ec2.creation import choose_ipv6
from toolkit.lab.ec2.errors import invalid_combination, invalid_value, missing, not_permitted
from toolkit.lab.ec2.limits import check_ipv6_count
from toolkit.lab.ec2.ownership import drop, hold
from toolkit.lab.ec2.prefixes import choose
from toolkit.lab.ec2.records import Interface
from toolkit.lab.ec2.request import Handler, Request
from toolkit.lab.ec2.wire import Row

_WAYS = ("Ipv6Addresses", "Ipv6AddressCount", "Ipv6Prefixes", "Ipv6PrefixCount")


def assign_ipv6_addresses(request: Request) -> Row:
    """AssignIpv6Addresses: an address of the subnet's block that nobody holds."""
    region = request.region
    interface = _own(request)
    given = [way for way in _WAYS if request.params.get(way)]
    if not given:
        raise missing("ipv6Addresses or ipv6AddressCount")
    if len(given) > 1:
        raise invalid_combination(f"Only one of {', '.join(given)} can be specified")
    addresses, prefixes = _chosen(request, interface)
    new = [address for address in addresses if address not in interface.ipv6s]
    check_ipv6_count(region, interface, more=len(new) + len(prefixes))
    for address in new:
        hold(region, interface, address)
    interface.ipv6_prefixes += prefixes
    return {
        "NetworkInterfaceId": interface.id,
        "AssignedIpv6Addresses": addresses,
        "AssignedIpv6Prefixes": prefixes or None,
    }


def _own(request: Request) -> Interface:
    interface = request.region.interface(request.text("NetworkInterfaceId"))
    if interface.manager:
        raise not_permitted("You are not allowed to manage this network interface.")
    return interface


def _chosen(request: Request, interface: Interface) -> tuple[list[str], list[str]]:
    region = request.region
    if not interface.ipv6_networks:
        raise invalid_value(f"The subnet '{interface.subnet_id}' has no IPv6 CIDR block.")
    if request.params.get("Ipv6Prefixes") or request.params.get("Ipv6PrefixCount"):
        wanted = request.texts("Ipv6Prefixes")
        count = request.number("Ipv6PrefixCount")
        network = interface.ipv6_networks[0]
        return [], choose(region, network, vpc_id=interface.vpc_id, wanted=wanted, count=count)
    wanted = request.texts("Ipv6Addresses")
    return choose_ipv6(region, interface, wanted=wanted, count=request.number("Ipv6AddressCount")), []


def unassign_ipv6_addresses(request: Request) -> Row:
    """UnassignIpv6Addresses: never the primary one (AWS.md 1.4)."""
    region = request.region
    interface = _own(request)
    prefixes = request.texts("Ipv6Prefixes")
    addresses = [_canonical(address) for address in request.texts("Ipv6Addresses")]
    if not addresses and not prefixes:
        raise missing("ipv6Addresses")
    unknown = [address for address in addresses if address not in interface.ipv6s]
    unknown += [prefix for prefix in prefixes if prefix not in interface.ipv6_prefixes]
    if unknown:
        raise invalid_value(f"Some of [{', '.join(unknown)}] are not assigned to interface {interface.id}")
    if interface.primary_ipv6 in addresses:
        raise invalid_value(f"The primary IPv6 address {interface.primary_ipv6} cannot be unassigned")
    for address in addresses:
        drop(region, interface, address)
    for prefix in prefixes:
        interface.ipv6_prefixes.remove(prefix)
    return {
        "NetworkInterfaceId": interface.id,
        "UnassignedIpv6Addresses": addresses,
        "UnassignedIpv6Prefixes": prefixes or None,
    }


def _canonical(address: str) -> str:
    try:
        return str(ip_address(address))
    except ValueError:
        raise invalid_value(f"invalid value for parameter address: {address}") from None


OPERATIONS: dict[str, Handler] = {
    "AssignIpv6Addresses": assign_ipv6_addresses,
    "UnassignIpv6Addresses": unassign_ipv6_addresses,
}
