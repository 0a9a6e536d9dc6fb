"""What a machine should have, by what AWS says that its instance holds: pure."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.domain.snapshot import Reads
from toolkit.moves.registry import KINDS
from toolkit.moves.where import nodes_reads

if TYPE_CHECKING:
    from toolkit.domain.group import Group
    from toolkit.domain.snapshot import InterfaceView, Snapshot


@dataclass(frozen=True, slots=True)
class WantedAddress:
    """An address that the machine must answer to; ``interface`` None for the loopback device (overlay addresses)."""

    address: str
    interface: WantedInterface | None = None


@dataclass(frozen=True, slots=True)
class WantedInterface:
    """Where an address belongs. ``index`` 0 is the primary interface, which needs no routing of its own.

    ``network`` is the subnet's IPv4 block, None where AWS did not tell; ``networks6`` are its IPv6 blocks.
    """

    mac: str
    index: int
    network: str | None = None
    networks6: tuple[str, ...] = ()

    @property
    def gateway(self) -> str | None:
        """The VPC's router: the first address of the subnet after its own (VPC user guide, subnet CIDR blocks)."""
        return str(next(ipaddress.ip_network(self.network).hosts())) if self.network else None


def reads_for(group: Group, instance: str) -> Reads:
    """What must be read to know it."""
    wanted = nodes_reads(group) | Reads(subnets_of=frozenset({instance}))
    for address in group.addresses:
        if address.kind in _KINDS:
            wanted |= KINDS[address.kind].reads(address, group)
    return wanted


def wanted(group: Group, instance: str, snapshot: Snapshot) -> tuple[WantedAddress, ...]:
    """Every address of the group that must be in this instance's guest now."""
    cards = [row for row in snapshot.interfaces.values() if row.instance == instance and _attached(row)]
    found: list[WantedAddress] = []
    for address in group.addresses:
        name = address.key.split(":", 1)[1]
        match address.kind:
            case "private_ip" | "ipv6":
                found += [WantedAddress(name, _interface(card, snapshot)) for card in cards if card.holds(name)]
            case "eni":
                found += [each for card in cards if card.id == name for each in _all_of(card, snapshot)]
            case "route":
                found += _overlay(name, cards, snapshot)
            case _:
                pass  # Elastic IPs and DNS names are nothing that a guest has
    return tuple(dict.fromkeys(found))


_KINDS = frozenset({"private_ip", "ipv6", "eni", "route"})


def _attached(card: InterfaceView) -> bool:
    return card.attachment is not None and card.attachment.status == "attached"


def _all_of(card: InterfaceView, snapshot: Snapshot) -> list[WantedAddress]:
    interface = _interface(card, snapshot)
    return [WantedAddress(address, interface) for address in (*(ip.address for ip in card.private_ips), *card.ipv6s)]


def _interface(card: InterfaceView, snapshot: Snapshot) -> WantedInterface:
    subnet = snapshot.subnets.get(card.subnet)
    index = card.attachment.device_index if card.attachment else 0
    if subnet is None:
        return WantedInterface(card.mac.lower(), index)
    return WantedInterface(card.mac.lower(), index, subnet.cidr, subnet.ipv6_cidrs)


def _overlay(destination: str, cards: list[InterfaceView], snapshot: Snapshot) -> list[WantedAddress]:
    """A single address that any route table sends here; whole networks are forwarded, not had."""
    network = ipaddress.ip_network(destination)
    mine = {card.id for card in cards}
    routes = (table.route(destination) for table in snapshot.tables.values())
    sent_here = any(route is not None and route.target in mine for route in routes)
    return [WantedAddress(str(network.network_address))] if sent_here and network.num_addresses == 1 else []
