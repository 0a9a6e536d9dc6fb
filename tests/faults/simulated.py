"""Cells in memory, in simulated time: what would cost real minutes, and disks that turn bad; each at every point.

A point is a moment before or after a request of the run, or before or after a write of its journal. A cell counts
only if its trouble came about.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from faults.disks import BadDisk
from faults.endings import End, ended
from faults.rehearsal import GAP, Rehearsal
from faults.site import story_of
from faults.strikes import TROUBLES, Trouble
from faults.verdicts import (
    BY_HAND,
    CAUSES,
    FENCED,
    FIRST,
    GROUPS,
    SECOND,
    SLOW,
    STANDING,
    THIRD,
    Cell,
    Played,
    judged,
)
from support.rig import ports
from toolkit.domain.decision import Cause, Trigger
from toolkit.domain.group import FenceStop
from toolkit.engine.engine import Engine
from toolkit.journal.file import FileLedger
from toolkit.testing import Killed, pair

if TYPE_CHECKING:
    from faults.verdicts import Verdict
    from toolkit.domain.events import History
    from toolkit.engine.outcome import Result
    from toolkit.ports import Ledger

# Another engine in the place of one.
Breaking: TypeAlias = Callable[[Engine], Engine]
# As many as a run passes to which AWS shows its own changes at once.
MOST_POINTS: Final = 40
# Where runs after a failure are tried, and each how manieth of their points.
AFTER_A_FAILURE: Final = ("eip", "ipv6", "mixed")
EACH: Final = 4
# Nobody brings a group back to a node whose service died.
BACK: Final = "moves all back"
DELAY_SECONDS: Final = 5.0
# Longer than whatever a run leaves under way.
SETTLING_SECONDS: Final = 90.0


@dataclass
class Scene:
    """One rehearsal with what its trouble may turn.

    The trouble strikes at the first point of the first run, from the ``at``-th on, that it fits; at 0 it does not.
    ``fitting`` are the points that it fits, counted from 1; ``struck`` whether it came about.
    """

    stage: Rehearsal
    disk: BadDisk
    folder: Path
    trouble: Trouble
    at: int = 0
    dead: set[str] = field(default_factory=set)
    seen: int = 0
    fitting: list[int] = field(default_factory=list)
    struck: bool = False
    over: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def point(self, owner: str, what: str) -> None:
        """Dies where its owner is dead; strikes at the chosen one."""
        with self.lock:
            if owner in self.dead:
                raise Killed(what)
            if owner != FIRST:
                return
            self.seen += 1
            fits = self.trouble.fits(self, what)
            if fits:
                self.fitting.append(self.seen)
            now = fits and not self.over and 0 < self.at <= self.seen
            self.over |= now
        if now and self.trouble.strike:
            self.struck = self.trouble.strike(self, what)

    def came_about(self) -> bool:
        """Whether the first run met its trouble: it was struck, reads were late, the disk refused something."""
        return (
            (self.struck or self.trouble.strike is None)
            and (self.stage.late_reads > 0 or not self.trouble.lag_seconds)
            and (self.disk.refused > 0 or not self.trouble.in_files)
        )

    def ledger(self, owner: str) -> Ledger:
        world = self.stage.world
        if self.trouble.in_files:
            return FileLedger(self.folder, owner=owner, clock=world.clock, disk=self.disk)
        return world.ledger.beside(owner)

    def play(self, owner: str, *, to: str | None = None, broken: Breaking = lambda engine: engine) -> End:
        """A run to that node, or without one a resume, to its end; ``broken`` puts another engine in its place."""
        engine = broken(self.stage.engine(owner, self.ledger(owner)))
        world = self.stage.world

        def go() -> Result:
            if to is None:
                return engine.resume(world.group)
            return engine.run(world.group, Trigger(Cause.MANUAL, "a cell", world.clock.wall(), target=to))

        return self._to_its_end(owner, go)

    def _to_its_end(self, owner: str, go: Callable[[], Result]) -> End:
        self.stage.note("a run begins", run=owner, begins=True)
        end = ended(go)
        if end.word == "killed" or owner in self.stage.hindered:
            # Nobody else could know that its lease is free before it runs out.
            self.stage.world.ledger.records.dead.add(owner)
        self.stage.note(f"the run is {end.word}", run=owner, dies=end.word == "killed", ends=end.word != "killed")
        return end

    def history(self) -> History:
        """What stands in the journal now."""
        return self.ledger("reader").history(self.stage.world.group.name)

    def fail_over(self, cause: str, broken: Breaking) -> End:
        """The disturbed run: by hand, or because the holder's service died, as each cause has it."""
        if cause == BY_HAND:
            return self.play(FIRST, to="db-2", broken=broken)
        world = self.stage.world
        world.prober.down.add("db-1")
        if cause == FENCED:
            world.group = replace(world.group, policy=replace(world.group.policy, fence=(FenceStop(),)))
        trigger = Trigger(Cause.FAILURE, "a cell", world.clock.wall())
        standing = Engine(ports(world)).view(world.group, trigger) if cause == STANDING else None
        engine = broken(self.stage.engine(FIRST, self.ledger(FIRST)))
        return self._to_its_end(FIRST, lambda: engine.run(world.group, trigger, standing=standing))

    def played(self, owner: str, *, to: str | None = None) -> Played:
        """A run in peace, and what the journal says right after."""
        return self.judgeable(owner, self.play(owner, to=to))

    def judgeable(self, owner: str, end: End) -> Played:
        return Played(owner, end, bool(self.history().unfinished()))

    def die(self, owner: str) -> None:
        self.dead.add(owner)
        self.stage.world.ledger.records.dead.add(owner)

    def heal(self) -> None:
        """The disk and AWS's reads are well again, and whatever was under way has arrived."""
        self.disk.turn(0)
        self.stage.world.prober.down.clear()
        self.stage.world.cloud.lag_reads(0.0)
        self.stage.world.clock.advance(SETTLING_SECONDS)


