"""Verdicts over time: what a watcher believes after each look."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from toolkit.detection.anchors import OBSERVER, cut_off
from toolkit.detection.pace import asks_aws, interval_seconds, longest_limit_seconds
from toolkit.detection.thresholds import Streak
from toolkit.detection.verdicts import combine
from toolkit.domain.group import Health
from toolkit.domain.health import Belief, Observation, Outcome, Verdict

# What AWS may take to answer before the row of looks is broken.
SLOW_READ_SECONDS: Final = 2.0


class Tracker:
    """Counts each probe's looks at each node and says what they add up to; no clock, no I/O.

    While the observer is cut off, its looks prove nothing; looks further apart than ``stale_seconds`` are
    not in a row, and a verdict asked for later than that after the last look is Unknown.
    """

    def __init__(self, health: Health) -> None:
        self._health = health
        self._streaks: dict[str, dict[str, Streak]] = {}
        self._anchors: dict[str, Observation] = {}
        # Why the observer can't trust its own eyes, as of the last look at its anchors.
        self.observer_cut_off: str | None = None
        slow = SLOW_READ_SECONDS if asks_aws(health) else 0.0
        each = interval_seconds(health) + max(slow, longest_limit_seconds(health))
        self.stale_seconds = (max(health.fall, health.rise) + 1) * each

    def feed(self, observation: Observation) -> Verdict:
        """Take in one look; the verdict of its node afterwards. Of one round, feed the anchors first."""
        self._take(observation)
        if observation.node == OBSERVER:
            why = self.observer_cut_off
            return Verdict(OBSERVER, Belief.HEALTHY if why is None else Belief.UNKNOWN, why or observation.why)
        return self.verdict(observation.node, now=observation.at)

    def _take(self, observation: Observation) -> None:
        if observation.node == OBSERVER:
            self._anchors[observation.probe] = observation
            self.observer_cut_off = cut_off(tuple(self._anchors.values()))
            return
        streaks = self._streaks.setdefault(observation.node, {})
        before = streaks.get(observation.probe, Streak())
        if before.outcome is not None and observation.at - before.at > self.stale_seconds:
            before = Streak()
        blind = self.observer_cut_off is not None
        streaks[observation.probe] = before.after(
            Outcome.NOT_MADE if blind else observation.outcome,
            observation.why,
            at=observation.at,
            fall=self._health.fall,
            rise=self._health.rise,
        )

    def keep(self, nodes: Collection[str]) -> None:
        """Forget every node but these."""
        self._streaks = {node: streaks for node, streaks in self._streaks.items() if node in nodes}

    def round(self, observations: Iterable[Observation]) -> Mapping[str, Verdict]:
        """Take in a whole round, in whatever order; the verdict of each node in it."""
        seen = sorted(observations, key=lambda look: look.node != OBSERVER)
        for look in seen:
            self._take(look)
        ends = {look.node: look.at for look in seen if look.node != OBSERVER}
        return {node: self.verdict(node, now=max(ends.values())) for node in ends}

    def verdict(self, node: str, *, now: float) -> Verdict:
        """What is believed of a node at ``now``, monotonic seconds."""
        why = self.observer_cut_off
        if why is not None:
            return Verdict(node, Belief.UNKNOWN, why)
        fall, rise = self._health.fall, self._health.rise
        beliefs: dict[str, tuple[Belief, str]] = {}
        for probe, streak in tuple(self._streaks.get(node, {}).items()):
            age = now - streak.at
            if age > self.stale_seconds:
                beliefs[probe] = (Belief.UNKNOWN, f"last looked at {age:.0f} s ago")
            else:
                beliefs[probe] = (streak.belief, streak.in_words(fall=fall, rise=rise))
        return combine(node, beliefs, self._health)
