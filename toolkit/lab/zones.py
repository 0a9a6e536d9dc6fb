"""What a name means on each side: a pure function from the lab's state and zones to an answer.

Inside is the VPC's own resolver; outside is the internet (AWS.md §4).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Literal

from toolkit.lab.state import State, Vpc

Outcome = Literal["NOERROR", "NXDOMAIN", "SERVFAIL"]

PUBLIC_NAME = re.compile(
    r"ec2-(\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3})\.(?:compute-1|[a-z0-9-]+\.compute)\.amazonaws\.com",
)
PRIVATE_NAME = re.compile(
    r"ip-(\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3})\.(?:ec2|[a-z0-9-]+\.compute)\.internal",
)
INSIDE_TTL_SECONDS = 60
OUTSIDE_TTL_SECONDS = 604_800
NEGATIVE_TTL_SECONDS = 60
MOST_HOPS = 8


@dataclass(frozen=True)
class Alias:
    """A Route 53 alias: answered with the records of another name."""

    name: str


@dataclass(frozen=True, kw_only=True)
class Record:
    """One record set of a hosted zone; names in lower case, without the last dot."""

    name: str
    kind: str
    ttl: int
    values: tuple[str, ...] = ()
    alias: Alias | None = None


@dataclass(frozen=True, kw_only=True)
class Zone:
    """A hosted zone; a private one answers in its own VPCs only."""

    name: str
    id: str = ""
    private: bool = False
    vpcs: frozenset[str] = frozenset()
    records: tuple[Record, ...] = ()

    def covers(self, name: str) -> bool:
        """Whether a name lies in the zone."""
        return name == self.name or name.endswith("." + self.name)


@dataclass(frozen=True)
class Row:
    """One line of an answer."""

    name: str
    kind: str
    ttl: int
    value: str


@dataclass(frozen=True)
class Reply:
    """An outcome and its answer lines; ``zone`` names who denies, for negative answers."""

    outcome: Outcome
    rows: tuple[Row, ...] = ()
    zone: str = "amazonaws.com"


@dataclass(frozen=True, kw_only=True)
class View:
    """One side's view of all names. ``vpc`` is the VPC that asks, None for the internet."""

    state: State
    zones: Sequence[Zone] = field(default=())
    vpc: str | None = None

    def answer(self, name: str, *, kind: str) -> Reply:
        """The answer to a question; CNAMEs are followed as far as this view can."""
        asking = self.state.vpc(self.vpc) if self.vpc else None
        if asking and not asking.dns_support:
            return Reply("SERVFAIL")
        rows: list[Row] = []
        current = name.rstrip(".").lower()
        for _ in range(MOST_HOPS):
            reply = self._one(current, kind=kind, asking=asking)
            rows += reply.rows
            alias = next((row for row in reply.rows if row.kind == "CNAME"), None)
            if alias is None or kind == "CNAME":
                return Reply(reply.outcome, tuple(rows), reply.zone)
            current = alias.value.rstrip(".").lower()
        return Reply("SERVFAIL")

    def _one(self, name: str, *, kind: str, asking: Vpc | None) -> Reply:
        """The answer of the one authority that a name belongs to."""
        zone = self._zone(name, asking=asking)
        if zone:
            return self._hosted(zone, name, kind=kind, asking=asking)
        if match := PUBLIC_NAME.fullmatch(name):
            return self._public_name(name, match[1].replace("-", "."), kind=kind, asking=asking)
        if (match := PRIVATE_NAME.fullmatch(name)) and asking and asking.names:
            return self._private_name(name, match[1].replace("-", "."), kind=kind, asking=asking)
        return Reply("NXDOMAIN")

    def _zone(self, name: str, *, asking: Vpc | None) -> Zone | None:
        """The most specific zone that this view sees; of two equal ones the private one (AWS.md §4)."""
        seen = [
            zone
            for zone in self.zones
            if zone.covers(name) and (not zone.private or (asking and asking.names and asking.id in zone.vpcs))
        ]
        return max(seen, key=lambda zone: (len(zone.name), zone.private), default=None)

    def _hosted(self, zone: Zone, name: str, *, kind: str, asking: Vpc | None) -> Reply:
        here = [record for record in zone.records if record.name == name]
        if not here:
            inner = any(record.name.endswith("." + name) for record in zone.records)
            return Reply("NOERROR" if inner else "NXDOMAIN", (), zone.name)
        record = next((r for r in here if r.kind == kind), None)
        record = record or next((r for r in here if r.kind == "CNAME"), None)
        if record is None:
            return Reply("NOERROR", (), zone.name)
        if record.alias:
            target = self._one(record.alias.name, kind=kind, asking=asking)
            rows = tuple(Row(name, row.kind, row.ttl, row.value) for row in target.rows if row.kind == kind)
            return Reply("NOERROR", rows, zone.name)
        rows = tuple(Row(name, record.kind, record.ttl, value) for value in record.values)
        return Reply("NOERROR", rows, zone.name)

    def _public_name(self, name: str, public: str, *, kind: str, asking: Vpc | None) -> Reply:
        if not _is_ipv4(public):
            return Reply("NXDOMAIN")
        held = self.state.by_public(public)
        if held is None:
            # Nobody's address keeps its name: the name is made from the address alone.
            value, ttl = public, OUTSIDE_TTL_SECONDS
        else:
            interface, private = held
            home = self.state.vpc(interface.vpc)
            if not (home and home.names):
                return Reply("NXDOMAIN")
            private_view = asking is not None and self.state.sees_privately(asking, home)
            value, ttl = (private, INSIDE_TTL_SECONDS) if private_view else (public, OUTSIDE_TTL_SECONDS)
        if self.vpc:
            ttl = INSIDE_TTL_SECONDS
        return Reply("NOERROR", (Row(name, "A", ttl, value),) if kind == "A" else ())

    def _private_name(self, name: str, address: str, *, kind: str, asking: Vpc) -> Reply:
        networks = [ip_network(cidr) for cidr in asking.cidrs]
        if not _is_ipv4(address) or not any(ip_address(address) in network for network in networks):
            return Reply("NXDOMAIN")
        return Reply("NOERROR", (Row(name, "A", INSIDE_TTL_SECONDS, address),) if kind == "A" else ())


def _is_ipv4(text: str) -> bool:
    try:
        return ip_address(text).version == 4  # noqa: PLR2004 - the protocol's number
    except ValueError:
        return False
