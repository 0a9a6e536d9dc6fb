"""Whether to move, and where to: pure, and every node and address considered gets a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from toolkit.domain.health import Verdict
from toolkit.domain.holder import Holder


class Cause(StrEnum):
    """Who asks for a run."""

    MANUAL = "manual"
    FAILURE = "failure"
    FAILBACK = "failback"
    RECLAIM = "reclaim"
    RECONCILE = "reconcile"


@dataclass(frozen=True, slots=True)
class Trigger:
    """Who asks, why, when it happened (wall-clock seconds). A hint: health is judged again before anything moves.

    ``target`` None: the first proven node in order of preference. ``overrides`` are names of rules that a
    person sets aside; only opinions can be.
    """

    cause: Cause
    why: str
    at: float
    target: str | None = None
    overrides: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reason:
    """What was thought about one node or address."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Move:
    """Go: all addresses to this node."""

    target: str
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """Stay, by this rule."""

    rule: str
    why: str
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Stay:
    """Nothing to do: the addresses are where they belong."""

    target: str
    reasons: tuple[Reason, ...] = ()


Decision: TypeAlias = Move | Hold | Stay


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a decision may look at. Times are wall-clock seconds, ages seconds."""

    holders: Mapping[str, Holder]
    verdicts: Mapping[str, Verdict]
    now: float
    snapshot_age_seconds: float = 0.0
    move_times: tuple[float, ...] = ()
    observer_cut_off: str | None = None
    subjects: Mapping[str, str] = field(default_factory=dict)
