"""A machine's network in memory: does what the calls of ``ip`` that the agent makes would do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.domain.errors import Incomplete
from toolkit.domain.guest import LOOPBACK, Guest, Link, PolicyRule, TableRoute

if TYPE_CHECKING:
    from toolkit.domain.guest import Change


class FakeHost:
    """``ports.Host``: ``changes`` are all that were asked for; those whose summary is in ``refuses`` fail."""

    def __init__(self) -> None:
        self.links = {LOOPBACK: Link(LOOPBACK, "00:00:00:00:00:00", up=True)}
        self.lengths: dict[tuple[str, str], int] = {}
        self.rules: set[PolicyRule] = set()
        self.routes: set[TableRoute] = set()
        self.changes: list[Change] = []
        self.announced: list[tuple[str, str]] = []
        self.remembered: frozenset[str] = frozenset()
        self.refuses: set[str] = set()

    def attach(self, name: str, mac: str, *addresses: str) -> None:
        """A device comes up with these addresses, given as ``ADDRESS/LENGTH``; without any it stays down."""
        self.links[name] = Link(name, mac, up=bool(addresses))
        for each in addresses:
            address, _, length = each.partition("/")
            self.lengths[name, address] = int(length)

    def detach(self, name: str) -> None:
        """The device goes, and its addresses and routes with it."""
        del self.links[name]
        self.lengths = {place: length for place, length in self.lengths.items() if place[0] != name}
        self.routes = {route for route in self.routes if route.device != name}

    @property
    def addresses(self) -> set[str]:
        """All addresses, without their lengths."""
        return {address for _, address in self.lengths}

    def guest(self) -> Guest:
        return Guest(tuple(self.links.values()), dict(self.lengths), frozenset(self.rules), frozenset(self.routes))

    def owned(self) -> frozenset[str]:
        return self.remembered

    def own(self, addresses: frozenset[str]) -> None:
        self.remembered = addresses

    def announce(self, device: str, address: str) -> None:
        self.announced.append((device, address))

    def change(self, change: Change) -> None:
        self.changes.append(change)
        if change.summary in self.refuses:
            raise Incomplete(f"ip {' '.join(change.arguments)}: Operation not permitted")
        match change.arguments:
            case ("addr", "add", place, "dev", device, *_):
                address, _, length = place.partition("/")
                self.lengths[device, address] = int(length)
            case ("addr", "del", place, "dev", device):
                del self.lengths[device, place.partition("/")[0]]
            case ("link", "set", "dev", device, "up"):
                self.links[device] = replace(self.links[device], up=True)
            case ("rule", "add", "from", source, "lookup", table, "priority", priority, *_):
                self.rules.add(PolicyRule(int(priority), source, int(table)))
            case ("rule", "del", "from", source, "lookup", table, "priority", priority):
                self.rules.remove(PolicyRule(int(priority), source, int(table)))
            case ("route", verb, destination, *how, "dev", device, "table", table) if verb == "del":
                self.routes.remove(TableRoute(int(table), destination, device, _via(how)))
            case ("route", "replace", destination, *how, "dev", device, "table", table, "proto", _):
                self.routes.add(TableRoute(int(table), destination, device, _via(how)))
            case _:
                raise NotImplementedError(f"the fake machine does not know ip {' '.join(change.arguments)}")


def _via(how: list[str]) -> str | None:
    return how[1] if how[0] == "via" else None
