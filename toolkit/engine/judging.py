"""Looks at nodes until each is believed healthy or not, by the group's thresholds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.detection import Evidence, Tracker, life_seconds, tally
from toolkit.detection import judge as at_once
from toolkit.domain.group import AlarmProbe, StatusProbe
from toolkit.domain.health import Belief, Verdict
from toolkit.engine.gather import hosts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from toolkit.domain.group import Group, Quorum
    from toolkit.domain.snapshot import Snapshot
    from toolkit.ports import Ballot, Clock, Prober


def judge(
    group: Group,
    snapshot: Snapshot,
    names: Collection[str],
    *,
    prober: Prober,
    clock: Clock,
    quick: bool,
    between: Callable[[], None],
) -> Evidence:
    """A verdict for each named node.

    ``quick`` takes the first look at its word (a person asked, or what is looked at was read with the
    snapshot); otherwise ``fall`` and ``rise`` looks in a row decide, one each interval, and a node that does
    not settle stays Unknown. ``between`` is called before each wait.
    """
    looked = replace(group, nodes=tuple(node for node in group.members if node.name in names))
    targets = {name: host for name, host in hosts(group, snapshot).items() if name in names}
    if quick or all(isinstance(probe, (StatusProbe, AlarmProbe)) for probe in group.health.probes):
        return at_once(group.health, looked.members, prober.look(looked, targets, snapshot))
    tracker = Tracker(group.health)
    verdicts = dict(tracker.round(prober.look(looked, targets, snapshot)))
    for _ in range(2 * max(group.health.fall, group.health.rise) - 1):
        if all(verdict.belief is not Belief.UNKNOWN for verdict in verdicts.values()):
            break
        between()
        clock.sleep(group.health.interval_seconds)
        verdicts |= tracker.round(prober.look(looked, targets, snapshot))
    return Evidence(verdicts, tracker.observer_cut_off)


def by_votes(group: Group, quorum: Quorum, ballot: Ballot | None, clock: Clock) -> Evidence:
    """What enough observers believe together: where a quorum is asked, nobody's own eyes decide."""
    if ballot is None:
        why = "a quorum is asked, but the state keeps no votes: put it in DynamoDB"
        return Evidence({node.name: Verdict(node.name, Belief.UNKNOWN, why) for node in group.members})
    votes = ballot.votes(group.name)
    limit, now = life_seconds(group.health), clock.wall()
    return Evidence(
        {node.name: tally(node.name, votes, quorum, now=now, max_age_seconds=limit) for node in group.members}
    )
