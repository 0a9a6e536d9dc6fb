"""What must answer where once a group is at its node: names by view, addresses to probe through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.moves.dns import Dns
from toolkit.moves.where import interface_id, of_type

if TYPE_CHECKING:
    from toolkit.domain.group import Group, Node
    from toolkit.domain.snapshot import PrivateIpView, Snapshot


@dataclass(frozen=True, slots=True)
class NameExpectation:
    """A name, and the addresses it may answer inside the VPC and outside, unless it is for the inside only."""

    name: str
    inside: frozenset[str]
    outside: frozenset[str]
    inside_only: bool = False


def names(group: Group, target: Node, snapshot: Snapshot) -> tuple[NameExpectation, ...]:
    """Each Elastic IP's own public name, each record of the group, and the names that the user wants proven.

    The public name of an Elastic IP answers the private address inside and the public one outside
    (``AWS.md`` §4); it is read from the API, as it is empty where the VPC has no DNS hostnames. A record of
    private addresses is expected inside only: its zone may be a private one.
    """
    slots = _slots(group, snapshot)
    own = [
        NameExpectation(slot.public_dns, frozenset({slot.address}), frozenset({slot.public_ip}))
        for slot in slots
        if slot.public_dns and slot.public_ip
    ]
    inside = frozenset(slot.address for slot in slots) | _private(group, target, snapshot)
    outside = frozenset(slot.public_ip for slot in slots if slot.public_ip) | inside
    known = {expectation.name for expectation in own}
    own += [record for record in _records(group, snapshot) if record.name not in group.verify.names]
    wanted = [NameExpectation(name, inside, outside) for name in group.verify.names if name not in known]
    return (*own, *wanted)


def through(group: Group, target: Node, snapshot: Snapshot) -> tuple[str, ...]:
    """The addresses to look at the service through: public ones of Elastic IPs, moved private ones, overlays."""
    found = [view.public_ip for a in group.of_kind("eip") if (view := snapshot.eips.get(a.key.removeprefix("eip:")))]
    found += [a.key.split(":", 1)[1] for kind in ("private_ip", "ipv6") for a in group.of_kind(kind)]
    for address in group.of_kind("eni"):
        row = snapshot.interfaces.get(address.key.removeprefix("eni:"))
        found += [row.primary_ip] if row and row.primary_ip else []
    for address in group.of_kind("route"):
        network, _, length = address.key.removeprefix("route:").partition("/")
        found += [network] if length in {"32", "128"} else []
    del target
    return tuple(dict.fromkeys(found))


def _slots(group: Group, snapshot: Snapshot) -> list[PrivateIpView]:
    """The private addresses that carry the group's Elastic IPs now, with their public side."""
    wanted = {a.key.removeprefix("eip:") for a in group.of_kind("eip")}
    return [ip for row in snapshot.interfaces.values() for ip in row.private_ips if ip.allocation in wanted]


def _records(group: Group, snapshot: Snapshot) -> list[NameExpectation]:
    """The group's own records, with what Route 53 has for them."""
    found: list[NameExpectation] = []
    for address in group.of_kind("dns"):
        dns = of_type(address, Dns)
        record = snapshot.records.get(dns.record)
        values = frozenset(record.values) if record else frozenset()
        found.append(NameExpectation(dns.name, values, values, inside_only=not dns.public))
    return found


def _private(group: Group, target: Node, snapshot: Snapshot) -> frozenset[str]:
    """The private addresses that lead to the target by any of the group's addresses."""
    found = {a.key.split(":", 1)[1] for kind in ("private_ip", "ipv6") for a in group.of_kind(kind)}
    found |= {a.key.removeprefix("route:").partition("/")[0] for a in group.of_kind("route")}
    for address in group.of_kind("eni"):
        moved = snapshot.interfaces.get(address.key.removeprefix("eni:"))
        found |= {ip.address for ip in moved.private_ips} | set(moved.ipv6s) if moved else set()
    if group.of_kind("dns"):
        row = snapshot.interfaces.get(interface_id(target, snapshot) or "")
        found |= {row.primary_ip} if row and row.primary_ip else set()
    return frozenset(found)
