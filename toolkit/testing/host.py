"""A machine's network in memory: does what the calls of ``ip`` that the agent makes would do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from toolkit.domain.errors import Incomplete
from toolkit.domain.guest import LOOPBACK, Guest, Link, PolicyRule, TableRoute

if TYPE_CHECKING:
    from toolkit.domain.guest import Change

T = TypeVar("T")


class FakeHost:
    """``ports.Host``: ``changes`` are all that were asked for; those whose summary is in ``refuses`` fail."""

    def __init__(self) -> None:
        self.links = {LOOPBACK: Link(LOOPBACK, "00:00:00:00:00:00", up=True)}
        self.places: set[tuple[str, str, int]] = set()
        self.rules: set[PolicyRule] = set()
        self.routes: set[TableRoute] = set()
        self.routers: dict[str, str] = {}
        self.changes: list[Change] = []
        self.announced: list[tuple[str, str]] = []
        self.remembered: frozenset[str] = frozenset()
        self.refuses: set[str] = set()

    def attach(self, name: str, mac: str, *addresses: str) -> None:
        """A device comes up with these addresses, given as ``ADDRESS/LENGTH``; without any it stays down."""
        self.links[name] = Link(name, mac, up=bool(addresses))
        for each in addresses:
            address, _, length = each.partition("/")
            self.places.add((name, address, int(length)))

    def detach(self, name: str) -> None:
        """The device goes, and its addresses and routes with it."""
        del self.links[name]
        self.places = {place for place in self.places if place[0] != name}
        self.routes = {route for route in self.routes if route.device != name}
        self.routers.pop(name, None)

    @property
    def addresses(self) -> set[str]:
        """All addresses, without their lengths."""
        return {address for _, address, _ in self.places}

    def guest(self) -> Guest:
        return Guest(
            tuple(self.links.values()),
            frozenset(self.places),
            frozenset(self.rules),
            frozenset(self.routes),
            dict(self.routers),
        )

    def owned(self) -> frozenset[str]:
        return self.remembered

    def own(self, addresses: frozenset[str]) -> None:
        self.remembered = addresses

    def announce(self, device: str, address: str) -> None:
        self.announced.append((device, address))

    def change(self, change: Change) -> None:
        self.changes.append(change)
        if change.summary in self.refuses:
            raise _refused(change, "Operation not permitted")
        sixth = change.arguments[:1] == ("-6",)
        words = change.arguments[1:] if sixth else change.arguments
        match words:
            case (*_, "dev", device) | (*_, "dev", device, "table", _) if device not in self.links:
                raise _refused(change, f'Cannot find device "{device}"')
            case ("rule", _, "from", source, *_) if sixth != (":" in source):
                raise _refused(change, "Error: Invalid source address.")
            case ("link", "set", "dev", device, "up"):
                self.links[device] = replace(self.links[device], up=True)
            case ("addr", *_):
                self._address(words, change)
            case ("rule", verb, "from", source, "lookup", table, "priority", priority, *_):
                rule = PolicyRule(int(priority), source, int(table))
                self.rules = self.rules | {rule} if verb == "add" else _without(rule, self.rules, change)
            case ("route", "replace", destination, *how, "dev", device, "table", table, "proto", _):
                self.routes.add(TableRoute(int(table), destination, device, _via(how)))
            case ("route", "del", destination, *how, "dev", device, "table", table):
                self.routes = _without(TableRoute(int(table), destination, device, _via(how)), self.routes, change)
            case _:
                raise NotImplementedError(f"the fake machine does not know ip {' '.join(change.arguments)}")

    def _address(self, words: tuple[str, ...], change: Change) -> None:
        """Add or delete one; as in Linux, a device's IPv4 routes go with the last of its IPv4 addresses."""
        _, verb, place, _, device, *_ = words
        address, _, length = place.partition("/")
        if verb == "add":
            # An IPv6 address stands once on a device, an IPv4 address once for each length.
            if any(
                (device, address) == place[:2] and (":" in address or place[2] == int(length)) for place in self.places
            ):
                raise _refused(change, "RTNETLINK answers: File exists")
            self.places.add((device, address, int(length)))
            return
        self.places = _without((device, address, int(length)), self.places, change)
        if not any(place[0] == device and ":" not in place[1] for place in self.places):
            self.routes = {route for route in self.routes if route.device != device or _is_ipv6(route)}


def _via(how: list[str]) -> str | None:
    return how[1] if how[:1] == ["via"] else None


def _is_ipv6(route: TableRoute) -> bool:
    return ":" in f"{route.destination} {route.via}"


def _without(thing: T, things: set[T], change: Change) -> set[T]:
    if thing not in things:
        raise _refused(change, "RTNETLINK answers: No such process")
    return things - {thing}


def _refused(change: Change, why: str) -> Incomplete:
    return Incomplete(f"ip {' '.join(change.arguments)}: {why}")
