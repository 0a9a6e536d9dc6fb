"""Lease and journal in memory: terms run out on the clock, owners beside each other share the records."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from toolkit.domain.errors import FailoverError, LeaseHeld, LeaseLost
from toolkit.domain.events import Event, History
from toolkit.ports import Grant
from toolkit.testing.killing import KillSwitch

if TYPE_CHECKING:
    from toolkit.testing.clock import FakeClock


T = TypeVar("T")


@dataclass
class Lease:
    """The lease item of one group."""

    owner: str | None = None
    fence: int = 0
    version: int = 0
    until: float = 0.0
    written_at: float | None = None


@dataclass
class Records:
    """What survives the death of every owner: leases, events, and who is provably dead."""

    leases: dict[str, Lease] = field(default_factory=dict)
    events: dict[str, list[str]] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)


class MemoryLedger:
    """``ports.Ledger`` of one owner. ``before_write`` hooks may change the records, or raise."""

    def __init__(
        self,
        clock: FakeClock,
        *,
        owner: str = "owner-1",
        lease_seconds: float = 15.0,
        records: Records | None = None,
        switch: KillSwitch | None = None,
    ) -> None:
        self.clock = clock
        self.own_name = owner
        self.lease_seconds = lease_seconds
        self.records = records or Records()
        self.switch = switch or KillSwitch()
        self.writes: list[str] = []
        self.before_write: list[Callable[[str], None]] = []
        self._failures: list[FailoverError] = []

    def beside(self, owner: str) -> MemoryLedger:
        """Another owner's ledger on the same records."""
        return MemoryLedger(
            self.clock, owner=owner, lease_seconds=self.lease_seconds, records=self.records, switch=self.switch
        )

    def fail(self, *errors: FailoverError) -> None:
        """Let the next writes end with these errors, nothing written."""
        self._failures.extend(errors)

    def die(self) -> None:
        """This owner's process is provably gone: its leases may be taken over at once."""
        self.records.dead.add(self.own_name)

    def acquire(self, group: str, *, opening: Sequence[Event] = ()) -> Grant:
        def write() -> Grant:
            lease = self.records.leases.setdefault(group, Lease())
            left = lease.until - self.clock.monotonic()
            if lease.owner is not None and left > 0 and lease.owner not in self.records.dead:
                raise LeaseHeld(group, lease.owner, expires_in_seconds=left)
            previous = lease.written_at if lease.owner is None else self.clock.wall()
            lease.owner, lease.fence = self.own_name, lease.fence + 1
            return replace(self._renewed(group, lease, opening), previous=previous)

        return self._write("acquire", write)

    def append(self, grant: Grant, events: Sequence[Event]) -> Grant:
        return self._write("append", lambda: self._renewed(grant.group, self._ours(grant), events))

    def renew(self, grant: Grant) -> Grant:
        return self._write("renew", lambda: self._renewed(grant.group, self._ours(grant), ()))

    def release(self, grant: Grant, events: Sequence[Event] = ()) -> None:
        def write() -> None:
            lease = self._ours(grant)
            self._renewed(grant.group, lease, events)
            lease.owner = None

        self._write("release", write)

    def note(self, group: str, event: Event) -> None:
        def write() -> None:
            self.records.events.setdefault(group, []).append(json.dumps(event.as_json()))

        self._write("note", write)

    def history(self, group: str) -> History:
        with self.clock.lock:
            lines = tuple(self.records.events.get(group, ()))
        return History(tuple(Event.from_json(json.loads(line)) for line in lines))

    def owner(self, group: str) -> str | None:
        with self.clock.lock:
            lease = self.records.leases.get(group)
            alive = lease is not None and lease.until > self.clock.monotonic() and lease.owner not in self.records.dead
            return lease.owner if lease is not None and alive else None

    def _write(self, name: str, change: Callable[[], T]) -> T:
        self.switch.point(f"before {name}")
        for hook in self.before_write:
            hook(name)
        with self.clock.lock:
            if self._failures:
                raise self._failures.pop(0)
            written = change()
            self.writes.append(name)
        self.switch.point(f"after {name}")
        return written

    def _ours(self, grant: Grant) -> Lease:
        lease = self.records.leases.get(grant.group, Lease())
        if (lease.owner, lease.fence, str(lease.version)) != (grant.owner, grant.fence, grant.version):
            raise LeaseLost(f"group {grant.group}: the lease is now with {lease.owner or 'nobody'}")
        return lease

    def _renewed(self, group: str, lease: Lease, events: Sequence[Event]) -> Grant:
        lease.version += 1
        lease.written_at = self.clock.wall()
        lease.until = self.clock.monotonic() + self.lease_seconds
        # As text, so that an event which is not JSON is found here and not in production.
        self.records.events.setdefault(group, []).extend(json.dumps(event.as_json()) for event in events)
        return Grant(group, self.own_name, lease.fence, str(lease.version), lease.until)
