"""Small worlds to rehearse in: nodes, addresses of every kind, and all the fakes around them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeVar

from toolkit.domain.group import Address, Group, Node
from toolkit.domain.snapshot import AttachmentView, RecordKey, RecordView, SubnetView
from toolkit.moves.dns import Dns
from toolkit.moves.eip import Eip
from toolkit.moves.eni import Eni
from toolkit.moves.ipv6 import Ipv6
from toolkit.moves.private_ip import PrivateIp
from toolkit.moves.route import Route
from toolkit.testing.clock import FakeClock
from toolkit.testing.cloud import FakeCloud
from toolkit.testing.killing import KillSwitch
from toolkit.testing.ledger import MemoryLedger
from toolkit.testing.senses import FakeNotifier, FakeProber, FakeResolver, RecordingWatcher
from toolkit.testing.store import Card, Elastic, Machine, Store, Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.domain.group import Policy

A = TypeVar("A", bound=Address)
VPC = "vpc-0000000a"
ZONE_ID = "Z0123456789ABC"
KINDS = ("eip", "private_ip", "ipv6", "eni", "route", "dns")


@dataclass
class World:
    """A group and everything that a run of it talks to, all on one clock."""

    group: Group
    clock: FakeClock
    cloud: FakeCloud
    ledger: MemoryLedger
    prober: FakeProber
    resolver: FakeResolver
    notifier: FakeNotifier = field(default_factory=FakeNotifier)
    watcher: RecordingWatcher = field(default_factory=RecordingWatcher)

    @property
    def store(self) -> Store:
        return self.cloud.store

    def node(self, name: str) -> Node:
        found = self.group.node(name)
        if found is None:
            raise KeyError(name)
        return found

    def interface(self, name: str) -> str:
        """The node's own interface."""
        node = self.node(name)
        return node.interface or self.store.cards_of(node.instance)[0].id


