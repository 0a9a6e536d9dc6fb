"""Cells in memory, in simulated time: what would cost real minutes, and disks that turn bad; each at every point.

A point is a moment before or after a request of the run, or before or after a write of its journal.
"""

from __future__ import annotations

import errno
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from faults.disks import BadDisk
from faults.endings import End, ended
from faults.invariants import Gap
from faults.rehearsal import GAP, Rehearsal
from faults.verdicts import FIRST, GROUPS, SECOND, THIRD, Cell, judged
from toolkit.domain.decision import Cause, Trigger
from toolkit.journal.file import FileLedger
from toolkit.testing import Killed, pair, silent

if TYPE_CHECKING:
    from faults.verdicts import Verdict
    from toolkit.engine.outcome import Result
    from toolkit.ports import Ledger

OTHER: Final = "another"
A_DAY_SECONDS: Final = 86_400.0
AN_HOUR_SECONDS: Final = 3_600.0
# As many as a run passes to which AWS shows its own changes at once.
MOST_POINTS: Final = 40
# Four times a lease.
PAUSE_SECONDS: Final = 60.0
# Longer than whatever a run leaves under way.
SETTLING_SECONDS: Final = 90.0


@dataclass
class Scene:
    """One rehearsal with what its troubles may turn; ``strike`` is called at the chosen point of the first run."""

    stage: Rehearsal
    disk: BadDisk
    folder: Path
    in_files: bool = False
    dead: set[str] = field(default_factory=set)
    strike: Callable[[Scene, str], None] = field(default=lambda _scene, _what: None)
    at: int = 0
    seen: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def point(self, owner: str, what: str) -> None:
        """Dies where its owner is dead; strikes at the chosen one."""
        with self.lock:
            if owner in self.dead:
                raise Killed(what)
            self.seen += owner == FIRST
            now = owner == FIRST and self.seen == self.at
        if now:
            self.strike(self, what)

    def ledger(self, owner: str) -> Ledger:
        world = self.stage.world
        if self.in_files:
            return FileLedger(self.folder, owner=owner, clock=world.clock, disk=self.disk)
        return world.ledger.beside(owner)

    def play(self, owner: str, *, to: str | None = None) -> End:
        """A run to that node, or without one a resume, to its end."""
        engine = self.stage.engine(owner, self.ledger(owner))
        world = self.stage.world
        self.stage.note("a run begins", run=owner, begins=True)

        def go() -> Result:
            if to is None:
                return engine.resume(world.group)
            return engine.run(world.group, Trigger(Cause.MANUAL, "a cell", world.clock.wall(), target=to))

        end = ended(go)
        self.stage.note(f"the run is {end.word}", run=owner, dies=end.word == "killed", ends=end.word != "killed")
        return end

    def die(self, owner: str) -> None:
        self.dead.add(owner)
        self.stage.world.ledger.records.dead.add(owner)

    def heal(self) -> None:
        """The disk and AWS's reads are well again, and whatever was under way has arrived."""
        self.die(FIRST)
        self.die(OTHER)
        self.disk.turn(0)
        self.stage.world.cloud.lag_reads(0.0)
        self.stage.world.clock.advance(SETTLING_SECONDS)


@dataclass(frozen=True)
class Trouble:
    """What happens at the point, how old reads are from the beginning, and where the journal is."""

    strike: Callable[[Scene, str], None] = field(default=lambda _scene, _what: None)
    lag_seconds: float = 0.0
    in_files: bool = False


def _die(scene: Scene, what: str) -> None:
    scene.die(FIRST)
    raise Killed(what)


def _lose_the_answer(_scene: Scene, what: str) -> None:
    """Of a call that took effect; a read's or the journal's answers are lost on the wire."""
    when, action = what.split(" ", 1)
    if when == "after" and action[0].isupper():
        raise silent(action)


def _jump(seconds: float) -> Callable[[Scene, str], None]:
    def strike(scene: Scene, _what: str) -> None:
        clock = scene.stage.world.clock
        clock.set_wall(clock.wall() + seconds)

    return strike


def _pause(scene: Scene, _what: str) -> None:
    scene.stage.stand_still(PAUSE_SECONDS)


