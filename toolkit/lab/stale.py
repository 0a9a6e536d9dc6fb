"""EC2 as it was: reads that lag behind writes, as eventual consistency allows (AWS.md §2)."""

import copy
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ec2.models import EC2Backend, ec2_backends

from toolkit.lab.ec2.region import Region
from toolkit.lab.exchange import Answer, Handler, Request
from toolkit.lab.store import ServiceLocks


class Past(Protocol):
    """Whoever can keep the world of this moment and ask it later."""

    def keep(self) -> EC2Backend:
        """A copy of the present, which no later write changes."""
        ...

    def ask(self, kept: EC2Backend, request: Request) -> Answer:
        """What a read would have been answered then."""
        ...


@dataclass(kw_only=True)
class Ec2Past:
    """Keeps EC2 of one region whole and puts it back for the length of one read."""

    region: str
    locks: ServiceLocks
    inner: Handler

    def keep(self) -> EC2Backend:
        """A copy of the present, which no later write changes."""
        with self.locks.of("ec2"):
            store = ec2_backends[DEFAULT_ACCOUNT_ID][self.region]
            # Generators cannot be copied; those of a region only hand out new addresses, which no read does.
            shared = {
                id(value): value
                for region in _regions(store)
                for value in vars(region).values()
                if isinstance(value, types.GeneratorType)
            }
            kept = copy.deepcopy(store, shared)
        for region in _regions(kept):
            # What was under way would complete in the present, where it was begun.
            vars(region)["_pending"].clear()
        return kept

    def ask(self, kept: EC2Backend, request: Request) -> Answer:
        """What a read would have been answered then."""
        account = ec2_backends[DEFAULT_ACCOUNT_ID]
        with self.locks.of("ec2"):
            present = account[self.region]
            account[self.region] = kept
            try:
                return self.inner(request)
            finally:
                account[self.region] = present


def _regions(store: EC2Backend) -> list[Region]:
    return [value for value in vars(store).values() if isinstance(value, Region)]


@dataclass
class PastAnswers:
    """The world before each recent write, for as long as reads may show it."""

    clock: Callable[[], float]
    past: Past
    _kept: list[tuple[float, EC2Backend]] = field(default_factory=list)

    def before_write(self, *, seconds: float) -> None:
        """Keeps the present, to be shown for ``seconds``."""
        self._kept.append((self.clock() + seconds, self.past.keep()))

    def answer(self, request: Request) -> Answer | None:
        """The answer of the oldest world that may still be shown, if there is one."""
        self._kept = [entry for entry in self._kept if entry[0] > self.clock()]
        return self.past.ask(self._kept[0][1], request) if self._kept else None
