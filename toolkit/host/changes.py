"""The difference between what a machine has and what it should have, as calls of ``ip``: pure.

Rules and routes of the toolkit bear its priorities, tables and protocol number, so that what others set
(amazon-ec2-net-utils from 10000 on, cloud-init below, ``AWS.md`` §7) is never touched. Addresses bear nothing
of the kind: those that it added are remembered, and only they are ever dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from toolkit.domain.guest import LOOPBACK, Change, Guest, PolicyRule, TableRoute, single_length

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from toolkit.host.wanted import WantedAddress

# One table and one priority for each device index.
FIRST_TABLE: Final = 17_800
TABLES: Final = range(FIRST_TABLE, FIRST_TABLE + 100)
PROTOCOL: Final = "178"


@dataclass(frozen=True, slots=True)
class Difference:
    """What to do, in this order, and what only a person can put right."""

    changes: tuple[Change, ...] = ()
    remarks: tuple[str, ...] = ()


def difference(
    wanted: Collection[WantedAddress],
    guest: Guest,
    owned: Collection[str],
    *,
    suspects: Collection[str],
    spared: Collection[str] = (),
) -> Difference:
    """How to bring the machine in line; what is not held any more goes first.

    ``owned`` are the addresses that this toolkit added, ``suspects`` all that could be the group's: a stray one
    of them that somebody else added is told, not touched. Of the ``spared`` nothing is known: they stay, with
    their routing.
    """
    names = {each.address for each in wanted}
    missing = [each for each in wanted if each.interface and guest.link(each.interface.mac) is None]
    ready = [each for each in wanted if each not in missing]
    guided = [each for each in ready if _needs_routing(each, guest, owned)]
    lost = [each for each in guided if not _table(each, guest)]
    rules, routes = _routing([each for each in guided if each not in lost], guest)
    in_use = {rule.table for rule in guest.rules if rule.source in spared}
    changes = [
        # Rules and routes first: the kernel itself drops a device's routes with the last of its addresses.
        *_stale_rules(rule for rule in guest.rules - rules if rule.source not in spared),
        *_stale_routes(route for route in guest.routes - routes if route.table not in in_use),
        *_drops(ready, guest, set(owned) - set(spared)),
        *(change for each in ready for change in _adds(each, guest)),
        *_new_routes(routes - guest.routes),
        *_new_rules(rules - guest.rules),
    ]
    strays = [name for name in suspects if name not in names | set(owned) and guest.devices_with(name)]
    return Difference(
        tuple(dict.fromkeys(changes)),
        (
            *(f"{each.address}: its interface has not reached this machine yet" for each in missing),
            *(f"{each.address}: {_device(each, guest)} has heard of no router of its network yet" for each in lost),
            *(f"{name} is on this machine and AWS says elsewhere; whoever added it must drop it" for name in strays),
        ),
    )


def _drops(ready: Collection[WantedAddress], guest: Guest, owned: Collection[str]) -> Iterable[Change]:
    places = {(_device(each, guest), each.address) for each in ready}
    for name in sorted(owned):
        # At another length it is somebody else's, beside ours.
        for device in guest.devices_with_single(name):
            if (device, name) not in places:
                gone = None if any(address == name for _, address in places) else name
                arguments = ("addr", "del", f"{name}/{single_length(name)}", "dev", device)
                yield Change(f"drop {name} from {device}", arguments, drops=gone)


def _adds(each: WantedAddress, guest: Guest) -> Iterable[Change]:
    device = _device(each, guest)
    link = guest.link(each.interface.mac) if each.interface else None
    if link is not None and not link.up:
        yield Change(f"bring {device} up", ("link", "set", "dev", device, "up"))
    if device in guest.devices_with(each.address):
        return
    # Never the source of the machine's own connections, and usable at once: AWS knows that it is no duplicate.
    extra = ("nodad", "preferred_lft", "0") if ":" in each.address else ()
    yield Change(
        f"add {each.address} to {device}",
        ("addr", "add", f"{each.address}/{single_length(each.address)}", "dev", device, *extra),
        takes=each.address,
        announces=device if link else None,
    )


def _needs_routing(each: WantedAddress, guest: Guest, owned: Collection[str]) -> bool:
    """Whether it is on another interface than the primary one, and nobody else has configured it."""
    theirs = _device(each, guest) in guest.devices_with(each.address) and each.address not in owned
    return each.interface is not None and each.interface.index > 0 and not theirs


def _routing(guided: Iterable[WantedAddress], guest: Guest) -> tuple[frozenset[PolicyRule], frozenset[TableRoute]]:
    """Source-based routing: answers leave by the interface that the question came in by."""
    rules: set[PolicyRule] = set()
    routes: set[TableRoute] = set()
    for each in guided:
        table = _number(each)
        rules.add(PolicyRule(table, each.address, table))
        routes |= _table(each, guest)
    return frozenset(rules), frozenset(routes)


def _table(each: WantedAddress, guest: Guest) -> set[TableRoute]:
    """What the address's own table has in its family; empty while the networks or their router are not known."""
    card, number, device = each.interface, _number(each), _device(each, guest)
    if card is None:
        return set()
    if ":" in each.address:
        networks, router = card.networks6, _router(number, device, guest)
    else:
        networks, router = (card.network,) if card.network else (), card.gateway
    if not networks or not router:
        return set()
    on_link = {TableRoute(number, network, device) for network in networks}
    return on_link | {TableRoute(number, "default", device, router)}


