"""Secondary private IPv4 addresses: AssignPrivateIpAddresses takes all of them over in one call, in one subnet."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from toolkit.domain.fields import Field, Ip
from toolkit.domain.group import Address, Group, Node
from toolkit.domain.holder import Foreign, Free, Holder
from toolkit.domain.snapshot import InterfaceView, Reads, Snapshot
from toolkit.domain.steps import FREE, Call, Comes, Moves, Objection, Places, Step
from toolkit.moves.where import holder_at, interface_id, interface_of, no_interface, nodes_reads, of_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KIND: Final = "private_ip"
FIELDS: Final = (Field("address", Ip("a secondary private IPv4", 4), "The address that moves.", required=True),)
IAM_READS: Final = frozenset(
    {
        "ec2:DescribeInstances",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeSubnets",
    }
)
IAM_WRITES: Final = frozenset({"ec2:AssignPrivateIpAddresses"})


@dataclass(frozen=True)
class PrivateIp(Address):
    """A secondary private IPv4; the Elastic IP on it comes along (``AWS.md`` §1.4)."""

    kind: ClassVar[str] = KIND
    address: str

    @property
    def key(self) -> str:
        return f"{KIND}:{self.address}"


def build(values: Mapping[str, Any]) -> Address:
    return PrivateIp(values["address"])


def reads(address: Address, group: Group) -> Reads:
    return Reads(private_ips=frozenset({of_type(address, PrivateIp).address})) | nodes_reads(group)


def needs(address: Address, group: Group) -> Reads:
    nodes = frozenset(node.instance for node in group.members)
    return Reads(limits_of=nodes, subnets_of=nodes)


def places(address: Address, group: Group, snapshot: Snapshot) -> Places:
    rows = _rows(of_type(address, PrivateIp).address, group, snapshot)
    return {address.key: "+".join(row.id for row in rows) or FREE}


def holder(address: Address, group: Group, snapshot: Snapshot) -> Holder:
    wanted = of_type(address, PrivateIp).address
    rows = _rows(wanted, group, snapshot)
    if not rows:
        return Free()
    first = rows[0]
    if first.primary_ip == wanted:
        return Foreign(f"{first.id}, whose primary address it is")
    return holder_at(first.id, group, snapshot)


def holds(addresses: Sequence[Address], target: Node, group: Group, snapshot: Snapshot) -> list[Objection]:
    interface = interface_of(target, snapshot)
    keys = [address.key for address in addresses]
    if interface is None:
        return no_interface(target, keys)
    found: list[Objection] = []
    subnet = snapshot.subnets.get(interface.subnet)
    for address in addresses:
        wanted = of_type(address, PrivateIp).address
        if subnet and ipaddress.ip_address(wanted) not in ipaddress.ip_network(subnet.cidr):
            why = f"{wanted} lies outside {subnet.cidr}, the subnet {subnet.id} of {target.name}"
            found.append(Objection("target-subnet", address.key, why))
    coming = [a for a in addresses if not interface.holds(of_type(a, PrivateIp).address)]
    instance = snapshot.instances.get(target.instance)
    limits = snapshot.limits.get(instance.type) if instance else None
    if coming and limits and len(interface.private_ips) + len(coming) > limits.ipv4_per_interface:
        why = (
            f"{interface.id} on {target.name} has {len(interface.private_ips)} private addresses;"
            f" with {len(coming)} more it would pass the {limits.ipv4_per_interface} of its instance type"
        )
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
    ips = [of_type(a, PrivateIp).address for a in going]
    params = {
        "NetworkInterfaceId": interface,
        "PrivateIpAddresses": ips,
        "AllowReassignment": any(here[a.key] != FREE for a in going),
    }
    step = Step(
        id=f"{KIND}:{'+'.join(ips)}",
        kind=KIND,
        call=Call("ec2", "AssignPrivateIpAddresses", params),
        before={a.key: here[a.key] for a in going},
        after={a.key: interface for a in going},
        needs=(f"eni:{interface}",),
        summary=f"assign {', '.join(ips)} to {interface}",
    )
    return Moves((step,), comes)


def _rows(wanted: str, group: Group, snapshot: Snapshot) -> list[InterfaceView]:
    """The interfaces that hold the address in the nodes' VPCs; another VPC may use the same numbers."""
    views = [snapshot.instances.get(node.instance) for node in group.members]
    vpcs = {view.vpc for view in views if view and view.vpc}
    return sorted(
        (row for row in snapshot.interfaces.values() if row.holds(wanted) and (not vpcs or row.vpc in vpcs)),
        key=lambda row: row.id,
    )
