"""Lease and journal as files: GROUP.lock is locked while a run holds the lease, GROUP.jsonl is appended to.

The kernel gives the lock back when its holder ends, so that no lease has to run out. It guards against other
programs on this machine only.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from heapq import merge
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from toolkit.domain.errors import LeaseHeld, LeaseLost
from toolkit.domain.events import Event, History
from toolkit.journal.disk import DISK, Disk, make_folder
from toolkit.journal.lines import Line, Writer, read
from toolkit.journal.lock import Bearer, Lock, TakenError, bearer, is_taken
from toolkit.ports import Grant

if TYPE_CHECKING:
    from toolkit.ports import Clock

# Whoever only looks whether a lock is taken has it for a moment.
_TRIES: Final = 5
_BETWEEN_TRIES_SECONDS: Final = 0.005


@dataclass(frozen=True, slots=True)
class _Hold:
    lock: Lock
    journal: Writer

    def give_back(self) -> None:
        """Close the journal, and let others have the lock."""
        self.journal.close()
        self.lock.drop()


class FileLedger:
    """``ports.Ledger`` in a folder that only this user can write; raises JournalBroken when the disk refuses.

    ``owner`` names one run and no other. ``lease_seconds`` only dates grants: a lease ends with its process.
    """

    def __init__(
        self, folder: str | Path, *, owner: str, clock: Clock, lease_seconds: float = 15.0, disk: Disk = DISK
    ) -> None:
        self._folder = Path(folder)
        self._owner = owner
        self._clock = clock
        self._lease_seconds = lease_seconds
        self._disk = disk
        self._holds: dict[tuple[str, int], _Hold] = {}

    def acquire(self, group: str, *, opening: Sequence[Event] = ()) -> Grant:
        make_folder(self._folder)
        given_back_at = self._written_at(group)
        lock = self._lock(group)
        try:
            # An owner that never gave it back may have acted until it died, which was just now for all that is known.
            died = bearer(self._path(group, ".lock")).owner is not None
            previous = self._clock.wall() if died else given_back_at
            fence = self._last_fence(group) + 1
            lock.sign(Bearer(self._owner, fence))
            journal = Writer(self._path(group, ".jsonl"), disk=self._disk)
        except BaseException:
            lock.drop()
            raise
        self._holds[group, fence] = _Hold(lock, journal)
        try:
            return self.append(Grant(group, self._owner, fence, str(fence), 0.0, previous), opening)
        except BaseException:
            self._holds.pop((group, fence)).give_back()
            raise

    def append(self, grant: Grant, events: Sequence[Event]) -> Grant:
        hold = self._hold(grant)
        if events:
            hold.journal.append(Line(grant.fence, tuple(events)))
        until = self._clock.monotonic() + self._lease_seconds
        return replace(grant, until=until)

    def renew(self, grant: Grant) -> Grant:
        return self.append(grant, ())

    def release(self, grant: Grant, events: Sequence[Event] = ()) -> None:
        hold = self._hold(grant)
        try:
            self.append(grant, events)
        finally:
            # A disk that takes no more events must not keep the lease: the run stands open, for `resume` to close.
            del self._holds[grant.group, grant.fence]
            try:
                hold.lock.sign(Bearer(None, grant.fence))
            finally:
                hold.give_back()

    def note(self, group: str, event: Event) -> None:
        """Beside the journal, which belongs to whoever holds the lease; waits a moment for another's note."""
        make_folder(self._folder)
        lock = self._lock(group, ".notes.lock")
        try:
            notes = Writer(self._path(group, ".notes.jsonl"), disk=self._disk)
            try:
                notes.append(Line(0, (event,)))
            finally:
                notes.close()
        finally:
            lock.drop()

    def history(self, group: str) -> History:
        runs, notes = (
            [event for line in read(self._path(group, suffix)) for event in line.events]
            for suffix in (".jsonl", ".notes.jsonl")
        )
        return History(tuple(merge(runs, notes, key=lambda event: event.at)) if notes else tuple(runs))

    def owner(self, group: str) -> str | None:
        path = self._path(group, ".lock")
        return (bearer(path).owner or "another process") if is_taken(path) else None

    def _lock(self, group: str, suffix: str = ".lock") -> Lock:
        for attempt in range(1, _TRIES + 1):
            try:
                return Lock.take(self._path(group, suffix), disk=self._disk)
            except TakenError as taken:
                if attempt == _TRIES:
                    raise LeaseHeld(group, taken.owner) from taken
                self._clock.sleep(_BETWEEN_TRIES_SECONDS)
        raise AssertionError

    def _written_at(self, group: str) -> float | None:
        """When the last owner signed the lock, None when nobody ever did."""
        with suppress(FileNotFoundError):
            return self._path(group, ".lock").stat().st_mtime
        return None

    def _last_fence(self, group: str) -> int:
        written = [line.fence for line in read(self._path(group, ".jsonl"))[-1:]]
        return max([bearer(self._path(group, ".lock")).fence, *written])

    def _hold(self, grant: Grant) -> _Hold:
        hold = self._holds.get((grant.group, grant.fence))
        if hold is None or not hold.lock.is_ours():
            raise LeaseLost(f"group {grant.group}: its lock file is gone or not ours; look at {self._folder}")
        return hold

    def _path(self, group: str, suffix: str) -> Path:
        return self._folder / f"{quote(group, safe='')}{suffix}"
