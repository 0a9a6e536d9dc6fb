"""Routes (overlay addresses and prefixes): ReplaceRoute in every listed table, one call each, over zones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from toolkit.domain.fields import TABLE_ID, Cidr, Field, Flag, ListOf
from toolkit.domain.group import Address, Group, Node
from toolkit.domain.holder import Foreign, Free, HeldBy, Holder, Split, Unknown
from toolkit.domain.snapshot import Reads, RouteView, Snapshot
from toolkit.domain.steps import FREE, Call, Comes, Moves, Objection, Places, Step
from toolkit.moves.where import interface_id, interface_of, no_interface, node_at, nodes_reads, of_type, other_group

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KIND: Final = "route"
FIELDS: Final = (
    Field("destination", Cidr("a destination"), "The overlay address (/32, /128) or prefix.", required=True),
    Field("tables", ListOf(TABLE_ID), "Every route table that clients use.", required=True),
    Field("create", Flag("whether a missing route is created"), "Create the route where a table lacks it."),
)
IAM_READS: Final = frozenset({"ec2:DescribeInstances", "ec2:DescribeNetworkInterfaces", "ec2:DescribeRouteTables"})
IAM_WRITES: Final = frozenset({"ec2:ReplaceRoute", "ec2:CreateRoute"})


@dataclass(frozen=True)
class Route(Address):
    """A destination in one or more route tables; each table is a subject of its own."""

    kind: ClassVar[str] = KIND
    destination: str
    tables: tuple[str, ...]
    create: bool = False

    @property
    def key(self) -> str:
        return f"{KIND}:{self.destination}"

    def subject(self, table: str) -> str:
        return f"{self.key}@{table}"


def build(values: Mapping[str, Any]) -> Address:
    return Route(values["destination"], tuple(values["tables"]), bool(values.get("create")))


def reads(address: Address, group: Group) -> Reads:
    return Reads(tables=frozenset(of_type(address, Route).tables))


def needs(address: Address, group: Group) -> Reads:
    return nodes_reads(group)


def places(address: Address, group: Group, snapshot: Snapshot) -> Places:
    route = of_type(address, Route)
    return {route.subject(table): _target(_row(route, table, snapshot)) for table in route.tables}


def holder(address: Address, group: Group, snapshot: Snapshot) -> Holder:
    route = of_type(address, Route)
    names: set[str] = set()
    for table in route.tables:
        view = snapshot.tables.get(table)
        if view is None:
            return Unknown(f"{table} does not exist in this account and Region")
        foreign = other_group(view.tags, group)
        row = view.route(route.destination)
        if foreign is not None:
            return foreign
        if row is None:
            names.add("nobody")
            continue
        node = node_at(row.target, group, snapshot)
        if node is None and row.state != "blackhole":
            return Foreign(f"{row.target} in {table}")
        # A route whose target is gone serves nobody (AWS.md §1.5).
        names.add(node.name if node else "nobody")
    if names == {"nobody"}:
        return Free()
    return HeldBy(names.pop()) if len(names) == 1 else Split(tuple(sorted(names)))


def holds(addresses: Sequence[Address], target: Node, group: Group, snapshot: Snapshot) -> list[Objection]:
    interface = interface_of(target, snapshot)
    if interface is None:
        return no_interface(target, [address.key for address in addresses])
    found: list[Objection] = []
    for route in (of_type(address, Route) for address in addresses):
        if interface.source_dest_check:
            why = f"{interface.id} on {target.name} still checks source and destination: it would drop the traffic"
            found.append(Objection("target-source-dest-check", route.key, why))
        for table in route.tables:
            view = snapshot.tables.get(table)
            if view is not None and view.vpc != interface.vpc:
                why = f"{table} belongs to {view.vpc}, {target.name} to {interface.vpc}"
                found.append(Objection("target-vpc", route.subject(table), why))
            if view is not None and view.route(route.destination) is None and not route.create:
                why = f"{table} has no route for {route.destination}; create it once, or set `create: true`"
                found.append(Objection("route-missing", route.subject(table), why))
    return found


def moves(addresses: Sequence[Address], target: Node, group: Group, snapshot: Snapshot) -> Moves:
    steps: list[Step] = []
    comes: list[Comes] = []
    interface = interface_id(target, snapshot) or ""
    for route in (of_type(address, Route) for address in addresses):
        here = places(route, group, snapshot)
        for table in route.tables:
            subject = route.subject(table)
            if here[subject] == interface:
                comes.append(Comes(subject, interface, "already there"))
            else:
                steps.append(_point(route, table, interface, here[subject]))
    return Moves(tuple(steps), tuple(comes))


def _point(route: Route, table: str, interface: str, here: str) -> Step:
    family = "DestinationIpv6CidrBlock" if ":" in route.destination else "DestinationCidrBlock"
    where = {"RouteTableId": table, family: route.destination}
    action = "ReplaceRoute" if here else "CreateRoute"
    return Step(
        id=route.subject(table),
        kind=KIND,
        call=Call("ec2", action, where | {"NetworkInterfaceId": interface}),
        before={route.subject(table): here},
        after={route.subject(table): interface},
        needs=(f"eni:{interface}",),
        summary=f"point {route.destination} in {table} at {interface}",
    )


def _row(route: Route, table: str, snapshot: Snapshot) -> RouteView | None:
    view = snapshot.tables.get(table)
    return view.route(route.destination) if view else None


def _target(row: RouteView | None) -> str:
    return row.target if row else FREE
