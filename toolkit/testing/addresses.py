"""Elastic IPs, secondary private IPv4 and IPv6 addresses: each on one interface at most (``AWS.md`` §1.1, §1.4)."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from toolkit.domain.errors import Conflict, NotYet, Terminal
from toolkit.testing.refusals import invalid, missing, not_permitted, not_yours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.testing.ground import Ground, Operation, Params
    from toolkit.testing.store import Card, Elastic


def associate_address(ground: Ground, params: Params) -> None:
    """One call moves an Elastic IP; what the target address carried becomes free."""
    action = "AssociateAddress"
    elastic = ground.store.elastics.get(params["AllocationId"])
    if elastic is None:
        raise missing(action, "Allocation", params["AllocationId"])
    card = ground.card(action, params["NetworkInterfaceId"])
    # A NAT gateway's, say, which no field of the address tells; or one that was not read.
    holder = ground.store.cards.get(elastic.interface) if elastic.interface else card
    if elastic.managed_by or card.managed_by or holder is None or holder.managed_by:
        raise not_yours(action)
    _check_running(ground, card, action)
    private_ip = params.get("PrivateIpAddress", card.private_ips[0])
    if private_ip not in card.private_ips:
        raise invalid(action, f"{private_ip} is not assigned to interface {card.id}")
    if (elastic.interface, elastic.private_ip) == (card.id, private_ip):
        return
    if elastic.interface and not params.get("AllowReassociation", True):
        why = f"{elastic.allocation} is already associated with {elastic.association}"
        raise Conflict(action, "Resource.AlreadyAssociated", why)
    displaced = ground.store.elastic_on(card.id, private_ip)
    if displaced:
        release(displaced)
    elastic.interface, elastic.private_ip = card.id, private_ip
    elastic.association = ground.next_id("eipassoc")


def disassociate_address(ground: Ground, params: Params) -> None:
    """Makes the Elastic IP free that the association names; an unknown one is no error (``AWS.md`` §1.1)."""
    for elastic in ground.store.elastics.values():
        if elastic.association == params["AssociationId"]:
            release(elastic)


def release(elastic: Elastic) -> None:
    """Leave an Elastic IP on nothing."""
    elastic.interface = elastic.private_ip = elastic.association = None


def assign_private_ips(ground: Ground, params: Params) -> None:
    """All or nothing; takes secondary addresses from others only when allowed, their Elastic IPs along."""
    action = "AssignPrivateIpAddresses"
    card = ground.card(action, params["NetworkInterfaceId"])
    if card.managed_by:
        raise not_permitted(action, "You are not allowed to manage this network interface")
    wanted: Sequence[str] = params["PrivateIpAddresses"]
    _check_inside(ground, card, wanted, action)
    refused = [ip for ip in wanted if not _may_take(ground, card, ip, params)]
    if refused:
        why = f"[{', '.join(refused)}] assigned, but move is not allowed."
        raise Conflict(action, "InvalidParameterValue", why)
    coming = [ip for ip in wanted if ip not in card.private_ips]
    most = ground.store.limits_of(_instance(card)).ipv4_per_interface
    if len(card.private_ips) + len(coming) > most:
        raise Terminal(action, "PrivateIpAddressLimitExceeded", f"{card.id} can carry {most} addresses")
    for ip in coming:
        if ground.store.holder_of(ip, card.vpc) is None:
            card.private_ips.append(ip)
        else:
            ground.later(ground.delays.private_ip_seconds, lambda ip=ip: _hand_over(ground, card, ip))  # type: ignore[misc]


def _may_take(ground: Ground, card: Card, ip: str, params: Params) -> bool:
    holder = ground.store.holder_of(ip, card.vpc)
    if holder is None or holder is card:
        return True
    return bool(params.get("AllowReassignment")) and not holder.managed_by and ip != holder.private_ips[0]


def _hand_over(ground: Ground, card: Card, ip: str) -> None:
    holder = ground.store.holder_of(ip, card.vpc)
    if holder is card or card.id not in ground.store.cards:
        return
    if holder is not None:
        elastic = ground.store.elastic_on(holder.id, ip)
        holder.private_ips.remove(ip)
        if elastic:
            elastic.interface = card.id
    card.private_ips.append(ip)


def unassign_private_ips(ground: Ground, params: Params) -> None:
    """Secondary addresses only; an Elastic IP on one becomes free."""
    action = "UnassignPrivateIpAddresses"
    card = ground.card(action, params["NetworkInterfaceId"])
    unknown = [ip for ip in params["PrivateIpAddresses"] if ip not in card.private_ips[1:]]
    if unknown:
        raise invalid(action, f"{unknown} are no secondary addresses of {card.id}")
    for ip in params["PrivateIpAddresses"]:
        elastic = ground.store.elastic_on(card.id, ip)
        if elastic:
            release(elastic)
        card.private_ips.remove(ip)


def assign_ipv6s(ground: Ground, params: Params) -> None:
    """Addresses that nobody holds; no call moves one."""
    action = "AssignIpv6Addresses"
    card = ground.card(action, params["NetworkInterfaceId"])
    wanted: Sequence[str] = params["Ipv6Addresses"]
    _check_inside(ground, card, wanted, action)
    coming = [ip for ip in wanted if ip not in card.ipv6s]
    for ip in coming:
        holder = ground.store.holder_of(ip, card.vpc)
        if holder is not None:
            raise Conflict(action, "InvalidIPAddress.InUse", f"{ip} is in use by {holder.id}")
    most = ground.store.limits_of(_instance(card)).ipv6_per_interface
    if len(card.ipv6s) + len(coming) > most:
        raise Terminal(action, "InvalidInterface.IpAddressLimitExceeded", f"{card.id} can carry {most} IPv6 addresses")
    card.ipv6s.extend(coming)


def unassign_ipv6s(ground: Ground, params: Params) -> None:
    """Takes addresses off the interface that holds them."""
    action = "UnassignIpv6Addresses"
    card = ground.card(action, params["NetworkInterfaceId"])
    unknown = [ip for ip in params["Ipv6Addresses"] if ip not in card.ipv6s]
    if unknown:
        raise invalid(action, f"Some of {unknown} are not assigned to interface {card.id}")
    for ip in params["Ipv6Addresses"]:
        card.ipv6s.remove(ip)


def _check_inside(ground: Ground, card: Card, wanted: Sequence[str], action: str) -> None:
    subnet = ground.store.subnets.get(card.subnet)
    blocks = [ipaddress.ip_network(cidr) for cidr in (subnet.cidr, *subnet.ipv6_cidrs)] if subnet else []
    for address in wanted:
        if subnet and not any(ipaddress.ip_address(address) in block for block in blocks):
            raise invalid(action, "Address does not fall within the subnet's address range")


def _check_running(ground: Ground, card: Card, action: str) -> None:
    machine = ground.store.machines.get(_instance(card))
    if machine and machine.state not in {"running", "stopping", "stopped"}:
        why = f"The instance to which '{card.id}' is attached is not in a valid state for this operation"
        raise NotYet(action, "IncorrectInstanceState", why)


def _instance(card: Card) -> str:
    return (card.attachment.instance if card.attachment else None) or ""


OPERATIONS: Final[dict[str, Operation]] = {
    "AssociateAddress": associate_address,
    "DisassociateAddress": disassociate_address,
    "AssignPrivateIpAddresses": assign_private_ips,
    "UnassignPrivateIpAddresses": unassign_private_ips,
    "AssignIpv6Addresses": assign_ipv6s,
    "UnassignIpv6Addresses": unassign_ipv6s,
}
