"""Elastic IPs: AssociateAddress moves one in a single call, by interface and private address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from toolkit.domain.fields import ALLOCATION_ID, Field, Ip, PerNode
from toolkit.domain.group import Address, Group, Node
from toolkit.domain.holder import Foreign, Free, Holder, Unknown
from toolkit.domain.snapshot import EipView, Reads, Snapshot
from toolkit.domain.steps import FREE, Call, Comes, Moves, Objection, Places, Step
from toolkit.moves.where import holder_at, interface_id, interface_of, no_interface, of_type, other_group

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KIND: Final = "eip"
FIELDS: Final = (
    Field("id", ALLOCATION_ID, "The allocation of the Elastic IP.", required=True),
    Field(
        "private_ip",
        PerNode(Ip("a private IPv4 of the node", 4)),
        "The private address of each node to put it on; default: the primary one.",
    ),
)
IAM_READS: Final = frozenset({"ec2:DescribeAddresses", "ec2:DescribeInstances", "ec2:DescribeNetworkInterfaces"})
IAM_WRITES: Final = frozenset({"ec2:AssociateAddress"})


@dataclass(frozen=True)
class Eip(Address):
    """An Elastic IP; ``private_ips`` pairs node names with the private address to put it on."""

    kind: ClassVar[str] = KIND
    id: str
    private_ips: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        return f"{KIND}:{self.id}"


def build(values: Mapping[str, Any]) -> Address:
    per_node: Mapping[str, str] = values.get("private_ip") or {}
    return Eip(values["id"], tuple(sorted(per_node.items())))


def reads(address: Address, group: Group) -> Reads:
    return Reads(allocations=frozenset({of_type(address, Eip).id}))


def needs(address: Address, group: Group) -> Reads:
    return Reads()


def places(address: Address, group: Group, snapshot: Snapshot) -> Places:
    view = snapshot.eips.get(of_type(address, Eip).id)
    return {address.key: _place(view)}


def holder(address: Address, group: Group, snapshot: Snapshot) -> Holder:
    eip = of_type(address, Eip)
    view = snapshot.eips.get(eip.id)
    if view is None:
        return Unknown(f"{eip.id} does not exist in this account and Region")
    if view.managed_by:
        return Foreign(f"the AWS service {view.managed_by}")
    foreign = other_group(view.tags, group)
    if foreign is not None or view.interface is None:
        return foreign or Free()
    return holder_at(view.interface, group, snapshot)


def holds(addresses: Sequence[Address], target: Node, group: Group, snapshot: Snapshot) -> list[Objection]:
    interface = interface_of(target, snapshot)
    if interface is None:
        return no_interface(target, [address.key for address in addresses])
    found: list[Objection] = []
    ours = {of_type(address, Eip).id for address in addresses}
    taken: dict[str, str] = {}
    for eip in (of_type(address, Eip) for address in addresses):
        wanted = _private_ip(eip, target, interface.primary_ip)
        slot = next((ip for ip in interface.private_ips if ip.address == wanted), None)
        if slot is None and wanted not in _moved_ips(group):
            why = f"{wanted} is not a private address of {interface.id} on {target.name}"
            found.append(Objection("target-private-ip", eip.key, why))
        if slot is not None and slot.allocation not in {None, eip.id} and slot.allocation not in ours:
            why = f"{wanted} on {target.name} carries {slot.allocation}, which this move would strip off"
            found.append(Objection("target-slot-taken", eip.key, why))
        if wanted is not None and wanted in taken:
            why = f"{wanted} on {target.name} can't carry {taken[wanted]} as well"
            found.append(Objection("target-slot-taken", eip.key, why))
        taken[wanted or ""] = eip.id
    return found


def moves(addresses: Sequence[Address], target: Node, group: Group, snapshot: Snapshot) -> Moves:
    steps: list[Step] = []
    comes: list[Comes] = []
    interface = interface_id(target, snapshot) or ""
    row = snapshot.interfaces.get(interface)
    for eip in (of_type(address, Eip) for address in addresses):
        private_ip = _private_ip(eip, target, row.primary_ip if row else None) or ""
        goal, here = f"{interface}/{private_ip}", places(eip, group, snapshot)[eip.key]
        carrier = f"private_ip:{private_ip}"
        if here == goal:
            comes.append(Comes(eip.key, goal, "already there"))
        elif private_ip in _moved_ips(group) and here.endswith(f"/{private_ip}"):
            comes.append(Comes(eip.key, goal, f"comes along with {private_ip}"))
        else:
            waits = (carrier, f"eni:{interface}") if private_ip in _moved_ips(group) else (f"eni:{interface}",)
            steps.append(_associate(eip, here, goal, waits, held=here != FREE))
    return Moves(tuple(steps), tuple(comes))


def _associate(eip: Eip, here: str, goal: str, waits: tuple[str, ...], *, held: bool) -> Step:
    interface, private_ip = goal.split("/")
    params = {
        "AllocationId": eip.id,
        "NetworkInterfaceId": interface,
        "PrivateIpAddress": private_ip,
        # Both ways explicit (AWS.md §1.1): a free address is claimed, never taken from whoever was faster.
        "AllowReassociation": held,
    }
    return Step(
        id=eip.key,
        kind=KIND,
        call=Call("ec2", "AssociateAddress", params),
        before={eip.key: here},
        after={eip.key: goal},
        needs=waits,
        summary=f"associate {eip.id} with {private_ip} on {interface}",
    )


def _private_ip(eip: Eip, target: Node, primary: str | None) -> str | None:
    return dict(eip.private_ips).get(target.name, primary)


def _moved_ips(group: Group) -> frozenset[str]:
    return frozenset(a.key.removeprefix("private_ip:") for a in group.of_kind("private_ip"))


def _place(view: EipView | None) -> str:
    return f"{view.interface}/{view.private_ip}" if view and view.interface else FREE
