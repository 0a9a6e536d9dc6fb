"""AssignPrivateIpAddresses and UnassignPrivateIpAddresses: one holder per address (AWS.md 1.4)."""

from __future__ import annotations

from functools import partial

from toolkit.lab.ec2.errors import Ec2Error, invalid_combination, invalid_value, missing, not_permitted
from toolkit.lab.ec2.limits import check_ipv4_count
from toolkit.lab.ec2.ownership import drop, hold, move_private_ip
from toolkit.lab.ec2.pool import check_in_subnet, free_addresses
from toolkit.lab.ec2.prefixes import choose, covers
from toolkit.lab.ec2.records import Interface
from toolkit.lab.ec2.region import Region
from toolkit.lab.ec2.request import Handler, Request
from toolkit.lab.ec2.wire import Row

_WAYS = ("PrivateIpAddresses", "SecondaryPrivateIpAddressCount", "Ipv4Prefixes", "Ipv4PrefixCount")


def assign_private_ip_addresses(request: Request) -> Row:
    """AssignPrivateIpAddresses: all or nothing; a held address moves only when the caller allows it."""
    region = request.region
    interface = region.interface(request.text("NetworkInterfaceId"))
    if interface.manager:
        raise not_permitted("You are not allowed to manage this network interface.")
    _check_one_way(request)
    addresses, prefixes = _chosen(request, interface)
    new = [address for address in addresses if address not in {*interface.private_ips, *interface.arriving}]
    check_ipv4_count(region, interface, more=len(new) + len(prefixes))
    for address in new:
        _take(request, interface, address)
    interface.ipv4_prefixes += prefixes
    return {
        "NetworkInterfaceId": interface.id,
        "AssignedPrivateIpAddresses": [{"PrivateIpAddress": address} for address in addresses],
        "AssignedIpv4Prefixes": [{"Ipv4Prefix": prefix} for prefix in prefixes] or None,
    }


def _check_one_way(request: Request) -> None:
    given = [way for way in _WAYS if request.params.get(way)]
    if not given:
        raise missing("privateIpAddresses or secondaryPrivateIpAddressCount")
    if len(given) > 1:
        raise invalid_combination(f"Only one of {', '.join(given)} can be specified")


def _chosen(request: Request, interface: Interface) -> tuple[list[str], list[str]]:
    region = request.region
    if request.params.get("Ipv4Prefixes") or request.params.get("Ipv4PrefixCount"):
        wanted = request.texts("Ipv4Prefixes")
        count = request.number("Ipv4PrefixCount")
        return [], choose(region, interface.network, vpc_id=interface.vpc_id, wanted=wanted, count=count)
    addresses = [check_in_subnet(address, interface.network) for address in request.texts("PrivateIpAddresses")]
    refused = [address for address in addresses if not _may_take(request, interface, address)]
    if refused:
        raise Ec2Error(
            request.settings.refused_assign_code,
            f"[{', '.join(refused)}] assigned, but move is not allowed.",
        )
    count = request.number("SecondaryPrivateIpAddressCount")
    taken = region.taken(interface.vpc_id)
    return addresses + free_addresses(interface.network, count=count, taken=taken), []


def _may_take(request: Request, interface: Interface, address: str) -> bool:
    holder = request.region.holder(interface.vpc_id, address)
    if holder is None:
        return not covers(request.region, address, vpc_id=interface.vpc_id)
    if not request.flag("AllowReassignment") or holder.manager:
        return False
    return holder is interface or address != holder.private_ips[0]


def _take(request: Request, interface: Interface, address: str) -> None:
    region = request.region
    holder = region.holder(interface.vpc_id, address)
    if holder is None:
        hold(region, interface, address)
        return
    for other in region.interfaces.values():
        other.arriving.pop(address, None)
    interface.arriving[address] = holder.id
    due = request.now + request.settings.private_ip_move
    arrive = partial(_arrive, region, interface, address)
    region.schedule(f"move {interface.vpc_id} {address}", arrive, due=due)


def _arrive(region: Region, interface: Interface, address: str) -> None:
    interface.arriving.pop(address, None)
    if interface.id not in region.interfaces:
        return
    holder = region.holder(interface.vpc_id, address)
    if holder is None:
        hold(region, interface, address)
    elif holder is not interface and address != holder.private_ips[0]:
        move_private_ip(region, address, source=holder, target=interface)


def unassign_private_ip_addresses(request: Request) -> Row:
    """UnassignPrivateIpAddresses: secondary addresses only; an Elastic IP on one becomes free."""
    region = request.region
    interface = region.interface(request.text("NetworkInterfaceId"))
    if interface.manager:
        raise not_permitted("You are not allowed to manage this network interface.")
    addresses, prefixes = request.texts("PrivateIpAddresses"), request.texts("Ipv4Prefixes")
    if not addresses and not prefixes:
        raise missing("privateIpAddresses")
    if interface.private_ips[0] in addresses:
        raise invalid_value(f"The primary address {interface.private_ips[0]} cannot be unassigned")
    unknown = [address for address in addresses if address not in interface.private_ips]
    unknown += [prefix for prefix in prefixes if prefix not in interface.ipv4_prefixes]
    if unknown:
        raise invalid_value(f"Some of [{', '.join(unknown)}] are not assigned to interface {interface.id}")
    for address in addresses:
        drop(region, interface, address)
    for prefix in prefixes:
        interface.ipv4_prefixes.remove(prefix)
    return {}


OPERATIONS: dict[str, Handler] = {
    "AssignPrivateIpAddresses": assign_private_ip_addresses,
    "UnassignPrivateIpAddresses": unassign_private_ip_addresses,
}
