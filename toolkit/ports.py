"""What the engine needs of the outside, as protocols; ``toolkit.testing`` has a fake of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from toolkit.domain.answers import Answer
from toolkit.domain.events import Event, History
from toolkit.domain.group import ByTag, Group, Node
from toolkit.domain.guest import Change, Guest
from toolkit.domain.health import Observation, Vote
from toolkit.domain.snapshot import Reads, Snapshot
from toolkit.domain.steps import Call

__all__ = [
    "Answer",
    "Ballot",
    "Clock",
    "Cloud",
    "Grant",
    "Host",
    "Ledger",
    "Notebook",
    "Notifier",
    "Prober",
    "Resolver",
    "Watcher",
]


class Clock(Protocol):
    """Time as an argument, so that no test waits."""

    def wall(self) -> float:
        """Seconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...

    def sleep(self, seconds: float) -> None: ...


class Cloud(Protocol):
    """AWS, spoken to in domain terms. Every error is a ``CloudError``; nothing is retried here."""

    def read(self, reads: Reads) -> Snapshot:
        """The world as far as ``reads`` asks, in at most two sequential round trips."""
        ...

    def call(self, call: Call) -> None:
        """Make one change."""
        ...

    def nodes_by_tag(self, tag: ByTag) -> tuple[Node, ...]:
        """The instances that bear the tag, ordered by their tag ``failover:priority``."""
        ...


@dataclass(frozen=True, slots=True)
class Grant:
    """The lease, as its owner holds it: ``fence`` grows at each takeover, ``until`` is monotonic seconds.

    ``previous`` is until when whoever had it before could act: when it gave the lease back (wall-clock seconds of
    that machine, whose clock may differ from ours), now if it never did; None when nobody had it.
    """

    group: str
    owner: str
    fence: int
    version: str
    until: float
    previous: float | None = None


class Ledger(Protocol):
    """Lease and journal of a group in one place, so that one write can check the one and append to the other."""

    def acquire(self, group: str, *, opening: Sequence[Event] = ()) -> Grant:
        """Take the lease (and write the opening events with the same write); raises LeaseHeld."""
        ...

    def append(self, grant: Grant, events: Sequence[Event]) -> Grant:
        """Record events if the lease is still ours, which it renews; raises LeaseLost."""
        ...

    def renew(self, grant: Grant) -> Grant:
        """Hold the lease for another term; raises LeaseLost."""
        ...

    def release(self, grant: Grant, events: Sequence[Event] = ()) -> None:
        """Record the closing events and give the lease back; raises LeaseLost."""
        ...

    def history(self, group: str) -> History:
        """What stands in the journal, oldest first, as of now."""
        ...

    def owner(self, group: str) -> str | None:
        """Who holds the lease now, None for nobody."""
        ...


class Notebook(Protocol):
    """The same journal, for what is told beside any run."""

    def note(self, group: str, event: Event) -> None:
        """Record one event without the lease, which this neither needs nor touches; may stand there twice."""
        ...


class Host(Protocol):
    """This machine's addresses, rules and routes."""

    def guest(self) -> Guest:
        """What the machine has now."""
        ...

    def change(self, change: Change) -> None:
        """Do one thing; raises FailoverError when the machine refuses."""
        ...

    def owned(self) -> frozenset[str]:
        """The addresses that the toolkit itself added since the machine came up."""
        ...

    def own(self, addresses: frozenset[str]) -> None:
        """Remember them."""
        ...

    def announce(self, device: str, address: str) -> None:
        """Tell the neighbours where the address is now, as far as that is possible."""
        ...


class Ballot(Protocol):
    """Where the observers of a group leave their votes for each other."""

    def cast(self, group: str, observer: str, votes: Sequence[Vote]) -> None:
        """Put the observer's votes in the place of its earlier ones."""
        ...

    def votes(self, group: str) -> Sequence[Vote]:
        """All votes that stand, old ones too."""
        ...


class Prober(Protocol):
    """Looks at nodes and through addresses."""

    def look(self, group: Group, hosts: Mapping[str, str], snapshot: Snapshot) -> Sequence[Observation]:
        """One look by every probe of the group at each node; ``hosts`` gives the address by node name."""
        ...

    def through(self, group: Group, address: str) -> Observation:
        """One look at the service through an address of the group."""
        ...


class Resolver(Protocol):
    """Asks one name server and follows CNAMEs."""

    def ask(self, name: str, resolver: str, *, timeout_seconds: float) -> Answer: ...

    def software(self, resolver: str, *, timeout_seconds: float) -> str | None:
        """What the server says it is, None if it won't say; it explains what goes wrong there."""
        ...


class Notifier(Protocol):
    """Tells people; never raises, a failed notification is an answer."""

    def notify(self, group: Group, subject: str, body: Mapping[str, object]) -> str | None:
        """None when it was taken, else what went wrong."""
        ...


class Watcher(Protocol):
    """Is told of each event as it happens: progress on a terminal, JSON lines, metrics."""

    def happened(self, event: Event) -> None: ...
