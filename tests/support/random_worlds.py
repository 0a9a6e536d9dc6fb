"""Worlds and groups by chance, for properties: any kinds, held by anybody of the group, by nobody, or in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from toolkit.testing import Builder, World

if TYPE_CHECKING:
    from toolkit.domain.group import Node

OVERLAYS = ("10.99.0.10/32", "fd99::10/128")


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Two to four nodes in one subnet, up to ten addresses, each somewhere."""
    builder = Builder()
    nodes = [builder.node(f"db-{number}") for number in range(1, draw(st.integers(2, 4)) + 1)]
    holders = st.sampled_from([None, *nodes])
    for number in range(draw(st.integers(0, 3))):
        builder.ipv6(f"2001:db8:0:1::{50 + number}", on=draw(holders))
    for _ in range(draw(st.integers(0, 2))):
        builder.eni(on=draw(holders))
    for number in range(draw(st.integers(0, 2))):
        builder.dns(f"name-{number}.internal.example.com", on=draw(holders))
    _routes(draw, builder, holders)
    _ipv4(draw, builder, holders)
    return builder.world()


@st.composite
def moves(draw: st.DrawFn) -> tuple[World, str]:
    """A world, and a node of it to move to."""
    world = draw(worlds())
    return world, draw(st.sampled_from([node.name for node in world.group.members]))


def _routes(draw: st.DrawFn, builder: Builder, holders: st.SearchStrategy[Node | None]) -> None:
    for destination in draw(st.sets(st.sampled_from(OVERLAYS))):
        builder.route(destination, on=draw(holders), create=True)
        for table in builder.store.tables.values():
            node = draw(holders)
            if node is None:
                table.routes.pop(destination, None)
            else:
                table.routes[destination] = builder.store.cards_of(node.instance)[0].id


def _ipv4(draw: st.DrawFn, builder: Builder, holders: st.SearchStrategy[Node | None]) -> None:
    """Secondary addresses; Elastic IPs that they carry, wherever those are; one on the primary address."""
    for number in range(draw(st.integers(0, 3))):
        ip, node = f"10.0.1.{50 + number}", draw(holders)
        builder.private_ip(ip, on=node)
        if draw(st.booleans()):
            on_it = node is not None and draw(st.booleans())
            builder.eip(on=node if on_it else None, carrier=ip)
    if draw(st.booleans()):
        builder.eip(on=draw(holders))