def _router(number: int, device: str, guest: Guest) -> str | None:
    """The IPv6 router that the kernel has heard there; one that fell silent stays in use."""
    used = (r.via for r in guest.routes if (r.table, r.device) == (number, device) and r.via and ":" in r.via)
    return guest.routers.get(device) or next(used, None)


def _number(each: WantedAddress) -> int:
    return FIRST_TABLE + (each.interface.index if each.interface else 0)


def _device(each: WantedAddress, guest: Guest) -> str:
    link = guest.link(each.interface.mac) if each.interface else None
    return link.name if link else LOOPBACK


def _stale_rules(rules: Iterable[PolicyRule]) -> Iterable[Change]:
    for rule in sorted(rules, key=_rule_order):
        yield Change(f"drop the rule for {rule.source}", _rule("del", rule))


def _new_rules(rules: Iterable[PolicyRule]) -> Iterable[Change]:
    for rule in sorted(rules, key=_rule_order):
        text = f"route what comes from {rule.source} by table {rule.table}"
        yield Change(text, (*_rule("add", rule), "protocol", PROTOCOL))


def _rule(verb: str, rule: PolicyRule) -> tuple[str, ...]:
    # Of a rule, unlike a route, ``ip`` does not tell the family by the address.
    family = ("-6",) if rule.version == 6 else ()  # noqa: PLR2004 - IPv6
    where = ("from", rule.source, "lookup", str(rule.table), "priority", str(rule.priority))
    return (*family, "rule", verb, *where)


def _rule_order(rule: PolicyRule) -> tuple[int, str]:
    return rule.priority, rule.source


def _stale_routes(routes: Iterable[TableRoute]) -> Iterable[Change]:
    for route in sorted(routes, key=_route_order, reverse=True):
        yield Change(f"drop {route.destination} from table {route.table}", ("route", "del", *_route(route)))


def _new_routes(routes: Iterable[TableRoute]) -> Iterable[Change]:
    for route in sorted(routes, key=_route_order):
        text = f"send {route.destination} of table {route.table} to {route.device}"
        yield Change(text, ("route", "replace", *_route(route), "proto", PROTOCOL))


def _route(route: TableRoute) -> tuple[str, ...]:
    # IPv6 routes have no scope.
    on_link = () if ":" in route.destination else ("scope", "link")
    how = ("via", route.via) if route.via else on_link
    return (route.destination, *how, "dev", route.device, "table", str(route.table))


def _route_order(route: TableRoute) -> tuple[int, bool, str]:
    """What is on the link comes before what goes through it."""
    return route.table, route.via is not None, route.destination
