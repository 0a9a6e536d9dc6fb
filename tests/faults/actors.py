"""Several processes on one world, in memory or on the lab, each in a thread that goes on only when it is told to.

Whatever a process asks of the outside is a point, its sleep and its looks too; between two points it only thinks.
So what is interleaved is said by the one who tells, never by the machine's scheduler.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from faults.endings import End, ended
from faults.rehearsal import Book, Hand, Rehearsal
from faults.site import Strike
from toolkit.engine.engine import Engine
from toolkit.engine.view import Ports
from toolkit.testing import Killed

if TYPE_CHECKING:
    from toolkit.domain.group import Group
    from toolkit.domain.health import Observation
    from toolkit.domain.snapshot import Snapshot
    from toolkit.engine.outcome import Result
    from toolkit.ports import Answer, Ledger
    from toolkit.testing import World

# A thread that neither asks, nor waits, nor ends within this has hung.
HANGS_SECONDS: Final = 60.0
# An actor, and what it does: begins, dies, ends.
Tell = Callable[[str, str], None]


class Turns:
    """The threads of all actors, of which one at a time passes one point.

    ``tell`` hears that an actor begins, dies or ends; ``bury`` that a killed one's lease may be taken at once.
    """

    def __init__(self, *, tell: Tell, bury: Callable[[str], None]) -> None:
        self._tell = tell
        self._bury = bury
        self._turn = threading.Condition()
        self._may: Counter[str] = Counter()
        self._waiting: Counter[str] = Counter()
        self._asking: Counter[str] = Counter()
        self._threads: dict[str, threading.Thread] = {}
        self._dead: set[str] = set()
        self.ends: dict[str, End] = {}

    def enter(self, owner: str, work: Callable[[], Result]) -> None:
        """An actor comes on; it stands before its first point."""
        self._tell(owner, "begins")

        def play() -> None:
            end = ended(work)
            with self._turn:
                self._tell(owner, "dies" if end.word == "killed" else "ends")
                self.ends[owner] = end
                self._turn.notify_all()

        self._threads[owner] = threading.Thread(target=play, name=owner, daemon=True)
        self._threads[owner].start()
        self._settle(owner)

    def on_stage(self, owner: str) -> bool:
        """Whether the actor has come on and not ended."""
        return owner in self._threads and owner not in self.ends

    def go_on(self, owner: str, points: int) -> None:
        """Let the actor pass so many points, and stand before the next."""
        for _ in range(points):
            if not self.on_stage(owner):
                return
            with self._turn:
                self._may[owner] = 1
                self._turn.notify_all()
            self._settle(owner)

    def kill(self, owner: str) -> None:
        """The actor ends at the point before which it stands."""
        with self._turn:
            self._dead.add(owner)
            self._bury(owner)
            self._turn.notify_all()
        thread = self._threads[owner]
        thread.join(HANGS_SECONDS)
        if thread.is_alive():
            raise RuntimeError(f"{owner} does not die")

    def at_point(self, owner: str, what: str) -> None:
        """Wait for one's turn."""
        with self._turn:
            self._waiting[owner] += 1
            self._turn.notify_all()
            self._turn.wait_for(lambda: self._may[owner] or owner in self._dead)
            self._waiting[owner] -= 1
            if owner in self._dead:
                raise Killed(what)
            self._may[owner] -= 1
            self._asking[owner] += what.startswith("before")
            self._turn.notify_all()

    def answered(self, owner: str) -> None:
        """The request that the last turn was for is over, well or not."""
        with self._turn:
            self._asking[owner] -= 1
            self._turn.notify_all()

    def _settle(self, owner: str) -> None:
        """Wait until the actor stands before a point, or has ended."""

        def stands() -> bool:
            still = not self._may[owner] and not self._asking[owner] and bool(self._waiting[owner])
            return still or owner in self.ends

        with self._turn:
            if not self._turn.wait_for(stands, HANGS_SECONDS):
                raise RuntimeError(f"{owner} neither asks nor ends")


class Troupe(Rehearsal):
    """A rehearsal in memory whose actors take turns."""

    def __init__(self, world: World) -> None:
        self.turns = Turns(tell=self._told, bury=world.ledger.records.dead.add)
        super().__init__(world, at_point=self.turns.at_point)
        # An actor may stand still anywhere, and another one overtake it.
        self.stolen = True

    def engine(self, owner: str, ledger: Ledger, *, run_seconds: float = 60.0) -> Engine:
        world = self.world
        ports = Ports(
            cloud=Hand(self, owner),
            ledger=Book(self, owner, ledger),
            prober=Eyes(self, owner),
            resolver=Ears(self, owner),
            notifier=world.notifier,
            clock=Watch(self, owner),
            watcher=world.watcher,
        )
        return Engine(ports, run_seconds=run_seconds)

    def answered(self, owner: str) -> None:
        self.turns.answered(owner)

    def looks(self) -> bool:
        """Always: services come and go while an actor stands still, and it looks when its turn has come."""
        return True

    def _told(self, owner: str, what: str) -> None:
        self.note(f"the run {what}", run=owner, begins=what == "begins", dies=what == "dies", ends=what == "ends")


class Turnstile(Strike):
    """What lets an actor on the lab pass, request by request."""

    def __init__(self, turns: Turns, owner: str) -> None:
        super().__init__(0, lambda: False)
        self._turns = turns
        self._owner = owner

    def pass_by(self, number: int, *, after: bool) -> None:
        self._turns.at_point(self._owner, f"{'after' if after else 'before'} {number}")

    def over(self) -> None:
        self._turns.answered(self._owner)


class Watch:
    """``ports.Clock`` of one actor, whose sleep is a point."""

    def __init__(self, troupe: Troupe, owner: str) -> None:
        self._troupe = troupe
        self._owner = owner

    def wall(self) -> float:
        return self._troupe.world.clock.wall()

    def monotonic(self) -> float:
        return self._troupe.world.clock.monotonic()

    def sleep(self, seconds: float) -> None:
        with self._troupe.asking(self._owner, "sleep"):
            self._troupe.world.clock.sleep(seconds)


class Eyes:
    """``ports.Prober`` of one actor."""

    def __init__(self, troupe: Troupe, owner: str) -> None:
        self._troupe = troupe
        self._owner = owner

    def look(self, group: Group, hosts: Mapping[str, str], snapshot: Snapshot) -> Sequence[Observation]:
        with self._troupe.asking(self._owner, "look"):
            return self._troupe.world.prober.look(group, hosts, snapshot)

    def through(self, group: Group, address: str) -> Observation:
        with self._troupe.asking(self._owner, "look through"):
            return self._troupe.world.prober.through(group, address)


class Ears:
    """``ports.Resolver`` of one actor."""

    def __init__(self, troupe: Troupe, owner: str) -> None:
        self._troupe = troupe
        self._owner = owner

    def ask(self, name: str, resolver: str, *, timeout_seconds: float) -> Answer:
        with self._troupe.asking(self._owner, "ask"):
            return self._troupe.world.resolver.ask(name, resolver, timeout_seconds=timeout_seconds)

    def software(self, resolver: str, *, timeout_seconds: float) -> str | None:
        return self._troupe.world.resolver.software(resolver, timeout_seconds=timeout_seconds)