def _overtaken(target: str, *, after_seconds: float = PAUSE_SECONDS, dies_at: int = 0) -> Callable[[Scene, str], None]:
    """The run stands still; another one gets the lease meanwhile, and moves everything, or dies while it does."""

    def strike(scene: Scene, _what: str) -> None:
        scene.stage.stolen = True
        scene.stage.stand_still(after_seconds)
        if not after_seconds:
            scene.stage.world.ledger.records.dead.add(FIRST)
        if dies_at:
            scene.stage.at_point = _dying(scene, dies_at)
        scene.play(OTHER, to=target)
        scene.stage.at_point = scene.point

    return strike


def _dying(scene: Scene, at: int) -> Callable[[str, str], None]:
    seen: list[str] = []

    def point(owner: str, what: str) -> None:
        if owner == OTHER:
            seen.append(what)
            if len(seen) >= at:
                scene.die(OTHER)
        scene.point(owner, what)

    return point


def _turn(error: int) -> Callable[[Scene, str], None]:
    return lambda scene, _what: scene.disk.turn(error)


TROUBLES: Final[Mapping[str, Trouble]] = {
    "reads stale for 30 s": Trouble(lag_seconds=30.0),
    "reads stale for 5 s, answer lost": Trouble(_lose_the_answer, lag_seconds=5.0),
    "reads stale for 30 s, answer lost": Trouble(_lose_the_answer, lag_seconds=30.0),
    "reads stale for 30 s, process killed": Trouble(_die, lag_seconds=30.0),
    "clock jumps an hour ahead": Trouble(_jump(AN_HOUR_SECONDS)),
    "clock jumps a day back": Trouble(_jump(-A_DAY_SECONDS)),
    "holder of the lease paused for a minute": Trouble(_pause),
    "paused, another run moves all to the target": Trouble(_overtaken("db-2")),
    "paused, another run moves all back": Trouble(_overtaken("db-1")),
    "paused, another run dies half-way": Trouble(_overtaken("db-2", dies_at=12)),
    "lease stolen, another run moves all back": Trouble(_overtaken("db-1", after_seconds=0.0)),
    "journal in files: disk full from here on": Trouble(_turn(errno.ENOSPC), in_files=True),
    "journal in files: read-only from here on": Trouble(_turn(errno.EROFS), in_files=True),
    "journal in files: disk broken from here on": Trouble(_turn(errno.EIO), in_files=True),
}


def points_of(group: str, trouble: str) -> int:
    """How many points the first run of a group passes under a trouble that never strikes."""
    with tempfile.TemporaryDirectory() as folder:
        scene = _scene(group, TROUBLES[trouble], Path(folder))
        scene.play(FIRST, to="db-2")
        return scene.seen


def play(cell: Cell) -> Verdict:
    """The cell from a fresh world to its judgement."""
    trouble = TROUBLES[cell.trouble]
    with tempfile.TemporaryDirectory() as folder:
        scene = _scene(cell.group, trouble, Path(folder))
        scene.strike, scene.at = trouble.strike, cell.position
        first = scene.play(FIRST, to="db-2")
        scene.heal()
        second = scene.play(SECOND)
        history = scene.ledger("reader").history("db")
        trace = scene.stage.trace(history)
        whole_at = trace.story.whole_at or "db-1"
        at = scene.stage.world.node(whole_at).instance
        if scene.stage.stolen and set(scene.stage.places().values()) != {at}:
            # What the run had begun came after the other's end: `failover run` brings it together.
            second = scene.play(THIRD, to=whole_at)
            trace = scene.stage.trace(scene.ledger("reader").history("db"))
        return judged(cell, trace, first, second)


def cells(*, group: str = "", trouble: str = "") -> Sequence[Cell]:
    """Every cell, those of one group and trouble together."""
    return [
        Cell(name, what, position)
        for name in GROUPS
        if group in {"", name}
        for what in TROUBLES
        if trouble in what
        for position in _positions(points_of(name, what))
    ]


def _positions(points: int) -> list[int]:
    """Each point of the beginning; of the many looks at a world that reads show late, each sixteenth."""
    return [*range(1, min(points, MOST_POINTS) + 1), *range(MOST_POINTS + 16, points + 1, 16)]


def _scene(group: str, trouble: Trouble, folder: Path) -> Scene:
    world = pair(*GROUPS[group])
    gap = Gap(changes=GAP.changes, seconds=GAP.seconds + 2 * trouble.lag_seconds)
    scene = Scene(Rehearsal(world, gap=gap), BadDisk(), folder / "state", in_files=trouble.in_files)
    scene.stage.at_point = scene.point
    if trouble.lag_seconds:
        world.cloud.lag_reads(trouble.lag_seconds)
    return scene
