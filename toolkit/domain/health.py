"""From one look to what we believe."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """Of one look: it passed, it failed, or the look itself could not be made."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_MADE = "not made"


@dataclass(frozen=True, slots=True)
class Observation:
    """One probe's result; ``at`` is monotonic seconds at its end."""

    node: str
    probe: str
    outcome: Outcome
    why: str
    at: float
    took_seconds: float


class Belief(StrEnum):
    """What the observations add up to."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A node's belief and its reason, for people."""

    node: str
    belief: Belief
    why: str


@dataclass(frozen=True, slots=True)
class Vote:
    """One observer's verdict on a node; ``at`` is wall-clock seconds since the epoch, as it crosses machines."""

    observer: str
    node: str
    belief: Belief
    why: str
    at: float