def points_of(group: str, trouble: str, cause: str = BY_HAND) -> list[int]:
    """At which points of the first run of a group a trouble means anything, were it never to strike."""
    if TROUBLES[trouble].strike is None:
        return [0]
    with tempfile.TemporaryDirectory() as folder:
        scene = _scene(group, TROUBLES[trouble], Path(folder))
        scene.fail_over(cause, lambda engine: engine)
        return scene.fitting


def play(cell: Cell, *, broken: Breaking = lambda engine: engine) -> Verdict:
    """The cell from a fresh world to its judgement; ``broken`` puts another engine in the place of the first."""
    with tempfile.TemporaryDirectory() as folder:
        scene = _scene(cell.group, TROUBLES[cell.trouble], Path(folder), at=cell.position)
        played = [scene.judgeable(FIRST, scene.fail_over(cell.cause, broken))]
        struck = scene.came_about()
        scene.heal()
        played.append(scene.played(SECOND))
        whole_at = story_of(scene.history()).whole_at or "db-1"
        at = scene.stage.world.node(whole_at).instance
        if scene.stage.stolen and set(scene.stage.places().values()) != {at}:
            # What the run had begun came after the other's end: `failover run` brings it together.
            played.append(scene.played(THIRD, to=whole_at))
        return replace(judged(cell, scene.stage.trace(scene.history()), *played), struck=struck)


def cells(*, group: str = "", trouble: str = "") -> Sequence[Cell]:
    """Every cell by hand, and a part of those after a failure; those of one group and trouble together."""
    return [
        Cell(name, what, position, cause)
        for cause in CAUSES
        for name in (GROUPS if cause == BY_HAND else AFTER_A_FAILURE)
        if group in {"", name}
        for what in TROUBLES
        if trouble in what and (cause == BY_HAND or not what.endswith(BACK))
        for position in _some(points_of(name, what, cause))[:: 1 if cause == BY_HAND else EACH]
    ]


def _some(points: Sequence[int]) -> list[int]:
    """Each point of the beginning; of the many looks at a world that reads show late, each sixteenth."""
    return [*points[:MOST_POINTS], *points[MOST_POINTS + 15 :: 16]]


def _scene(group: str, trouble: Trouble, folder: Path, *, at: int = 0) -> Scene:
    world = pair(*GROUPS[group])
    if group == SLOW:
        world.cloud.delays.attach_seconds = world.cloud.delays.detach_seconds = DELAY_SECONDS
    gap = replace(GAP, seconds=GAP.seconds + 2 * trouble.lag_seconds)
    scene = Scene(Rehearsal(world, gap=gap), BadDisk(), folder / "state", trouble, at=at)
    scene.stage.at_point = scene.point
    if trouble.lag_seconds:
        world.cloud.lag_reads(trouble.lag_seconds)
    return scene