class Builder:
    """Adds nodes and addresses one by one; ``on`` names the node that an address starts at, None for nobody."""

    def __init__(self, group: str = "db") -> None:
        self.store = Store()
        self._name = group
        self._nodes: list[Node] = []
        self._addresses: list[Address] = []

    def node(self, name: str, *, zone: str = "eu-west-1a", member: bool = True) -> Node:
        """An instance with its primary interface; ``member`` False makes it somebody else's."""
        number = len(self.store.machines) + 1
        subnet = self._subnet(zone)
        instance, interface = f"i-{number:08x}", f"eni-{number:08x}"
        tags = {"Name": name, "failover:priority": str(number)} | ({"failover:group": self._name} if member else {})
        self.store.machines[instance] = Machine(instance, subnet.id, VPC, zone, tags=tags)
        attachment = AttachmentView(f"eni-attach-{number:08x}", instance, 0, "attached", delete_on_termination=True)
        ip = f"{subnet.cidr.removesuffix('.0/24')}.{number + 9}"
        self._card(interface, subnet, [ip]).attachment = attachment
        node = Node(name, instance)
        if member:
            self._nodes.append(node)
        return node

    def eip(self, *, on: Node | None, private_ip: str | None = None, carrier: str | None = None) -> Eip:
        """An Elastic IP on the node's primary address, on ``private_ip`` of it, or to be carried by a moving one."""
        number = len(self.store.elastics) + 1
        elastic = Elastic(f"eipalloc-{number:08x}", f"203.0.113.{number}")
        self.store.elastics[elastic.allocation] = elastic
        if on is not None:
            card = self._own_card(on)
            elastic.interface, elastic.private_ip = card.id, private_ip or carrier or card.private_ips[0]
            elastic.association = f"eipassoc-{number:08x}"
        pairs = tuple(sorted((node.name, carrier) for node in self._nodes)) if carrier else ()
        return self._added(Eip(elastic.allocation, pairs))

    def private_ip(self, address: str, *, on: Node | None) -> PrivateIp:
        if on is not None:
            self._own_card(on).private_ips.append(address)
        return self._added(PrivateIp(address))

    def ipv6(self, address: str, *, on: Node | None) -> Ipv6:
        if on is not None:
            self._own_card(on).ipv6s.append(address)
        return self._added(Ipv6(address))

    def eni(self, *, on: Node | None, device_index: int | None = None, zone: str = "eu-west-1a") -> Eni:
        """A secondary interface with an address of its own, at the given index or the lowest free one."""
        number = sum(card.id.startswith("eni-f") for card in self.store.cards.values()) + 1
        card = self._card(f"eni-f{number:07x}", self._subnet(zone), [f"10.0.1.{200 + number}"])
        if on is not None:
            used = {c.attachment.device_index for c in self.store.cards_of(on.instance) if c.attachment}
            index = device_index or next(i for i in range(1, 100) if i not in used)
            card.attachment = AttachmentView(f"eni-attach-f{number:07x}", on.instance, index, "attached")
        return self._added(Eni(card.id, device_index))

    def route(self, destination: str, *, on: Node | None, tables: int = 2, create: bool = False) -> Route:
        """A route in so many tables; ``on`` None leaves the tables without it."""
        ids = [f"rtb-{number:08x}" for number in range(1, tables + 1)]
        for table in ids:
            row = self.store.tables.setdefault(table, Table(table, VPC, {"10.0.0.0/16": "local"}))
            if on is not None:
                row.routes[destination] = self._own_card(on).id
        return self._added(Route(destination, tuple(ids), create))

    def dns(self, name: str, *, on: Node | None) -> Dns:
        self.store.zones.add(ZONE_ID)
        if on is not None:
            key = RecordKey(ZONE_ID, name, "A")
            self.store.records[key] = RecordView(key, 10, (self._own_card(on).private_ips[0],))
        return self._added(Dns(ZONE_ID, name))

    def world(self, *, lease_seconds: float = 15.0) -> World:
        """All that was added, with its fakes."""
        clock, switch = FakeClock(), KillSwitch()
        cloud = FakeCloud(self.store, clock, switch=switch)
        group = Group(self._name, tuple(self._nodes), tuple(self._addresses))
        ledger = MemoryLedger(clock, lease_seconds=lease_seconds, switch=switch)
        return World(group, clock, cloud, ledger, FakeProber(clock), FakeResolver(cloud))

    def _added(self, address: A) -> A:
        self._addresses.append(address)
        return address

    def _own_card(self, node: Node) -> Card:
        return self.store.cards[node.interface] if node.interface else self.store.cards_of(node.instance)[0]

    def _card(self, interface: str, subnet: SubnetView, ips: list[str]) -> Card:
        number = len(self.store.cards) + 1
        card = Card(interface, subnet.id, VPC, subnet.zone, ips, mac=f"02:00:00:00:00:{number:02x}")
        self.store.cards[interface] = card
        return card

    def _subnet(self, zone: str) -> SubnetView:
        number = ord(zone[-1]) - ord("a") + 1
        subnet = SubnetView(f"subnet-{number:08x}", VPC, zone, f"10.0.{number}.0/24", (f"2001:db8:0:{number}::/64",))
        return self.store.subnets.setdefault(subnet.id, subnet)


def pair(*kinds: str, policy: Policy | None = None) -> World:
    """``db-1`` and ``db-2`` in one subnet, and one address of each kind (default: all six) on the first."""
    builder = Builder()
    first, _ = builder.node("db-1"), builder.node("db-2")
    for kind in kinds or KINDS:
        _ADD[kind](builder, first)
    world = builder.world()
    if policy is not None:
        world.group = replace(world.group, policy=policy)
    return world


_ADD: Final[dict[str, Callable[[Builder, Node], object]]] = {
    "eip": lambda builder, node: builder.eip(on=node),
    "private_ip": lambda builder, node: builder.private_ip("10.0.1.50", on=node),
    "ipv6": lambda builder, node: builder.ipv6("2001:db8:0:1::50", on=node),
    "eni": lambda builder, node: builder.eni(on=node),
    "route": lambda builder, node: builder.route("10.99.0.10/32", on=node),
    "dns": lambda builder, node: builder.dns("db.internal.example.com", on=node),
}
