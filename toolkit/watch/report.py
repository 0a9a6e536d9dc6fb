"""What a watcher shows of itself at one moment: the source of the health page and of the metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from toolkit.domain.health import Verdict

if TYPE_CHECKING:
    from toolkit.domain.holder import Holder
    from toolkit.ports import Clock
    from toolkit.watch.guard import Guard
    from toolkit.watch.voice import Voice
    from toolkit.watch.watcher import Watcher

PARTS: Final = ("aws", "ledger")
# The loop gives a sign of life each second; so long without one and it hangs.
DEAD_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class GroupReport:
    """One group; its verdicts are of this moment.

    ``snapshot_age_seconds`` and ``last_move_at`` (wall-clock seconds) are None for never; ``faults`` counts those of
    the program in what it does for this group.
    """

    holders: Mapping[str, Holder]
    verdicts: Mapping[str, Verdict]
    looks: Mapping[str, int]
    snapshot_age_seconds: float | None
    last_move_at: float | None
    runs: Mapping[str, int] = field(default_factory=dict)
    hold: str | None = None
    running: bool = False
    faults: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """The whole watcher; ``late_seconds`` is the latest that a round began in the last minute or two."""

    groups: Mapping[str, GroupReport]
    away: Mapping[str, bool]
    reloads: Mapping[str, int]
    late_seconds: float
    silent_seconds: float
    stopping: bool
    unheard: int = 0
    blind: bool = False

    @property
    def alive(self) -> bool:
        """Whether its loop turns and its looks are answered."""
        return self.silent_seconds < DEAD_SECONDS and not self.blind

    def as_json(self) -> dict[str, Any]:
        return {
            "status": self._status(),
            "away": [part for part, away in self.away.items() if away],
            "late_seconds": round(self.late_seconds, 3),
            "groups": {name: _group_json(group) for name, group in self.groups.items()},
        }

    def _status(self) -> str:
        if self.stopping:
            return "stopping"
        if self.alive:
            return "watching"
        return "blind" if self.silent_seconds < DEAD_SECONDS else "hanging"


def report(watcher: Watcher, voice: Voice, clock: Clock) -> Report:
    """As things stand; may be asked for in another thread than the watcher's."""
    now = clock.monotonic()
    ended = dict(watcher.mover.ended)
    return Report(
        groups={
            name: replace(
                _group(guard, now),
                hold=voice.now("hold", group=name),
                runs=_of(name, ended),
                running=watcher.mover.busy(name),
                faults=watcher.bulkhead.faults[name],
            )
            for name, guard in dict(watcher.guards).items()
        },
        away={part: voice.now(f"{part} away") is not None for part in PARTS},
        reloads=dict(watcher.reloads),
        late_seconds=watcher.lateness.most(now=now),
        silent_seconds=now - watcher.beat_at,
        stopping=watcher.mover.stopping,
        unheard=voice.unheard,
        blind=watcher.blind,
    )


def _group(guard: Guard, now: float) -> GroupReport:
    known = guard.known
    return GroupReport(
        holders=dict(known.holders) if known else {},
        verdicts=guard.evidence(now=now).verdicts,
        looks=dict(guard.looks),
        snapshot_age_seconds=now - known.snapshot.taken_at if known else None,
        last_move_at=max(known.history.move_times(), default=None) if known else None,
    )


def _of(name: str, ended: Mapping[tuple[str, str], int]) -> dict[str, int]:
    return {status: count for (group, status), count in ended.items() if group == name}


def _group_json(group: GroupReport) -> dict[str, Any]:
    return {
        "holders": {key: str(holder) for key, holder in group.holders.items()},
        "nodes": {node: f"{verdict.belief.value}: {verdict.why}" for node, verdict in group.verdicts.items()},
        "hold": group.hold,
        "running": group.running,
        "snapshot_age_seconds": group.snapshot_age_seconds,
    }
