"""The world as AWS told it in one go: frozen views, and what to ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class RecordKey:
    """A record set of a Route 53 zone; ``name`` without the final dot, in lower case."""

    zone: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Reads:
    """What a question needs to know; two of them join with ``|`` so that each thing is asked once.

    ``limits_of`` are instances whose type's limits are wanted, ``status_of`` those whose status checks are.
    """

    instances: frozenset[str] = frozenset()
    interfaces: frozenset[str] = frozenset()
    private_ips: frozenset[str] = frozenset()
    ipv6s: frozenset[str] = frozenset()
    allocations: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()
    records: frozenset[RecordKey] = frozenset()
    limits_of: frozenset[str] = frozenset()
    subnets_of: frozenset[str] = frozenset()
    status_of: frozenset[str] = frozenset()
    alarms: frozenset[str] = frozenset()

    def __or__(self, other: Reads) -> Reads:
        return Reads(**{f.name: getattr(self, f.name) | getattr(other, f.name) for f in fields(self)})


@dataclass(frozen=True, slots=True)
class InstanceView:
    """An instance; ``interfaces`` are those attached, by device index, so the primary one stands first."""

    id: str
    state: str
    type: str = ""
    zone: str = ""
    subnet: str = ""
    vpc: str = ""
    private_ip: str | None = None
    interfaces: Mapping[int, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def primary_interface(self) -> str | None:
        return self.interfaces.get(0)


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """How an interface hangs on an instance; status is attaching, attached, detaching or detached."""

    id: str
    instance: str | None
    device_index: int
    status: str
    delete_on_termination: bool = False


@dataclass(frozen=True, slots=True)
class PrivateIpView:
    """A private IPv4 of an interface and the Elastic IP that is on it, if any."""

    address: str
    primary: bool
    allocation: str | None = None
    public_ip: str | None = None
    public_dns: str | None = None


@dataclass(frozen=True, slots=True)
class InterfaceView:
    """A network interface; ``managed_by`` names the AWS service or account that owns it, None for yours."""

    id: str
    subnet: str
    vpc: str
    zone: str
    status: str
    mac: str = ""
    source_dest_check: bool = True
    managed_by: str | None = None
    attachment: AttachmentView | None = None
    private_ips: tuple[PrivateIpView, ...] = ()
    ipv6s: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def instance(self) -> str | None:
        return self.attachment.instance if self.attachment else None

    @property
    def primary_ip(self) -> str | None:
        return next((ip.address for ip in self.private_ips if ip.primary), None)

    def holds(self, address: str) -> bool:
        return address in self.ipv6s or any(ip.address == address for ip in self.private_ips)


@dataclass(frozen=True, slots=True)
class EipView:
    """An Elastic IP and where it is; all but the first two are None while it is free."""

    allocation: str
    public_ip: str
    association: str | None = None
    interface: str | None = None
    private_ip: str | None = None
    instance: str | None = None
    managed_by: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RouteView:
    """One route; ``target`` is an id (eni-, igw-, nat-, …) and ``state`` active, blackhole or filtered."""

    destination: str
    target: str
    state: str


@dataclass(frozen=True, slots=True)
class TableView:
    """A route table of a VPC."""

    id: str
    vpc: str
    routes: tuple[RouteView, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    def route(self, destination: str) -> RouteView | None:
        return next((route for route in self.routes if route.destination == destination), None)


@dataclass(frozen=True, slots=True)
class RecordView:
    """A plain record set; ``routing`` names a routing policy or alias that a plain upsert would destroy.

    ``in_sync`` is False while this process's own change to it is not yet on all of Route 53's name servers.
    """

    key: RecordKey
    ttl: int
    values: tuple[str, ...]
    routing: str | None = None
    in_sync: bool = True


@dataclass(frozen=True, slots=True)
class TypeLimits:
    """What an instance type can carry; addresses per interface include the primary one."""

    interfaces: int
    ipv4_per_interface: int
    ipv6_per_interface: int


@dataclass(frozen=True, slots=True)
class SubnetView:
    """A subnet's address blocks."""

    id: str
    vpc: str
    zone: str
    cidr: str
    ipv6_cidrs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusView:
    """EC2's own status checks of an instance: ok, impaired, initializing, insufficient-data, not-applicable."""

    state: str
    system: str
    instance: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one read gave; a thing that AWS does not know is absent.

    ``taken_at`` is monotonic seconds at the beginning of the read.
    """

    taken_at: float = 0.0
    instances: Mapping[str, InstanceView] = field(default_factory=lambda: MappingProxyType({}))
    interfaces: Mapping[str, InterfaceView] = field(default_factory=lambda: MappingProxyType({}))
    eips: Mapping[str, EipView] = field(default_factory=lambda: MappingProxyType({}))
    tables: Mapping[str, TableView] = field(default_factory=lambda: MappingProxyType({}))
    records: Mapping[RecordKey, RecordView] = field(default_factory=lambda: MappingProxyType({}))
    limits: Mapping[str, TypeLimits] = field(default_factory=lambda: MappingProxyType({}))
    subnets: Mapping[str, SubnetView] = field(default_factory=lambda: MappingProxyType({}))
    status: Mapping[str, StatusView] = field(default_factory=lambda: MappingProxyType({}))
    alarms: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def instance_of(self, interface: str) -> InstanceView | None:
        """The instance that an interface hangs on now, by the interface's own row first."""
        view = self.interfaces.get(interface)
        if view is not None:
            return self.instances.get(view.instance) if view.instance else None
        return next((i for i in self.instances.values() if interface in i.interfaces.values()), None)
