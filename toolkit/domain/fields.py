"""What a value in the configuration may be: one declaration gives the check and the JSON Schema."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Text:
    """A string; ``pattern`` must match all of it. ``what`` names it to people, ``example`` shows one."""

    what: str
    example: str
    pattern: str = r"(?s).+"

    def accepts(self, value: str) -> bool:
        return re.fullmatch(self.pattern, value) is not None


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number between two bounds, both included."""

    what: str
    minimum: int
    maximum: int


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    what: str


@dataclass(frozen=True, slots=True)
class Ip:
    """One literal address of IP version 4 or 6, given back in its shortest form."""

    what: str
    version: int


@dataclass(frozen=True, slots=True)
class Cidr:
    """A network of either IP version, without host bits."""

    what: str


@dataclass(frozen=True, slots=True)
class ListOf:
    """One or more values of a shape, none twice."""

    item: Shape


@dataclass(frozen=True, slots=True)
class PerNode:
    """A value of a shape for each node, by the node's name."""

    item: Shape


Shape: TypeAlias = Text | Whole | Flag | Ip | Cidr | ListOf | PerNode


@dataclass(frozen=True, slots=True)
class Field:
    """A key of a configuration object; ``required`` ones have no default, others are None when absent."""

    name: str
    shape: Shape
    doc: str
    required: bool = False


INSTANCE_ID = Text("an instance id", "i-0123456789abcdef0", r"i-[0-9a-f]{8}(?:[0-9a-f]{9})?")
INTERFACE_ID = Text("a network interface id", "eni-0123456789abcdef0", r"eni-[0-9a-f]{8}(?:[0-9a-f]{9})?")
ALLOCATION_ID = Text("an allocation id", "eipalloc-0123456789abcdef0", r"eipalloc-[0-9a-f]{8}(?:[0-9a-f]{9})?")
TABLE_ID = Text("a route table id", "rtb-0123456789abcdef0", r"rtb-[0-9a-f]{8}(?:[0-9a-f]{9})?")
GROUP_ID = Text("a security group id", "sg-0123456789abcdef0", r"sg-[0-9a-f]{8}(?:[0-9a-f]{9})?")
ZONE_ID = Text("a hosted zone id", "Z0123456789ABCDEFGHIJ", r"[0-9A-Z]{8,32}")
_LABEL = r"[a-zA-Z0-9_](?:[a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?"
HOST_NAME = Text("a host name", "db.example.com", rf"(?=.{{1,254}}\Z)(?:\*\.)?{_LABEL}(?:\.{_LABEL})+\.?")
NAME = Text("a short name", "db-1", r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
