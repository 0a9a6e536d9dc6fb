"""A step: one mutating AWS call with what must hold before, what must hold after, and how to undo it.

Subjects are what a fact is about (``eip:eipalloc-1``, ``route:10.99.0.10/32@rtb-1``); a place is where it
is (``eni-2/10.0.1.20``), in the words of its kind; FREE means nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

FREE = ""
Json: TypeAlias = Any
Places: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Call:
    """A request to AWS: service as botocore names it, operation, parameters as JSON."""

    service: str
    action: str
    params: Mapping[str, Json]

    def as_json(self) -> dict[str, Json]:
        return {"service": self.service, "action": self.action, "params": dict(self.params)}

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Call:
        return cls(data["service"], data["action"], data["params"])


@dataclass(frozen=True, slots=True)
class Step:
    """One mutating call.

    ``before`` and ``after`` give the place of each subject it touches; ``needs`` are subjects whose own
    steps come first; ``undo`` puts the subjects back if a later step of the same subject fails for good;
    ``last_resort`` is made when the call was taken but its effect does not come in time.
    """

    id: str
    kind: str
    call: Call
    before: Places
    after: Places
    needs: tuple[str, ...] = ()
    undo: Call | None = None
    last_resort: Call | None = None
    summary: str = ""

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(self.after)

    def as_json(self) -> dict[str, Json]:
        return {
            "id": self.id,
            "kind": self.kind,
            "call": self.call.as_json(),
            "before": dict(self.before),
            "after": dict(self.after),
            "needs": list(self.needs),
            "undo": self.undo.as_json() if self.undo else None,
            "last_resort": self.last_resort.as_json() if self.last_resort else None,
            "summary": self.summary,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Step:
        return cls(
            id=data["id"],
            kind=data["kind"],
            call=Call.from_json(data["call"]),
            before=data["before"],
            after=data["after"],
            needs=tuple(data["needs"]),
            undo=Call.from_json(data["undo"]) if data["undo"] else None,
            last_resort=Call.from_json(data["last_resort"]) if data["last_resort"] else None,
            summary=data["summary"],
        )


@dataclass(frozen=True, slots=True)
class Objection:
    """A fact that keeps a target from taking an address; no person can override it."""

    rule: str
    subject: str
    why: str


@dataclass(frozen=True, slots=True)
class Comes:
    """A subject that reaches its place without a call of its own, and why."""

    subject: str
    place: str
    why: str


@dataclass(frozen=True, slots=True)
class Moves:
    """What a kind says to a move of its addresses: the steps, and what needs none."""

    steps: tuple[Step, ...] = ()
    comes: tuple[Comes, ...] = field(default=())
