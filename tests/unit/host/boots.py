"""Instances that come up in a fake world."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from support.rig import engine
from toolkit.engine.reclaim import Reclaimer
from toolkit.pacing import Deadline

if TYPE_CHECKING:
    from toolkit.engine.outcome import Result
    from toolkit.testing import World

PATIENCE_SECONDS = 300.0


@dataclass
class Boot:
    """One instance's reclaim; ``said`` is what it told while it waited."""

    world: World
    instance: str
    wait_seconds: float = PATIENCE_SECONDS
    said: list[str] = field(default_factory=list)

    def reclaim(self) -> Result:
        deadline = Deadline.after(self.world.clock, self.wait_seconds)
        reclaimer = Reclaimer(engine(self.world), self.instance, deadline=deadline, tell=self.said.append)
        return reclaimer.reclaim(self.world.group)


def boot(world: World, node: str, *, wait_seconds: float = PATIENCE_SECONDS) -> Boot:
    """The boot of a node of the group."""
    return Boot(world, world.node(node).instance, wait_seconds)


def changes(world: World) -> list[str]:
    """What was really changed, by name."""
    return [call.action for call in world.cloud.made]
