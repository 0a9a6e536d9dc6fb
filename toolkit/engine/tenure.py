"""The lease while a run works under it: checked before each change, renewed in time, the gate to the journal."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from toolkit.domain.errors import FailoverError, LeaseLost, Transient
from toolkit.domain.events import Event, EventName
from toolkit.pacing import Deadline, persist

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from toolkit.ports import Clock, Grant, Ledger, Watcher

# AWS.md §6: a holder stops earlier than a waiter would take over, by its own monotonic clock.
MARGIN_SECONDS: Final = 1.0


class Tenure:
    """One run's hold on its group; safe to share between the threads of a stage.

    ``in_journal`` once the journal has words of this run, or may have; ``opened`` says that it got them with the lease.
    ``missing`` tells what the journal lacks since a write of it failed.
    """

    def __init__(
        self, ledger: Ledger, grant: Grant, run: str, *, clock: Clock, watcher: Watcher, opened: bool = False
    ) -> None:
        self.in_journal = opened
        self.missing = ""
        self._ledger = ledger
        self._grant = grant
        self._run = run
        self._clock = clock
        self._watcher = watcher
        self._term = max(grant.until - clock.monotonic(), 2 * MARGIN_SECONDS)
        self._lock = threading.Lock()

    def previous_within(self, seconds: float) -> bool:
        """Whether somebody else could act under this lease so lately that reads beside its taking may miss it.

        ``seconds`` have to make up for how far our clock may be ahead of the other machine's.
        """
        previous = self._grant.previous
        return previous is not None and previous > self._clock.wall() - seconds

    @property
    def fence(self) -> int:
        """The fencing number of this run."""
        return self._grant.fence

    def event(self, name: EventName, data: Mapping[str, Any] | None = None) -> Event:
        return Event(name, self._run, self._clock.wall(), data or {})

    def check(self) -> None:
        """Renew the lease when half of its term is over; raises LeaseLost when it is not ours any more."""
        with self._lock:
            left = self._grant.until - self._clock.monotonic()
            if left > self._term / 2:
                return
            self._grant = persist(lambda: self._ledger.renew(self._grant), self._until_expiry(), on=(Transient,))
        self._still_ours()

    def record(self, events: Sequence[Event]) -> None:
        """Write events under the lease (which this renews), then tell the watcher; raises LeaseLost.

        The clock is not asked: the ledger refuses the write of whoever was overtaken, and of nobody else.
        """
        doubtful: list[Transient] = []

        def write() -> Grant:
            try:
                return self._ledger.append(self._grant, events)
            except Transient as error:
                doubtful.extend([error] if error.outcome_unknown else [])
                raise

        with self._lock:
            try:
                self._grant = persist(write, self._until_expiry(), on=(Transient,))
            except FailoverError:
                self.in_journal = self.in_journal or bool(doubtful)
                names = ", ".join(event.name for event in events)
                self.missing = f"the journal {'may lack' if doubtful else 'lacks'} {names}"
                raise
            self.in_journal = self.in_journal or bool(events)
        for event in events:
            self._watcher.happened(event)

    def close(self, events: Sequence[Event] = ()) -> None:
        """Write the last events and give the lease back."""
        with self._lock:
            grant = self._grant
            persist(lambda: self._ledger.release(grant, events), self._until_expiry(), on=(Transient,))
        for event in events:
            self._watcher.happened(event)

    def _until_expiry(self) -> Deadline:
        return Deadline(self._clock, self._grant.until - MARGIN_SECONDS)

    def _still_ours(self) -> None:
        if self._clock.monotonic() >= self._grant.until - MARGIN_SECONDS:
            raise LeaseLost(
                f"group {self._grant.group}: the lease ran out before it could be renewed; nothing more is touched,"
                f" run `failover resume` for this group"
            )
