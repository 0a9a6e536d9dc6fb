"""Route 53 records: one UPSERT for all the records of a zone.

Changing records is a control plane in one Region (``AWS.md`` §4): the slowest and least available kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from toolkit.domain.fields import HOST_NAME, ZONE_ID, Field, Flag, Whole
from toolkit.domain.group import Address, Group, Node
from toolkit.domain.holder import Free, HeldBy, Holder
from toolkit.domain.snapshot import Reads, RecordKey, Snapshot
from toolkit.domain.steps import FREE, Call, Comes, Moves, Objection, Places, Step
from toolkit.moves.where import interface_of, no_interface, nodes_reads, of_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KIND: Final = "dns"
FIELDS: Final = (
    Field("zone", ZONE_ID, "The hosted zone.", required=True),
    Field("name", HOST_NAME, "The record's name; the record is the group's own.", required=True),
    Field("ttl", Whole("a time to live in seconds", 0, 604800), "Seconds that resolvers may keep it; default 10."),
    Field("public", Flag("whether it answers the public address"), "The node's public address instead of the private."),
)
IAM_READS: Final = frozenset(
    {"ec2:DescribeInstances", "ec2:DescribeNetworkInterfaces", "route53:ListResourceRecordSets"}
)
IAM_WRITES: Final = frozenset({"route53:ChangeResourceRecordSets", "route53:GetChange"})
_DEFAULT_TTL_SECONDS = 10


@dataclass(frozen=True)
class Dns(Address):
    """An A record that answers the holder's address; ``ttl`` in seconds."""

    kind: ClassVar[str] = KIND
    zone: str
    name: str
    ttl: int = _DEFAULT_TTL_SECONDS
    public: bool = False

    @property
    def key(self) -> str:
        return f"{KIND}:{self.name}@{self.zone}"

    @property
    def record(self) -> RecordKey:
        return RecordKey(self.zone, self.name, "A")


def build(values: Mapping[str, Any]) -> Address:
    ttl = values.get("ttl")
    name = str(values["name"]).rstrip(".").lower()
    return Dns(values["zone"], name, _DEFAULT_TTL_SECONDS if ttl is None else ttl, bool(values.get("public")))


def reads(address: Address, group: Group) -> Reads:
    return Reads(records=frozenset({of_type(address, Dns).record}))


def needs(address: Address, group: Group) -> Reads:
    return nodes_reads(group)


def places(address: Address, group: Group, snapshot: Snapshot) -> Places:
    record = snapshot.records.get(of_type(address, Dns).record)
    if record is None:
        return {address.key: FREE}
    answer = ",".join(sorted(record.values))
    # Taken by Route 53, not yet by all of its servers: up to 60 s (AWS.md §4).
    return {address.key: answer if record.in_sync else f"~pending {answer}"}


def holder(address: Address, group: Group, snapshot: Snapshot) -> Holder:
    dns = of_type(address, Dns)
    here = places(dns, group, snapshot)[dns.key]
    for node in group.members:
        if here and here == _value(dns, node, group, snapshot):
            return HeldBy(node.name)
    # The record is the group's own: an answer that no node has serves nobody.
    return Free()


def holds(addresses: Sequence[Address], target: Node, group: Group, snapshot: Snapshot) -> list[Objection]:
    if interface_of(target, snapshot) is None:
        return no_interface(target, [address.key for address in addresses])
    found: list[Objection] = []
    for dns in (of_type(address, Dns) for address in addresses):
        record = snapshot.records.get(dns.record)
        if record is not None and record.routing:
            why = f"{dns.name} is a record with {record.routing}, which a plain upsert would not replace"
            found.append(Objection("record-routing", dns.key, why))
        if _value(dns, target, group, snapshot) is None:
            found.append(Objection("target-public-ip", dns.key, f"{target.name} has no public address"))
    return found


def moves(addresses: Sequence[Address], target: Node, group: Group, snapshot: Snapshot) -> Moves:
    comes: list[Comes] = []
    by_zone: dict[str, list[tuple[Dns, str, str]]] = {}
    for dns in (of_type(address, Dns) for address in addresses):
        here = places(dns, group, snapshot)[dns.key]
        goal = _value(dns, target, group, snapshot) or ""
        if here == goal:
            comes.append(Comes(dns.key, goal, "already there"))
        else:
            by_zone.setdefault(dns.zone, []).append((dns, here, goal))
    return Moves(tuple(_upsert(zone, changes) for zone, changes in sorted(by_zone.items())), tuple(comes))


def _upsert(zone: str, changes: Sequence[tuple[Dns, str, str]]) -> Step:
    batch = [
        {
            "Action": "UPSERT",
            "ResourceRecordSet": {
                "Name": dns.name,
                "Type": "A",
                "TTL": dns.ttl,
                "ResourceRecords": [{"Value": goal}],
            },
        }
        for dns, _, goal in changes
    ]
    return Step(
        id=f"{KIND}:{zone}:{'+'.join(dns.name for dns, _, _ in changes)}",
        kind=KIND,
        call=Call("route53", "ChangeResourceRecordSets", {"HostedZoneId": zone, "ChangeBatch": {"Changes": batch}}),
        before={dns.key: here for dns, here, _ in changes},
        after={dns.key: goal for dns, _, goal in changes},
        summary="; ".join(f"let {dns.name} answer {goal}" for dns, _, goal in changes),
    )


def _value(dns: Dns, node: Node, group: Group, snapshot: Snapshot) -> str | None:
    """What the record answers while the node holds the group: its private address, or the public one to come."""
    interface = interface_of(node, snapshot)
    primary = next((ip for ip in interface.private_ips if ip.primary), None) if interface else None
    if not dns.public or primary is None:
        return primary.address if primary else None
    for address in group.of_kind("eip"):
        view = snapshot.eips.get(address.key.removeprefix("eip:"))
        if view is not None:
            return view.public_ip
    return primary.public_ip
