"""What the fake AWS remembers: each fact once, so that no two views of it can disagree."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from toolkit.domain.snapshot import (
    AttachmentView,
    EipView,
    InstanceView,
    InterfaceView,
    PrivateIpView,
    RecordKey,
    RecordView,
    RouteView,
    Snapshot,
    StatusView,
    SubnetView,
    TableView,
    TypeLimits,
)

Carried: TypeAlias = "dict[tuple[str | None, str | None], Elastic]"
DEFAULT_LIMITS: Final = TypeLimits(interfaces=3, ipv4_per_interface=10, ipv6_per_interface=10)


@dataclass
class Machine:
    """An instance; what hangs on it is told by the interfaces."""

    id: str
    subnet: str
    vpc: str
    zone: str
    state: str = "running"
    type: str = "m5.large"
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class Card:
    """A network interface; the first of its private addresses is the primary one."""

    id: str
    subnet: str
    vpc: str
    zone: str
    private_ips: list[str]
    mac: str = "02:00:00:00:00:01"
    ipv6s: list[str] = field(default_factory=list)
    attachment: AttachmentView | None = None
    source_dest_check: bool = False
    managed_by: str | None = None
    groups: tuple[str, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class Elastic:
    """An Elastic IP and the private address it is on, if any."""

    allocation: str
    public_ip: str
    interface: str | None = None
    private_ip: str | None = None
    association: str | None = None
    managed_by: str | None = None
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class Table:
    """A route table: destination to target id."""

    id: str
    vpc: str
    routes: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class Store:
    """Everything there is, by id."""

    machines: dict[str, Machine] = field(default_factory=dict)
    cards: dict[str, Card] = field(default_factory=dict)
    elastics: dict[str, Elastic] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    zones: set[str] = field(default_factory=set)
    records: dict[RecordKey, RecordView] = field(default_factory=dict)
    subnets: dict[str, SubnetView] = field(default_factory=dict)
    limits: dict[str, TypeLimits] = field(default_factory=dict)
    status: dict[str, StatusView] = field(default_factory=dict)
    alarms: dict[str, str] = field(default_factory=dict)

    def cards_of(self, instance: str) -> list[Card]:
        """What hangs on an instance, by device index."""
        mine = [card for card in self.cards.values() if card.attachment and card.attachment.instance == instance]
        return sorted(mine, key=lambda card: card.attachment.device_index if card.attachment else 0)

    def elastic_on(self, interface: str, private_ip: str) -> Elastic | None:
        return next((e for e in self.elastics.values() if (e.interface, e.private_ip) == (interface, private_ip)), None)

    def holder_of(self, address: str, vpc: str) -> Card | None:
        """The interface of the VPC that has a private IPv4 or an IPv6 address."""
        for card in self.cards.values():
            if card.vpc == vpc and (address in card.private_ips or address in card.ipv6s):
                return card
        return None

    def limits_of(self, instance: str) -> TypeLimits:
        machine = self.machines.get(instance)
        return self.limits.get(machine.type, DEFAULT_LIMITS) if machine else DEFAULT_LIMITS

    def snapshot(self, *, taken_at: float) -> Snapshot:
        """All of it, as frozen views."""
        carried: Carried = {(e.interface, e.private_ip): e for e in self.elastics.values() if e.interface}
        attached: dict[str, dict[int, str]] = {}
        for card in self.cards.values():
            if card.attachment and card.attachment.instance:
                attached.setdefault(card.attachment.instance, {})[card.attachment.device_index] = card.id
        types = {machine.type for machine in self.machines.values()}
        return Snapshot(
            taken_at=taken_at,
            instances={m.id: self._instance(m, attached.get(m.id, {})) for m in self.machines.values()},
            interfaces={card.id: _interface(card, carried) for card in self.cards.values()},
            eips={elastic.allocation: self._eip(elastic) for elastic in self.elastics.values()},
            tables={table.id: self._table(table) for table in self.tables.values()},
            records=dict(self.records),
            limits={kind: self.limits.get(kind, DEFAULT_LIMITS) for kind in types},
            subnets=dict(self.subnets),
            status={m.id: self.status.get(m.id, _status(m)) for m in self.machines.values()},
            alarms=dict(self.alarms),
        )

    def _instance(self, machine: Machine, interfaces: dict[int, str]) -> InstanceView:
        primary = self.cards.get(interfaces.get(0, ""))
        gone = machine.state == "terminated"
        return InstanceView(
            id=machine.id,
            state=machine.state,
            type=machine.type,
            zone=machine.zone,
            # A terminated instance has neither subnet nor VPC any more (EC2's own DescribeInstances).
            subnet="" if gone else machine.subnet,
            vpc="" if gone else machine.vpc,
            private_ip=primary.private_ips[0] if primary else None,
            interfaces=dict(sorted(interfaces.items())),
            tags=dict(machine.tags),
        )

    def _eip(self, elastic: Elastic) -> EipView:
        card = self.cards.get(elastic.interface or "")
        return EipView(
            allocation=elastic.allocation,
            public_ip=elastic.public_ip,
            association=elastic.association,
            interface=elastic.interface,
            private_ip=elastic.private_ip,
            instance=card.attachment.instance if card and card.attachment else None,
            managed_by=elastic.managed_by,
            tags=dict(elastic.tags),
        )

    def _table(self, table: Table) -> TableView:
        rows = [RouteView(to, target, self._route_state(target)) for to, target in sorted(table.routes.items())]
        return TableView(table.id, table.vpc, tuple(rows), dict(table.tags))

    def _route_state(self, target: str) -> str:
        if not target.startswith("eni-"):
            return "active"
        card = self.cards.get(target)
        machine = self.machines.get((card.attachment.instance if card and card.attachment else None) or "")
        return "active" if machine and machine.state in {"pending", "running"} else "blackhole"


def public_name(public_ip: str) -> str:
    """The name that AWS gives an Elastic IP."""
    return f"ec2-{public_ip.replace('.', '-')}.eu-west-1.compute.amazonaws.com"


def _interface(card: Card, carried: Carried) -> InterfaceView:
    ips = [_private_ip(card, ip, carried.get((card.id, ip))) for ip in card.private_ips]
    return InterfaceView(
        id=card.id,
        subnet=card.subnet,
        vpc=card.vpc,
        zone=card.zone,
        status="in-use" if card.attachment else "available",
        mac=card.mac,
        source_dest_check=card.source_dest_check,
        managed_by=card.managed_by,
        attachment=card.attachment,
        private_ips=tuple(ips),
        ipv6s=tuple(card.ipv6s),
        groups=card.groups,
        tags=dict(card.tags),
    )


def _private_ip(card: Card, address: str, elastic: Elastic | None) -> PrivateIpView:
    return PrivateIpView(
        address=address,
        primary=address == card.private_ips[0],
        allocation=elastic.allocation if elastic else None,
        public_ip=elastic.public_ip if elastic else None,
        public_dns=public_name(elastic.public_ip) if elastic else None,
    )


def _status(machine: Machine) -> StatusView:
    word = "ok" if machine.state == "running" else "not-applicable"
    return StatusView(machine.state, word, word)
