"""What a name server said: addresses, the way to them, or why there are none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Failure(StrEnum):
    """Why a question gave no address; each has its own remedy."""

    BAD_NAME = "bad name"
    NXDOMAIN = "nxdomain"
    EMPTY = "empty"
    SERVFAIL = "servfail"
    REFUSED = "refused"
    LAME = "lame"
    LOOP = "loop"
    TOO_LONG = "too long"
    SILENT = "silent"
    CLOSED = "closed"
    UNREACHABLE = "unreachable"
    GARBLED = "garbled"

    @property
    def is_no_answer(self) -> bool:
        """The server told nothing about the name, so nothing can be concluded about the name."""
        return self in {Failure.SILENT, Failure.CLOSED, Failure.UNREACHABLE, Failure.GARBLED}


@dataclass(frozen=True, slots=True)
class Hop:
    """One record on the way: its name, type (CNAME, A, AAAA), values, TTL in seconds, and who said it.

    ``at`` is wall-clock seconds at the answer, ``took_seconds`` how long that answer took.
    """

    name: str
    type: str
    values: tuple[str, ...]
    ttl: int
    server: str
    at: float
    took_seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What a resolver said: the chain of CNAMEs, the final addresses, the lowest TTL seen in seconds.

    ``problem`` says in words why there is no address, ``failure`` names it; ``remarks`` are the server's own
    extended errors (RFC 8914), ``denied_by`` the zone whose SOA came with a denial,
    ``policy`` the response policy zone that changed the answer. ``whole`` is False when the
    addresses came only after further questions of ours: a program's stub resolver asks once and finds none.
    ``at`` is wall-clock seconds at the end.
    """

    name: str
    resolver: str
    chain: tuple[str, ...]
    addresses: tuple[str, ...]
    ttl: int | None
    problem: str | None = None
    failure: Failure | None = None
    hops: tuple[Hop, ...] = ()
    remarks: tuple[str, ...] = ()
    denied_by: str | None = None
    policy: str | None = None
    whole: bool = True
    at: float = 0.0
    took_seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "resolver": self.resolver,
            "chain": list(self.chain),
            "addresses": list(self.addresses),
            "ttl": self.ttl,
            "problem": self.problem,
            "failure": self.failure.value if self.failure else None,
            "remarks": list(self.remarks),
            "denied_by": self.denied_by,
            "policy": self.policy,
            "whole": self.whole,
            "at": self.at,
            "took_ms": round(self.took_seconds * 1000, 1),
            "hops": [
                {"name": hop.name, "type": hop.type, "values": list(hop.values), "ttl": hop.ttl, "server": hop.server}
                for hop in self.hops
            ],
        }
