"""``python -m faults.races``: many processes ask for one lease at the same moment, round after round.

On the lab's DynamoDB and on ministack's over HTTP, and on files: one winner each round, its number the next one,
nothing that it wrote lost. ``--rounds 25 --backend file`` plays a part.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import BrokenBarrierError
from typing import TYPE_CHECKING, Final

from contract.ledger.places import TABLE, connect, create_table
from faults.site import PATIENT
from support import ministack
from toolkit.aws.ledger import DynamoLedger, Tenancy
from toolkit.aws.rows import EVENT_PREFIX, events_of
from toolkit.aws.table import StateTable
from toolkit.bootstrap import SystemClock
from toolkit.domain.errors import LeaseHeld, Transient
from toolkit.domain.events import Event, EventName
from toolkit.journal.file import FileLedger
from toolkit.lab import Lab
from toolkit.pacing import Deadline, persist

if TYPE_CHECKING:
    from multiprocessing.connection import Connection as Pipe
    from multiprocessing.synchronize import Barrier

    from toolkit.ports import Ledger

GROUP: Final = "db"
PROCESSES: Final = 16
ROUNDS: Final = 1_000
# A moto transaction copies its whole table: what was read and found whole is taken away, as expiry does in AWS.
BLOCK: Final = 50
# Longer than the slowest machine takes for a round: no lease runs out here, that is shown elsewhere.
LEASE_SECONDS: Final = 600.0
PATIENCE_SECONDS: Final = 300.0
# What BatchWriteItem takes.
MOST_DELETIONS: Final = 25
ACCOUNT: Final = "111122223333"
# The file of a lock that was taken, and not yet signed, a moment ago.
UNSIGNED: Final = "another process"
STORY: Final = (EventName.RUN_STARTED, EventName.STEP_DONE, EventName.RUN_ENDED)


@dataclass(frozen=True)
class Try:
    """What one process got in one round: a fencing number, or the name of who holds the lease."""

    turn: int
    racer: str
    fence: int = 0
    held_by: str = ""


@dataclass(frozen=True)
class Place:
    """Where leases and journals are; ``drain`` gives what was written to the journal since it was last asked."""

    ledger: Callable[[str], Ledger]
    drain: Callable[[], Sequence[Event]]


def faults_of(tries: Sequence[Try], events: Sequence[Event]) -> list[str]:
    """What is wrong with a race, a line each."""
    turns = sorted({each.turn for each in tries})
    winners = {turn: [each for each in tries if each.turn == turn and each.fence] for turn in turns}
    found = [f"round {turn}: {len(won)} winners" for turn, won in winners.items() if len(won) != 1]
    if found:
        return found
    winner = {turn: won[0] for turn, won in winners.items()}
    numbers = [winner[turn].fence for turn in turns]
    if numbers != list(range(1, len(turns) + 1)):
        found.append(f"the numbers are not 1 to {len(turns)}: {numbers[:20]}")
    found += [
        f"round {each.turn}: {each.racer} was told {each.held_by}, not {winner[each.turn].racer}"
        for each in tries
        if not each.fence and each.held_by not in {winner[each.turn].racer, UNSIGNED}
    ]
    wanted = [(name, str(turn), winner[turn].racer) for turn in turns for name in STORY]
    told = [(event.name, event.run, str(event.data["by"])) for event in events]
    if told != wanted:
        lost, more = set(wanted) - set(told), set(told) - set(wanted)
        found.append(f"the journal has {len(told)} events, not {len(wanted)}; lost {lost}, not written {more}")
    return found


def compete(place: Place, racer: str, rounds: int, barrier: Barrier, pipe: Pipe) -> None:
    """One process of a race; the winner keeps the lease until everybody has been answered."""
    try:
        ledger, clock = place.ledger(racer), SystemClock()

        def event(name: EventName, turn: int) -> Event:
            return Event(name, str(turn), clock.wall(), {"by": racer})

        tries: list[Try] = []
        for turn in range(rounds):
            barrier.wait(PATIENCE_SECONDS)
            patience = Deadline.after(clock, PATIENCE_SECONDS)
            ask = partial(ledger.acquire, GROUP, opening=[event(EventName.RUN_STARTED, turn)])
            grant = None
            try:
                grant = persist(ask, patience, on=(Transient,))
                tries.append(Try(turn, racer, fence=grant.fence))
            except LeaseHeld as held:
                tries.append(Try(turn, racer, held_by=held.owner))
            barrier.wait(PATIENCE_SECONDS)
            if grant:
                done, ended = [event(EventName.STEP_DONE, turn)], [event(EventName.RUN_ENDED, turn)]
                grant = persist(partial(ledger.append, grant, done), patience, on=(Transient,))
                persist(partial(ledger.release, grant, ended), patience, on=(Transient,))
            barrier.wait(PATIENCE_SECONDS)
        pipe.send(tries)
    except BrokenBarrierError:
        return  # another process has told why
    except BaseException:
        barrier.abort()
        raise


def race(place: Place, *, processes: int, rounds: int) -> tuple[list[Try], list[Event]]:
    """Every try of every process, and the journal that they wrote."""
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(processes + 1)
    pipes = [context.Pipe(duplex=False) for _ in range(processes)]
    children = [
        context.Process(target=compete, args=(place, f"racer-{number}", rounds, barrier, sender))
        for number, (_, sender) in enumerate(pipes)
    ]
    for child in children:
        child.start()
    try:
        events: list[Event] = []
        for turn in range(rounds):
            for _ in range(3):
                barrier.wait(PATIENCE_SECONDS)
            if turn % BLOCK == BLOCK - 1 or turn == rounds - 1:
                # The others are held at the next round's first barrier.
                events += place.drain()
        return [each for receiver, _ in pipes for each in receiver.recv()], events
    finally:
        barrier.abort()
        for child in children:
            child.join()


@contextmanager
def files() -> Iterator[Place]:
    """Files in a folder of their own."""
    with tempfile.TemporaryDirectory() as folder:
        seen: list[Event] = []

        def ledger(owner: str) -> FileLedger:
            return FileLedger(Path(folder) / "state", owner=owner, clock=SystemClock(), lease_seconds=LEASE_SECONDS)

        def drain() -> Sequence[Event]:
            new = ledger("reader").history(GROUP).events[len(seen) :]
            seen.extend(new)
            return new

        yield Place(ledger, drain)


@contextmanager
def table(url: str) -> Iterator[Place]:
    """A table behind an endpoint."""
    connection, clock = connect(url, timeouts=PATIENT), SystemClock()
    create_table(connection)

    def ledger(owner: str) -> DynamoLedger:
        return DynamoLedger(connect(url, timeouts=PATIENT), TABLE, Tenancy(owner, LEASE_SECONDS), clock=clock)

    def drain() -> Sequence[Event]:
        items = StateTable(connection, TABLE, clock=clock).items(GROUP, EVENT_PREFIX)
        deletions = [{"DeleteRequest": {"Key": {name: item[name] for name in ("group", "item")}}} for item in items]
        for start in range(0, len(deletions), MOST_DELETIONS):
            batch = {"RequestItems": {TABLE: deletions[start : start + MOST_DELETIONS]}}
            connection.request("dynamodb", "BatchWriteItem", batch)
        return events_of(items)

    yield Place(ledger, drain)
    connection.close()


@contextmanager
def on_lab() -> Iterator[Place]:
    with Lab.start() as lab, table(lab.url) as place:
        yield place


@contextmanager
def on_ministack() -> Iterator[Place]:
    with (
        tempfile.TemporaryDirectory() as folder,
        ministack.running(Path(folder), account=ACCOUNT) as url,
        table(url) as place,
    ):
        yield place


PLACES: Final[Mapping[str, Callable[[], AbstractContextManager[Place]]]] = {
    "file": files,
    "lab": on_lab,
    "ministack": on_ministack,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Race on each backend, tell the figures, and what was wrong."""
    parser = argparse.ArgumentParser(prog="python -m faults.races", description="one lease, many processes")
    parser.add_argument("--backend", default="", choices=["", *PLACES])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--processes", type=int, default=PROCESSES)
    words = parser.parse_args(arguments)
    wrong: list[str] = []
    for name in [words.backend] if words.backend else PLACES:
        with PLACES[name]() as place:
            began = time.monotonic()
            tries, events = race(place, processes=words.processes, rounds=words.rounds)
            seconds = time.monotonic() - began
        wrong += [f"{name}: {fault}" for fault in faults_of(tries, events)]
        numbers = [each.fence for each in tries if each.fence]
        sys.stdout.write(
            f"{name}: {words.processes} processes, {words.rounds} rounds, {len(numbers)} winners,"
            f" {len(tries) - len(numbers)} losers, numbers {min(numbers)} to {max(numbers)}, {len(events)} events,"
            f" {seconds:.0f} s\n"
        )
    sys.stdout.write("".join(f"{fault}\n" for fault in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
