"""A plan: ordered stages of steps; the steps of a stage run together. Data that prints, serialises, has a digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from toolkit.domain.steps import Comes, Step


@dataclass(frozen=True, slots=True)
class Plan:
    """How a group's addresses get to one node; ``origin`` tells by address key who holds each now."""

    group: str
    target: str
    origin: Mapping[str, str]
    stages: tuple[tuple[Step, ...], ...]
    comes: tuple[Comes, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(step for stage in self.stages for step in stage)

    @property
    def goal(self) -> dict[str, str]:
        """The place of every subject once the plan is carried out."""
        places = {come.subject: come.place for come in self.comes}
        for step in self.steps:
            places.update(step.after)
        return places

    @property
    def digest(self) -> str:
        """Twelve hex digits that change when anything in the plan does."""
        text = json.dumps(self.as_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def as_json(self) -> dict[str, Any]:
        return {
            "group": self.group,
            "target": self.target,
            "origin": dict(self.origin),
            "stages": [[step.as_json() for step in stage] for stage in self.stages],
            "comes": [[come.subject, come.place, come.why] for come in self.comes],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Plan:
        return cls(
            group=data["group"],
            target=data["target"],
            origin=data["origin"],
            stages=tuple(tuple(Step.from_json(step) for step in stage) for stage in data["stages"]),
            comes=tuple(Comes(*come) for come in data["comes"]),
        )
