"""The only wiring: from a configuration to an engine that speaks to the real world."""

from __future__ import annotations

import secrets
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from toolkit.aws.ballot import DynamoBallot
from toolkit.aws.gateway import AwsCloud
from toolkit.aws.ledger import DynamoLedger, Tenancy
from toolkit.aws.notify import SnsNotifier
from toolkit.aws.session import Connection
from toolkit.domain.group import DynamoState
from toolkit.engine.engine import Engine
from toolkit.engine.run import RUN_SECONDS
from toolkit.engine.view import Ports
from toolkit.journal.file import FileLedger
from toolkit.journal.process import Process, still_alive
from toolkit.pacing import Pace
from toolkit.probes import Probes
from toolkit.resolve import DnsResolver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.domain.events import Event
    from toolkit.domain.group import Configuration
    from toolkit.ports import Clock, Notebook, Watcher


class SystemClock:
    """The machine's clock."""

    def wall(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))


class Silent:
    """Watches and says nothing."""

    def happened(self, event: Event) -> None:
        del event


class Steady:
    """A watcher of events whose trouble is not the run's: a line that can't be written stops no move.

    The journal has each event all the same.
    """

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher

    def happened(self, event: Event) -> None:
        # ValueError is what a closed file raises.
        with suppress(OSError, ValueError):
            self._watcher.happened(event)


class Wiring:
    """What outlives a run: one connection and its warm clients, the threads of its reads.

    ``connection`` is a connection made before, for the same Region.
    """

    def __init__(self, configuration: Configuration, *, connection: Connection | None = None) -> None:
        self.configuration = configuration
        self.clock = SystemClock()
        self._owner = Process.current().owner(secrets.token_hex(4))
        self.connection = connection or Connection(configuration.region, run=self._owner.rpartition("/")[2])
        self.cloud = AwsCloud(self.connection, self.clock)
        self._prober = Probes()
        self._pace = Pace()
        self._runs = 0

    def engine(
        self, *, watcher: Watcher | None = None, run_seconds: float = RUN_SECONDS, wait_seconds: float = 0.0
    ) -> Engine:
        """An engine for one run, or for one run of each of several groups.

        ``wait_seconds`` is how long to wait for another's lease, so that one whose owner fell silent can be
        taken over; an owner that is provably gone on this machine is not waited for.
        """
        self._runs += 1
        owner = self._owner if self._runs == 1 else f"{self._owner}.{self._runs}"
        ports = Ports(
            cloud=self.cloud,
            ledger=_ledger(self.configuration, self.connection, owner, clock=self.clock, wait_seconds=wait_seconds),
            prober=self._prober,
            resolver=DnsResolver(),
            notifier=SnsNotifier(self.connection),
            clock=self.clock,
            watcher=Steady(watcher or Silent()),
            ballot=self._ballot(),
            pace=self._pace,
        )
        return Engine(ports, run_seconds=run_seconds)

    def notebook(self) -> Notebook:
        """The journal of all groups, for what is told beside any run."""
        return _ledger(self.configuration, self.connection, self._owner, clock=self.clock, wait_seconds=0.0)

    def _ballot(self) -> DynamoBallot | None:
        state = self.configuration.state
        return DynamoBallot(self.connection, state.table, clock=self.clock) if isinstance(state, DynamoState) else None

    def close(self) -> None:
        """Give threads and sockets back."""
        self.cloud.close()
        self.connection.close()


@contextmanager
def engine_for(
    configuration: Configuration,
    *,
    watcher: Watcher | None = None,
    run_seconds: float = RUN_SECONDS,
    wait_seconds: float = 0.0,
) -> Iterator[Engine]:
    """An engine for one command, its connections closed afterwards."""
    wiring = Wiring(configuration)
    try:
        yield wiring.engine(watcher=watcher, run_seconds=run_seconds, wait_seconds=wait_seconds)
    finally:
        wiring.close()


def _ledger(
    configuration: Configuration, connection: Connection, owner: str, *, clock: Clock, wait_seconds: float
) -> DynamoLedger | FileLedger:
    if isinstance(configuration.state, DynamoState):
        tenancy = Tenancy(owner, configuration.lease_seconds, wait_seconds, still_alive)
        return DynamoLedger(connection, configuration.state.table, tenancy, clock=clock)
    return FileLedger(configuration.state.folder, owner=owner, clock=clock, lease_seconds=configuration.lease_seconds)
