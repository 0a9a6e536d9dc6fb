"""A seeded world: what is where, by role, and the configuration that fits it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class World:
    """Ids and addresses by role (``world["db-1"]`` is an instance id), and a ready failover configuration."""

    name: str
    ids: Mapping[str, str]
    configuration: Mapping[str, Any]

    def __getitem__(self, role: str) -> str:
        return self.ids[role]

    def to_json(self) -> dict[str, Any]:
        """The world as a JSON object."""
        return {"name": self.name, "ids": dict(self.ids), "configuration": dict(self.configuration)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The world that a JSON object describes."""
        return cls(name=document["name"], ids=document["ids"], configuration=document["configuration"])
