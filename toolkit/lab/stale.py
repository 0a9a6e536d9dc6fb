"""EC2 as it was: reads that lag behind writes, as eventual consistency allows (AWS.md §2)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from toolkit.lab.copies import Place, copied
from toolkit.lab.exchange import Answer, Handler, Request
from toolkit.lab.store import ServiceLocks


class Past(Protocol):
    """Whoever can keep the world of this moment and ask it later."""

    def keep(self) -> object:
        """A copy of the present, which no later write changes."""
        ...

    def ask(self, kept: object, request: Request) -> Answer:
        """What a read would have been answered then."""
        ...


@dataclass(kw_only=True)
class Ec2Past:
    """Keeps EC2 of one region whole and puts it back for the length of one read."""

    region: str
    locks: ServiceLocks
    inner: Handler

    def keep(self) -> object:
        """A copy of the present, which no later write changes."""
        with self.locks.of("ec2"):
            return copied(Place("ec2", self.region).take())

    def ask(self, kept: object, request: Request) -> Answer:
        """What a read would have been answered then."""
        place = Place("ec2", self.region)
        with self.locks.of("ec2"):
            present = place.take()
            place.put(kept)
            try:
                return self.inner(request)
            finally:
                place.put(present)


@dataclass
class PastAnswers:
    """The world before each recent write, for as long as reads may show it."""

    clock: Callable[[], float]
    past: Past
    _kept: list[tuple[float, object]] = field(default_factory=list)

    def before_write(self, *, seconds: float) -> None:
        """Keeps the present, to be shown for ``seconds``."""
        self._kept.append((self.clock() + seconds, self.past.keep()))

    def answer(self, request: Request) -> Answer | None:
        """The answer of the oldest world that may still be shown, if there is one."""
        self._kept = [entry for entry in self._kept if entry[0] > self.clock()]
        return self.past.ask(self._kept[0][1], request) if self._kept else None
