"""Looks at nodes until each is believed healthy or not, by the group's thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.domain.group import AlarmProbe, StatusProbe
from toolkit.domain.health import Belief, Outcome, Verdict
from toolkit.engine.gather import hosts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from toolkit.domain.group import Group
    from toolkit.domain.health import Observation
    from toolkit.domain.snapshot import Snapshot
    from toolkit.ports import Clock, Prober


def judge(
    group: Group,
    snapshot: Snapshot,
    names: Collection[str],
    *,
    prober: Prober,
    clock: Clock,
    quick: bool,
    between: Callable[[], None],
) -> Mapping[str, Verdict]:
    """A verdict for each named node.

    ``quick`` believes the first look (a person asked); otherwise ``fall`` and ``rise`` looks in a row decide,
    one each interval. A node that never settles is Unknown. ``between`` is called before each wait.
    """
    targets = {name: host for name, host in hosts(group, snapshot).items() if name in names}
    health = group.health
    read_once = all(isinstance(probe, (StatusProbe, AlarmProbe)) for probe in health.probes)
    fall, rise = (1, 1) if quick or read_once else (health.fall, health.rise)
    rows: dict[str, list[Verdict]] = {name: [] for name in targets}
    for turn in range(2 * max(fall, rise)):
        if turn:
            between()
            clock.sleep(health.interval_seconds)
        seen = prober.look(group, targets, snapshot)
        for name, row in rows.items():
            row.append(_believed(name, [o for o in seen if o.node == name], any_of=health.any_of))
        if all(_settled(row, fall, rise) for row in rows.values()):
            break
    unseen = {name: Verdict(name, Belief.UNKNOWN, "it has no address to look at") for name in names if name not in rows}
    return unseen | {name: _verdict(name, row, fall, rise) for name, row in rows.items()}


def _believed(name: str, seen: Sequence[Observation], *, any_of: bool) -> Verdict:
    """What one look by all probes says of a node."""
    why = "; ".join(f"{o.probe}: {o.why}" for o in seen if o.outcome is not Outcome.PASSED)
    outcomes = [o.outcome for o in seen]
    if not outcomes:
        return Verdict(name, Belief.UNKNOWN, "no probe looks at it")
    passed = any if any_of else all
    if passed(outcome is Outcome.PASSED for outcome in outcomes):
        return Verdict(name, Belief.HEALTHY, "; ".join(f"{o.probe}: {o.why}" for o in seen))
    if Outcome.FAILED in outcomes and not (any_of and Outcome.NOT_MADE in outcomes):
        return Verdict(name, Belief.UNHEALTHY, why)
    return Verdict(name, Belief.UNKNOWN, why)


def _settled(row: Sequence[Verdict], fall: int, rise: int) -> bool:
    return _ends_with(row, Belief.UNHEALTHY, fall) or _ends_with(row, Belief.HEALTHY, rise)


def _ends_with(row: Sequence[Verdict], belief: Belief, count: int) -> bool:
    return len(row) >= count and all(verdict.belief is belief for verdict in row[-count:])


def _verdict(name: str, row: Sequence[Verdict], fall: int, rise: int) -> Verdict:
    if _settled(row, fall, rise):
        return row[-1]
    return Verdict(name, Belief.UNKNOWN, f"not settled after {len(row)} looks; the last: {row[-1].why}")
