"""What a watcher would want of a group, given what it knows and believes: pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from toolkit.domain.decision import Cause, Trigger
from toolkit.domain.events import Event, EventName
from toolkit.domain.group import AutoFailback
from toolkit.domain.health import Belief, Verdict
from toolkit.domain.holder import Free, HeldBy, present

if TYPE_CHECKING:
    from collections.abc import Mapping

    from toolkit.domain.events import History
    from toolkit.domain.holder import Holder
    from toolkit.watch.knowledge import Known

_BY_ITSELF = frozenset({Cause.FAILURE.value, Cause.RECONCILE.value})
_MINUTES_PER_HOUR = 60


def wish(
    known: Known, verdicts: Mapping[str, Verdict], *, healthy_for_seconds: Mapping[str, float], wall_seconds: float
) -> Trigger | None:
    """The run that should be asked for, None when all is well or when it is somebody's own doing."""
    held = known.holders
    return _failure(known, held, verdicts, wall_seconds) or _failback(
        known, held, verdicts, healthy_for_seconds, wall_seconds
    )


def odd(known: Known, verdicts: Mapping[str, Verdict]) -> str | None:
    """What looks like a person's doing and is left alone: addresses apart or with nobody while every node is well."""
    held = known.holders
    if set(map(type, held.values())) <= {HeldBy} and len(present(held.values())) <= 1:
        return None
    if not all(_well(known, node.name, verdicts) for node in known.group.members):
        return None
    found = ", ".join(f"{key} is with {holder}" for key, holder in held.items())
    return f"{found}, and every node is healthy: left as it is; `failover run` brings them together"


def _failure(
    known: Known, held: Mapping[str, Holder], verdicts: Mapping[str, Verdict], wall_seconds: float
) -> Trigger | None:
    for node in sorted(present(held.values())):
        verdict = verdicts.get(node)
        if verdict is not None and verdict.belief is Belief.UNHEALTHY:
            return Trigger(Cause.FAILURE, f"{node} is unhealthy: {verdict.why}", wall_seconds)
    free = [key for key, holder in held.items() if isinstance(holder, Free)]
    lost = [node.name for node in known.group.members if _gone(known, node.name, verdicts)]
    if free and lost:
        why = f"{', '.join(free)} with nobody, and {', '.join(lost)} gone or unhealthy"
        return Trigger(Cause.RECONCILE, why, wall_seconds)
    return None


def _failback(
    known: Known,
    held: Mapping[str, Holder],
    verdicts: Mapping[str, Verdict],
    healthy_for_seconds: Mapping[str, float],
    wall_seconds: float,
) -> Trigger | None:
    policy = known.group.policy.failback
    preferred = known.group.members[0].name
    nodes = present(held.values())
    if not isinstance(policy, AutoFailback) or len(nodes) != 1 or preferred in nodes:
        return None
    (holder,) = nodes
    stable = healthy_for_seconds.get(preferred, 0.0)
    if not _well(known, holder, verdicts) or not healthy_for_seconds.get(preferred) or stable < policy.stable_seconds:
        return None
    if not inside(policy.window, wall_seconds) or not moved_by_itself(known.history, holder):
        return None
    return Trigger(Cause.FAILBACK, f"{preferred} has been healthy for {stable:.0f} s", wall_seconds, target=preferred)


def inside(window: str | None, wall_seconds: float) -> bool:
    """Whether a moment lies in the daily UTC window (``22:00-04:00`` crosses midnight); always, without one."""
    if window is None:
        return True
    begin, end = (_minute(text) for text in window.split("-"))
    now = datetime.fromtimestamp(wall_seconds, UTC)
    minute = now.hour * _MINUTES_PER_HOUR + now.minute
    return begin <= minute < end if begin <= end else minute >= begin or minute < end


def moved_by_itself(history: History, holder: str) -> bool:
    """Whether the last move that reached the holder was an automatic one; a person's own is not undone."""
    runs = {event.run: event for event in history.events if event.name is EventName.RUN_STARTED}
    done = [event.run for event in history.events if event.name is EventName.STEP_DONE and event.run in runs]
    if not done:
        return False
    last = runs[done[-1]]
    return last.data.get("target") == holder and _first(last, runs).data.get("cause") in _BY_ITSELF


def _first(run: Event, runs: Mapping[str, Event]) -> Event:
    """The run that began what this one took up after a crash."""
    before = runs.get(str(run.data.get("resumes")))
    return run if before is None or before is run else _first(before, runs)


def _minute(text: str) -> int:
    hour, _, minute = text.strip().partition(":")
    return int(hour) * _MINUTES_PER_HOUR + int(minute)


def _well(known: Known, name: str, verdicts: Mapping[str, Verdict]) -> bool:
    verdict = verdicts.get(name)
    return verdict is not None and verdict.belief is Belief.HEALTHY and not _stopped(known, name)


def _gone(known: Known, name: str, verdicts: Mapping[str, Verdict]) -> bool:
    verdict = verdicts.get(name)
    return _stopped(known, name) or (verdict is not None and verdict.belief is Belief.UNHEALTHY)


def _stopped(known: Known, name: str) -> bool:
    node = known.group.node(name)
    instance = known.snapshot.instances.get(node.instance) if node else None
    return instance is None or instance.state != "running"
