"""Where a ledger can keep its records, each with the same few handles for the one suite."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from support import planted
from toolkit.aws.ledger import DynamoLedger, Tenancy
from toolkit.aws.session import Connection, Keys, Timeouts
from toolkit.journal.file import FileLedger
from toolkit.ports import Clock, Ledger, Notebook
from toolkit.testing.clock import FakeClock
from toolkit.testing.ledger import MemoryLedger, Records

LEASE_SECONDS = 15.0
TABLE = "failover-state"


class Book(Ledger, Notebook, Protocol):
    """All that a store of leases and journals does."""


class Place(Protocol):
    """One store of leases and journals; each ledger on it is another owner's."""

    clock: FakeClock

    def ledger(self, owner: str) -> Book: ...

    def die_holding(self, group: str) -> None:
        """Let a process take the lease and be killed."""
        ...


@dataclass
class Memory:
    """The fake that ``toolkit.testing`` offers."""

    clock: FakeClock = field(default_factory=FakeClock)
    records: Records = field(default_factory=Records)

    def ledger(self, owner: str) -> MemoryLedger:
        return MemoryLedger(self.clock, owner=owner, lease_seconds=LEASE_SECONDS, records=self.records)

    def die_holding(self, group: str) -> None:
        dying = self.ledger("dead")
        dying.acquire(group)
        dying.die()


@dataclass
class Folder:
    """Files; a lease lasts as long as its process."""

    path: Path
    clock: FakeClock = field(default_factory=FakeClock)

    def ledger(self, owner: str) -> FileLedger:
        return FileLedger(self.path, owner=owner, clock=self.clock, lease_seconds=LEASE_SECONDS)

    def die_holding(self, group: str) -> None:
        kill_a_holder(self.where, group)

    @property
    def where(self) -> str:
        return f"file:{self.path}"


@dataclass
class Table:
    """DynamoDB over HTTP; ``still_alive`` tells the living from the dead."""

    url: str
    connection: Connection
    still_alive: Callable[[str], bool]
    clock: FakeClock = field(default_factory=FakeClock)

    def ledger(self, owner: str) -> DynamoLedger:
        return dynamo(self.connection, owner, clock=self.clock, still_alive=self.still_alive)

    def die_holding(self, group: str) -> None:
        kill_a_holder(self.where, group)

    @property
    def where(self) -> str:
        return f"dynamodb:{self.url}"


def connect(url: str, *, timeouts: Timeouts | None = None) -> Connection:
    """A connection to a lab."""
    keys = Keys("lab", planted.SECRET_KEY, planted.SESSION)
    return Connection("eu-west-1", endpoint_url=url, keys=keys, timeouts=timeouts)


def dynamo(
    connection: Connection,
    owner: str,
    *,
    clock: Clock,
    wait_seconds: float = 0.0,
    still_alive: Callable[[str], bool] = lambda _: True,
) -> DynamoLedger:
    """A ledger on the suite's table."""
    tenancy = Tenancy(owner, LEASE_SECONDS, wait_seconds, still_alive)
    return DynamoLedger(connection, TABLE, tenancy, clock=clock)


def create_table(connection: Connection) -> None:
    """The table, as the remedy for a missing one makes it."""
    keys = {"group": "HASH", "item": "RANGE"}
    connection.request(
        "dynamodb",
        "CreateTable",
        {
            "TableName": TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in keys],
            "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
        },
    )


def racer(where: str) -> subprocess.Popen[str]:
    """A process that takes and drops leases on command; see ``racer.py``."""
    program = [sys.executable, str(Path(__file__).with_name("racer.py")), where]
    return subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ask(process: subprocess.Popen[str], command: str) -> str:
    """One command to a racer, and its answer."""
    tell(process, command)
    return answer(process)


def tell(process: subprocess.Popen[str], command: str) -> None:
    """One command to a racer."""
    assert process.stdin
    process.stdin.write(command + "\n")
    process.stdin.flush()


def answer(process: subprocess.Popen[str]) -> str:
    """A racer's next line."""
    assert process.stdout
    return process.stdout.readline().strip()


def kill_a_holder(where: str, group: str) -> None:
    """Start a process, let it take the lease, and kill it."""
    with racer(where) as process:
        try:
            assert ask(process, f"acquire {group}") == "won"
        finally:
            process.kill()
