"""IPv6 addresses: no call moves one, so it is unassigned and assigned, and put back if the second call fails."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from toolkit.domain.fields import Field, Ip
from toolkit.domain.group import Address, Group, Node
from toolkit.domain.holder import Free, Holder
from toolkit.domain.snapshot import Reads, Snapshot
from toolkit.domain.steps import FREE, Call, Comes, Moves, Objection, Places, Step
from toolkit.moves.where import holder_at, interface_id, interface_of, no_interface, nodes_reads, of_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KIND: Final = "ipv6"
FIELDS: Final = (Field("address", Ip("an IPv6 address", 6), "The address that moves.", required=True),)
IAM_READS: Final = frozenset(
    {
        "ec2:DescribeInstances",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeSubnets",
    }
)
IAM_WRITES: Final = frozenset({"ec2:UnassignIpv6Addresses", "ec2:AssignIpv6Addresses"})


@dataclass(frozen=True)
class Ipv6(Address):
    """An IPv6 address of the nodes' subnet, in its shortest form."""

    kind: ClassVar[str] = KIND
    address: str

    @property
    def key(self) -> str:
        return f"{KIND}:{self.address}"


def build(values: Mapping[str, Any]) -> Address:
    return Ipv6(values["address"])


def reads(address: Address, group: Group) -> Reads:
    return Reads(ipv6s=frozenset({of_type(address, Ipv6).address})) | nodes_reads(group)


def needs(address: Address, group: Group) -> Reads:
    nodes = frozenset(node.instance for node in group.members)
    return Reads(limits_of=nodes, subnets_of=nodes)


def places(address: Address, group: Group, snapshot: Snapshot) -> Places:
    wanted = of_type(address, Ipv6).address
    rows = sorted(row.id for row in snapshot.interfaces.values() if row.holds(wanted))
    return {address.key: "+".join(rows) or FREE}


def holder(address: Address, group: Group, snapshot: Snapshot) -> Holder:
    place = places(address, group, snapshot)[address.key]
    return holder_at(place.split("+")[0], group, snapshot) if place else Free()


def holds(addresses: Sequence[Address], target: Node, group: Group, snapshot: Snapshot) -> list[Objection]:
    interface = interface_of(target, snapshot)
    if interface is None:
        return no_interface(target, [address.key for address in addresses])
    found: list[Objection] = []
    subnet = snapshot.subnets.get(interface.subnet)
    for address in addresses:
        wanted = ipaddress.ip_address(of_type(address, Ipv6).address)
        if subnet and not any(wanted in ipaddress.ip_network(cidr) for cidr in subnet.ipv6_cidrs):
            blocks = ", ".join(subnet.ipv6_cidrs) or "no IPv6 block"
            why = f"{wanted} lies outside the subnet {subnet.id} of {target.name}, which has {blocks}"
            found.append(Objection("target-subnet", address.key, why))
    coming = [a for a in addresses if not interface.holds(of_type(a, Ipv6).address)]
    instance = snapshot.instances.get(target.instance)
    limits = snapshot.limits.get(instance.type) if instance else None
    if coming and limits and len(interface.ipv6s) + len(coming) > limits.ipv6_per_interface:
        why = f"{interface.id} on {target.name} can't carry more than {limits.ipv6_per_interface} IPv6 addresses"
        found.extend(Objection("target-address-slots", address.key, why) for address in coming)
    return found


def moves(addresses: Sequence[Address], target: Node, group: Group, snapshot: Snapshot) -> Moves:
    interface = interface_id(target, snapshot) or ""
    here: dict[str, str] = {}
    for address in addresses:
        here |= places(address, group, snapshot)
    comes = tuple(Comes(key, interface, "already there") for key, place in here.items() if place == interface)
    going = [a for a in addresses if here[a.key] != interface]
    if not going:
        return Moves((), comes)
    leaving: dict[str, list[str]] = {}
    for address in going:
        for holding in here[address.key].split("+") if here[address.key] else ():
            if holding != interface:
                leaving.setdefault(holding, []).append(of_type(address, Ipv6).address)
    steps = [_unassign(holding, ips) for holding, ips in sorted(leaving.items())]
    return Moves((*steps, _assign(interface, [of_type(a, Ipv6).address for a in going])), comes)


def _unassign(interface: str, ips: list[str]) -> Step:
    keys = [f"{KIND}:{ip}" for ip in ips]
    return Step(
        id=f"{KIND}:{'+'.join(ips)}:unassign:{interface}",
        kind=KIND,
        call=Call("ec2", "UnassignIpv6Addresses", {"NetworkInterfaceId": interface, "Ipv6Addresses": ips}),
        before=dict.fromkeys(keys, interface),
        after=dict.fromkeys(keys, FREE),
        undo=Call("ec2", "AssignIpv6Addresses", {"NetworkInterfaceId": interface, "Ipv6Addresses": ips}),
        summary=f"unassign {', '.join(ips)} from {interface}",
    )


def _assign(interface: str, ips: list[str]) -> Step:
    keys = [f"{KIND}:{ip}" for ip in ips]
    return Step(
        id=f"{KIND}:{'+'.join(ips)}:assign",
        kind=KIND,
        call=Call("ec2", "AssignIpv6Addresses", {"NetworkInterfaceId": interface, "Ipv6Addresses": ips}),
        before=dict.fromkeys(keys, FREE),
        after=dict.fromkeys(keys, interface),
        needs=(f"eni:{interface}",),
        summary=f"assign {', '.join(ips)} to {interface}",
    )
