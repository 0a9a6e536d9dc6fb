"""Where AWS says that an address is now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class HeldBy:
    """A node of the group holds it."""

    node: str

    def __str__(self) -> str:
        return self.node


@dataclass(frozen=True, slots=True)
class Free:
    """Nobody holds it."""

    def __str__(self) -> str:
        return "nobody"


@dataclass(frozen=True, slots=True)
class Foreign:
    """Somebody outside the group holds it: it is never taken."""

    who: str

    def __str__(self) -> str:
        return f"{self.who} (not of this group)"


@dataclass(frozen=True, slots=True)
class Unknown:
    """It can't be told; never read as Free."""

    why: str

    def __str__(self) -> str:
        return f"unknown: {self.why}"


@dataclass(frozen=True, slots=True)
class Split:
    """Its parts (the tables of a route) are at several nodes of the group, or some nowhere."""

    nodes: tuple[str, ...]

    def __str__(self) -> str:
        return "split over " + " and ".join(self.nodes)


Holder: TypeAlias = HeldBy | Free | Foreign | Unknown | Split


def nodes_of(holder: Holder) -> tuple[str, ...]:
    """The nodes of the group that hold the address, or a part of it."""
    if isinstance(holder, Split):
        return holder.nodes
    return (holder.node,) if isinstance(holder, HeldBy) else ()


def present(holders: Iterable[Holder]) -> set[str]:
    """The nodes that hold something."""
    return {node for holder in holders for node in nodes_of(holder)}
