"""What must answer where once a group is at its node: names by view, addresses to probe through."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.domain.naming import Expectation
from toolkit.moves.dns import Dns
from toolkit.moves.where import interface_id, interface_of, of_type

if TYPE_CHECKING:
    from toolkit.domain.group import Group, Node
    from toolkit.domain.snapshot import PrivateIpView, Snapshot


def names(group: Group, target: Node, snapshot: Snapshot) -> tuple[Expectation, ...]:
    """Each Elastic IP's own public name, each record of the group, and the names that the user wants proven.

    The public name of an Elastic IP answers the private address inside and the public one outside
    (``AWS.md`` §4); it is read from the API, as it is empty where the VPC has no DNS hostnames. A record of
    private addresses is expected inside only: its zone may be a private one.
    """
    carriers = slots(group, snapshot)
    own = [
        Expectation(slot.public_dns, frozenset({slot.address}), frozenset({slot.public_ip}))
        for slot in carriers
        if slot.public_dns and slot.public_ip
    ]
    records = _records(group, snapshot)
    inside = frozenset(slot.address for slot in carriers) | _private(group, target, snapshot)
    inside |= {value for record in records for value in record.inside}
    outside = frozenset(slot.public_ip for slot in carriers if slot.public_ip) | inside
    known = {expectation.name for expectation in own}
    own += [record for record in records if record.name not in group.verify.names]
    wanted = [Expectation(name, inside, outside) for name in group.verify.names if name not in known]
    earlier = _earlier(group, target, snapshot)
    return tuple(replace(e, earlier={a: n for a, n in earlier.items() if a not in e.inside}) for e in (*own, *wanted))


def slots(group: Group, snapshot: Snapshot) -> list[PrivateIpView]:
    """The private addresses that carry the group's Elastic IPs now, with their public side."""
    wanted = {a.key.removeprefix("eip:") for a in group.of_kind("eip")}
    return [ip for row in snapshot.interfaces.values() for ip in row.private_ips if ip.allocation in wanted]


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


def _earlier(group: Group, holder: Node, snapshot: Snapshot) -> dict[str, str]:
    """The private addresses of the other nodes: what a cache may still have."""
    found: dict[str, str] = {}
    for node in group.members:
        interface = interface_of(node, snapshot)
        if node.name != holder.name and interface is not None:
            found |= {ip.address: node.name for ip in interface.private_ips}
    return found


def _records(group: Group, snapshot: Snapshot) -> list[Expectation]:
    """The group's own records, with what Route 53 has for them."""
    found: list[Expectation] = []
    for address in group.of_kind("dns"):
        dns = of_type(address, Dns)
        record = snapshot.records.get(dns.record)
        values = frozenset(record.values) if record else frozenset()
        found.append(Expectation(dns.name, values, values, inside_only=not dns.public))
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
