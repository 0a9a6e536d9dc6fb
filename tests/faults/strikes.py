"""What may strike a run in memory at one of its points, as data: where it fits, what it does, how old reads are."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from faults.verdicts import FIRST
from toolkit.testing import Killed, silent

if TYPE_CHECKING:
    from faults.simulated import Scene

OTHER: Final = "another"
A_DAY_SECONDS: Final = 86_400.0
AN_HOUR_SECONDS: Final = 3_600.0
# Four times a lease.
PAUSE_SECONDS: Final = 60.0
# The last point of a run that ends by itself: nothing comes after it that could be disturbed.
LAST_POINT: Final = "after release"


def _not_the_last(_scene: Scene, what: str) -> bool:
    return what != LAST_POINT


def _an_answer(_scene: Scene, what: str) -> bool:
    """Of a change, a read or a write of the journal."""
    return what.startswith("after ")


def _after_a_late_read(scene: Scene, _what: str) -> bool:
    return scene.stage.late_reads > 0


def _under_the_lease(scene: Scene, what: str) -> bool:
    return what != LAST_POINT and scene.stage.world.ledger.owner(scene.stage.world.group.name) == FIRST


@dataclass(frozen=True)
class Trouble:
    """What happens at a point, at which points it means anything, how old reads are, and where the journal is.

    ``strike`` tells whether it came about. A trouble that only lies in the reads has none, and one cell a group.
    """

    strike: Callable[[Scene, str], bool] | None = None
    fits: Callable[[Scene, str], bool] = field(default=_not_the_last)
    lag_seconds: float = 0.0
    in_files: bool = False


def _die(scene: Scene, what: str) -> bool:
    scene.struck = True
    scene.die(FIRST)
    raise Killed(what)


def _lose_the_answer(scene: Scene, what: str) -> bool:
    scene.struck = True
    raise silent(what.removeprefix("after "))


def _jump(seconds: float) -> Callable[[Scene, str], bool]:
    def strike(scene: Scene, _what: str) -> bool:
        clock = scene.stage.world.clock
        clock.set_wall(clock.wall() + seconds)
        return True

    return strike


def _pause(scene: Scene, _what: str) -> bool:
    scene.stage.stand_still(PAUSE_SECONDS)
    return True


def _overtaken(target: str, *, after_seconds: float = PAUSE_SECONDS, dies_at: int = 0) -> Callable[[Scene, str], bool]:
    """The run stands still; another one gets the lease meanwhile, and moves everything, or dies while it does."""

    def strike(scene: Scene, _what: str) -> bool:
        scene.stage.stolen = True
        scene.stage.stand_still(after_seconds)
        if not after_seconds:
            scene.stage.world.ledger.records.dead.add(FIRST)
        if dies_at:
            scene.stage.at_point = _dying(scene, dies_at)
        end = scene.play(OTHER, to=target)
        scene.stage.at_point = scene.point
        return end.word in {"done", "killed"}

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


def _turn(error: int) -> Callable[[Scene, str], bool]:
    def strike(scene: Scene, _what: str) -> bool:
        scene.disk.turn(error)
        return True

    return strike


TROUBLES: Final[Mapping[str, Trouble]] = {
    "reads stale for 5 s": Trouble(lag_seconds=5.0),
    "reads stale for 30 s": Trouble(lag_seconds=30.0),
    "answer lost": Trouble(_lose_the_answer, _an_answer),
    "reads stale for 5 s, answer lost": Trouble(_lose_the_answer, _an_answer, lag_seconds=5.0),
    "reads stale for 30 s, answer lost": Trouble(_lose_the_answer, _an_answer, lag_seconds=30.0),
    "reads stale for 30 s, process killed": Trouble(_die, _after_a_late_read, lag_seconds=30.0),
    "clock jumps an hour ahead": Trouble(_jump(AN_HOUR_SECONDS)),
    "clock jumps a day back": Trouble(_jump(-A_DAY_SECONDS)),
    "holder of the lease paused for a minute": Trouble(_pause, _under_the_lease),
    "paused, another run moves all to the target": Trouble(_overtaken("db-2"), _under_the_lease),
    "paused, another run moves all back": Trouble(_overtaken("db-1"), _under_the_lease),
    "paused, another run dies half-way": Trouble(_overtaken("db-2", dies_at=12), _under_the_lease),
    "lease stolen, another run moves all back": Trouble(_overtaken("db-1", after_seconds=0.0), _under_the_lease),
    "journal in files: disk full from here on": Trouble(_turn(errno.ENOSPC), in_files=True),
    "journal in files: read-only from here on": Trouble(_turn(errno.EROFS), in_files=True),
    "journal in files: disk broken from here on": Trouble(_turn(errno.EIO), in_files=True),
}
