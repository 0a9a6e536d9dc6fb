"""Shapes of a whole configuration, on top of those that a kind of address declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from toolkit.domain.fields import Shape, Text


@dataclass(frozen=True, slots=True)
class Duration:
    """A time with its unit (``500ms``, ``10s``, ``5m``, ``1h``), read as seconds; both bounds included."""

    what: str
    minimum_seconds: float
    maximum_seconds: float


@dataclass(frozen=True, slots=True)
class Words:
    """One word of a few."""

    what: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list that may be empty unless ``minimum`` says otherwise."""

    what: str
    item: Spec
    minimum: int = 0


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping with keys of the user's choice; ``maximum`` None: any number of them."""

    what: str
    key: Text
    item: Spec
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a record."""

    name: str
    spec: Spec
    doc: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping with known keys; any other key is a fault."""

    what: str
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several spellings: a word, a text, a list, or a record known by its first key."""

    what: str
    example: str
    words: tuple[str, ...] = ()
    text: Text | None = None
    items: Items | None = None
    records: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True)
class ByKind:
    """A record that its key ``kind`` chooses."""

    what: str
    records: Mapping[str, Record]


Spec: TypeAlias = Shape | Duration | Words | Items | MapOf | Record | Choice | ByKind
