"""Lease and journal on DynamoDB: every write checks the lease and appends in one transaction.

A waiter never compares clocks: it takes over once the lease's version has stayed the same for a full lease by
its own monotonic clock, and a holder stops earlier than that by his (``AWS.md`` §6).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import TYPE_CHECKING, Final

from toolkit.aws import rows
from toolkit.aws.rows import LeaseRow
from toolkit.aws.table import OtherVersionError, StateTable
from toolkit.domain.errors import LeaseHeld, LeaseLost, Transient
from toolkit.domain.events import Event, History
from toolkit.ports import Grant

if TYPE_CHECKING:
    from toolkit.aws.session import Connection
    from toolkit.ports import Clock

# A holder's own term ends before any waiter's can, whatever the drift of their clocks.
_OWN_TERM: Final = 0.9
_POLLS_PER_LEASE: Final = 20
_SHORTEST_WAIT_SECONDS: Final = 0.01


@dataclass(frozen=True, slots=True)
class Tenancy:
    """Who asks for leases, how long they last, and how long ``acquire`` waits for another's to run out.

    ``owner`` names one run and no other. ``still_alive`` says False only of an owner that is provably gone,
    whose lease need not run out then.
    """

    owner: str
    lease_seconds: float = 15.0
    wait_seconds: float = 0.0
    still_alive: Callable[[str], bool] = field(default=lambda _: True)


@dataclass(frozen=True, slots=True)
class _Write:
    """A write to the lease: the row it leaves, the events it appends, the next event's number, our term's end."""

    row: LeaseRow
    events: tuple[Event, ...]
    number: int
    until: float


@dataclass(slots=True)
class _Seen:
    """A lease as last seen, and since when (monotonic) it has been so."""

    row: LeaseRow | None
    since: float


class DynamoLedger:
    """``ports.Ledger`` on a table; safe in several threads. Nothing is repeated here, but every method can be.

    A method whose answer was lost (Transient) may be called again with the same arguments: a write that had
    arrived is recognised by its version and not made twice.
    """

    def __init__(self, connection: Connection, table: str, tenancy: Tenancy, *, clock: Clock) -> None:
        self._table = StateTable(connection, table, clock=clock)
        self._tenancy = tenancy
        self._clock = clock
        self._locks: dict[str, RLock] = {}
        self._held: dict[tuple[str, int], _Write] = {}
        self._doubtful: dict[str, list[_Write]] = {}
        self._seen: dict[str, _Seen] = {}

    def acquire(self, group: str, *, opening: Sequence[Event] = ()) -> Grant:
        with self._lock(group):
            deadline = self._clock.monotonic() + self._tenancy.wait_seconds
            seen = self._seen.get(group)
            # A lease last seen free is tried without looking first: one round trip instead of two.
            free = seen is not None and (seen.row is None or seen.row.released)
            current = seen.row if seen and free else self._look(group)
            while not (grant := self._try(group, current, tuple(opening))):
                current = self._seen[group].row
                if current and not (self._arrived(group, current) or self._may_take(group, current)):
                    self._wait(group, current, deadline)
                    current = self._look(group)
            return grant

    def append(self, grant: Grant, events: Sequence[Event]) -> Grant:
        with self._lock(grant.group):
            return self._record(grant, tuple(events), released=False)

    def renew(self, grant: Grant) -> Grant:
        return self.append(grant, ())

    def release(self, grant: Grant, events: Sequence[Event] = ()) -> None:
        with self._lock(grant.group):
            self._record(grant, tuple(events), released=True)
            del self._held[grant.group, grant.fence]

    def note(self, group: str, event: Event) -> None:
        self._table.note(rows.note_item(group, event, written_at=self._clock.wall(), name=self._new_version()))

    def history(self, group: str) -> History:
        return History(rows.events_of(self._table.events(group)))

    def owner(self, group: str) -> str | None:
        row = self._look(group)
        return row.owner if row and not row.released else None

    def _try(self, group: str, current: LeaseRow | None, opening: tuple[Event, ...]) -> Grant | None:
        """Take the lease if it may be taken; None when it may not, or when somebody was quicker."""
        arrived = self._arrived(group, current)
        if arrived and not arrived.row.released:
            return replace(self._granted(group, arrived), previous=self._clock.wall())
        if not self._may_take(group, current):
            return None
        fence = current.fence + 1 if current else 1
        row = LeaseRow(self._tenancy.owner, fence, self._new_version(), self._tenancy.lease_seconds)
        try:
            write = self._write(group, row, opening, number=0, after=current)
            return replace(self._granted(group, write), previous=self._last_act(current))
        except OtherVersionError as error:
            self._observe(group, error.row)
            return None

    def _last_act(self, row: LeaseRow | None) -> float | None:
        """When the last owner could act last: any time until now, if it never gave the lease back."""
        if row is None:
            return None
        return row.updated_at if row.released else self._clock.wall()

    def _record(self, grant: Grant, events: tuple[Event, ...], *, released: bool) -> Grant:
        held = self._held.get((grant.group, grant.fence))
        if held is None:
            raise LeaseLost(f"group {grant.group}: this run holds the lease no more; see `failover status`")
        row = replace(held.row, version=self._new_version(), released=released)
        try:
            return self._granted(grant.group, self._write(grant.group, row, events, number=held.number, after=held.row))
        except OtherVersionError as error:
            arrived = self._arrived(grant.group, error.row)
            if arrived is None:
                del self._held[grant.group, grant.fence]
                self._observe(grant.group, error.row)
                by = f"taken over by {error.row.owner}" if error.row else "deleted"
                raise LeaseLost(f"group {grant.group}: the lease was {by}; see `failover status`") from error
        granted = self._granted(grant.group, arrived)
        same = arrived.events == events and arrived.row.released == released
        return granted if same else self._record(granted, events, released=released)

    def _write(
        self, group: str, row: LeaseRow, events: tuple[Event, ...], *, number: int, after: LeaseRow | None
    ) -> _Write:
        started, now = self._clock.monotonic(), self._clock.wall()
        items = rows.event_items(group, events, fence=row.fence, number=number, written_at=now)
        write = _Write(row, events, number + len(items), started + row.lease_seconds * _OWN_TERM)
        # Noted before it is sent: whatever the end of the request, it may arrive.
        self._doubtful.setdefault(group, []).append(write)
        try:
            self._table.write(group, row, items, if_version=after.version if after else None)
        except Transient as error:
            if not error.outcome_unknown:
                self._doubtful[group].remove(write)
            raise
        return write

    def _arrived(self, group: str, current: LeaseRow | None) -> _Write | None:
        """The write of ours that stands there although its answer never came."""
        return next((w for w in self._doubtful.get(group, ()) if current and w.row.version == current.version), None)

    def _granted(self, group: str, write: _Write) -> Grant:
        self._doubtful.pop(group, None)
        self._observe(group, write.row)
        self._held[group, write.row.fence] = write
        return Grant(group, write.row.owner, write.row.fence, write.row.version, write.until)

    def _look(self, group: str) -> LeaseRow | None:
        row = self._table.lease(group)
        self._observe(group, row)
        return row

    def _observe(self, group: str, row: LeaseRow | None) -> None:
        seen = self._seen.get(group)
        if seen is None or seen.row != row:
            self._seen[group] = _Seen(row, self._clock.monotonic())

    def _left_seconds(self, group: str, current: LeaseRow) -> float:
        """How much longer the lease must stay silent before it may be taken."""
        return self._seen[group].since + current.lease_seconds - self._clock.monotonic()

    def _may_take(self, group: str, current: LeaseRow | None) -> bool:
        if current is None or current.released or not self._tenancy.still_alive(current.owner):
            return True
        return self._left_seconds(group, current) <= 0

    def _wait(self, group: str, current: LeaseRow, deadline: float) -> None:
        left = self._left_seconds(group, current)
        until_deadline = deadline - self._clock.monotonic()
        if until_deadline <= 0:
            raise LeaseHeld(group, current.owner, expires_in_seconds=max(left, 0.0))
        wait = min(left, until_deadline, self._tenancy.lease_seconds / _POLLS_PER_LEASE)
        self._clock.sleep(max(wait, _SHORTEST_WAIT_SECONDS))

    def _lock(self, group: str) -> RLock:
        return self._locks.setdefault(group, RLock())

    @staticmethod
    def _new_version() -> str:
        return secrets.token_hex(16)
