"""A process that competes for leases: ``acquire GROUP`` and ``release GROUP``, one a line, answered in a word."""

from __future__ import annotations

import sys
import time

from toolkit.aws.ledger import DynamoLedger, Tenancy
from toolkit.aws.session import Connection, Keys
from toolkit.domain.errors import CloudError, LeaseHeld
from toolkit.journal.file import FileLedger
from toolkit.journal.process import Process, still_alive
from toolkit.ports import Grant, Ledger


class SystemClock:
    """The machine's clock."""

    def wall(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def ledger(where: str) -> Ledger:
    """A ledger on a place given as KIND:PLACE, owned by this process."""
    kind, _, place = where.partition(":")
    owner = Process.current().owner("race")
    if kind == "file":
        return FileLedger(place, owner=owner, clock=SystemClock())
    connection = Connection("eu-west-1", endpoint_url=place, keys=Keys("lab", "lab"))
    return DynamoLedger(connection, "failover-state", Tenancy(owner, still_alive=still_alive), clock=SystemClock())


def main(where: str) -> None:
    """Do what standard input says until it ends."""
    mine, grants = ledger(where), dict[str, Grant]()
    for line in sys.stdin:
        verb, group = line.split()
        try:
            if verb == "acquire":
                grants[group] = mine.acquire(group)
            else:
                mine.release(grants.pop(group))
            said = "won"
        except LeaseHeld as held:
            said = f"held by {held.owner}"
        except CloudError as error:
            said = f"error {error}"
        sys.stdout.write(said + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
