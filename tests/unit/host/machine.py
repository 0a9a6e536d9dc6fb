"""Nodes of a fake world with their guests and agents."""

from __future__ import annotations

from dataclasses import dataclass, field

from support.rig import by_hand, engine
from toolkit.host.agent import Agent, Round
from toolkit.testing import FakeHost, World

EVERYTHING = {"10.0.1.50", "2001:db8:0:1::50", "10.0.1.201", "10.99.0.10"}


@dataclass
class Machine:
    """A node's guest, and its agent."""

    world: World
    name: str
    host: FakeHost = field(default_factory=FakeHost)

    def __post_init__(self) -> None:
        self.catch_up("eth0")
        self.restart()

    def restart(self) -> None:
        """A new agent, which knows only what the machine knows."""
        world = self.world
        instance = world.node(self.name).instance
        self.agent = Agent(self.host, world.cloud, world.ledger, instance=instance, clock=world.clock)

    def catch_up(self, *names: str) -> None:
        """The guest sees the devices that hang on its instance, and no more than these."""
        cards = self.world.store.cards_of(self.world.node(self.name).instance)
        for card in cards[: len(names)]:
            index = card.attachment.device_index if card.attachment else 0
            if f"eth{index}" not in self.host.links:
                self.host.attach(f"eth{index}", card.mac, *([f"{card.private_ips[0]}/24"] if index == 0 else []))

    def round(self) -> Round:
        return self.agent.round([self.world.group])

    @property
    def floating(self) -> set[str]:
        """What of the group's addresses the guest answers to."""
        return self.host.addresses & EVERYTHING


def move(world: World, target: str) -> None:
    assert engine(world).run(world.group, by_hand(world, target)).status == "done"
