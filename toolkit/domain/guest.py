"""A machine's own addresses, rules and routes, as its kernel tells them, and single changes to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType

LOOPBACK = "lo"


def single_length(address: str) -> int:
    """The prefix length of a network that is this address alone."""
    return 128 if ":" in address else 32


@dataclass(frozen=True, slots=True)
class Link:
    """A network device; ``mac`` in lower case, as AWS spells it."""

    name: str
    mac: str
    up: bool


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """Traffic from ``source`` looks into ``table``."""

    priority: int
    source: str
    table: int

    @property
    def version(self) -> int:
        """The IP version, 4 or 6."""
        return 6 if ":" in self.source else 4


@dataclass(frozen=True, slots=True)
class TableRoute:
    """A route of a table; ``via`` None for what is on the link itself."""

    table: int
    destination: str
    device: str
    via: str | None = None


@dataclass(frozen=True, slots=True)
class Guest:
    """What a machine has now; ``addresses`` are device, address and prefix length, of which IPv4 takes several.

    ``rules`` and ``routes`` are those of the toolkit's own priorities and tables alone. ``routers`` are the IPv6
    routers that the kernel has heard of, by device.
    """

    links: tuple[Link, ...] = ()
    addresses: frozenset[tuple[str, str, int]] = frozenset()
    rules: frozenset[PolicyRule] = frozenset()
    routes: frozenset[TableRoute] = frozenset()
    routers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def link(self, mac: str) -> Link | None:
        """The device of an interface: names may change at a re-attachment, MACs don't (``AWS.md`` §7)."""
        return next((link for link in self.links if link.mac == mac.lower() and mac), None)

    def devices_with(self, address: str) -> tuple[str, ...]:
        """The devices that bear the address, whatever its prefix length there."""
        return tuple(sorted({device for device, known, _ in self.addresses if known == address}))

    def devices_with_single(self, address: str) -> tuple[str, ...]:
        """The devices that bear it as this toolkit adds it, as a network of one."""
        wanted = (address, single_length(address))
        return tuple(sorted(device for device, *known in self.addresses if tuple(known) == wanted))


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to do on a machine: ``arguments`` of the program ``ip``.

    ``takes`` is an address that is this toolkit's own from now on, ``drops`` one that is so no more;
    ``announces`` is the device on which to tell the neighbours about the address taken.
    """

    summary: str
    arguments: tuple[str, ...]
    takes: str | None = None
    drops: str | None = None
    announces: str | None = None

    @property
    def device(self) -> str:
        """The device that it is about, empty for a rule."""
        return dict(pairwise(self.arguments)).get("dev", "")
