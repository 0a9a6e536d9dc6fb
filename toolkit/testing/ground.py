"""What the fake AWS's operations stand on: the store, the delays, and effects that come later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from toolkit.testing.refusals import missing
from toolkit.testing.store import Card, Machine, Store

Params: TypeAlias = Mapping[str, Any]


@dataclass
class Delays:
    """Seconds from the moment that AWS takes a call to its effect."""

    attach_seconds: float = 0.0
    detach_seconds: float = 0.0
    private_ip_seconds: float = 0.0
    record_seconds: float = 0.0
    stop_seconds: float = 0.0


@dataclass
class Ground:
    """One account's state at one moment; ``later`` runs an effect after so many seconds.

    ``stuck`` are interfaces that never leave a hung instance unless forced.
    """

    store: Store
    later: Callable[[float, Callable[[], None]], None]
    delays: Delays = field(default_factory=Delays)
    stuck: set[str] = field(default_factory=set)
    serial: int = 0x1000

    def next_id(self, prefix: str) -> str:
        self.serial += 1
        return f"{prefix}-{self.serial:08x}"

    def card(self, action: str, interface: str) -> Card:
        found = self.store.cards.get(interface)
        if found is None:
            raise missing(action, "NetworkInterface", interface)
        return found

    def machine(self, action: str, instance: str) -> Machine:
        found = self.store.machines.get(instance)
        if found is None:
            raise missing(action, "Instance", instance)
        return found


Operation: TypeAlias = Callable[[Ground, Params], None]
