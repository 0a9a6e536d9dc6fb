"""One group under watch: what is believed and known of it; no clock and no I/O of its own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from toolkit.detection import OBSERVER, Evidence, Tracker, asks_aws, interval_seconds, longest_limit_seconds
from toolkit.domain.group import CommandProbe
from toolkit.domain.health import Belief, Observation, Outcome, Verdict
from toolkit.domain.holder import present
from toolkit.probes.look import Look, Part
from toolkit.watch.news import news
from toolkit.watch.waiting import Waiting
from toolkit.watch.wishes import wish

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from toolkit.domain.decision import Trigger
    from toolkit.domain.group import Group
    from toolkit.domain.snapshot import Snapshot
    from toolkit.watch.knowledge import Known


class OfNode(Protocol):
    """Anything about a node: a look or an observation."""

    @property
    def node(self) -> str: ...

    @property
    def probe(self) -> object: ...


L = TypeVar("L", bound=OfNode)

# A suspect has failed only when none of so many looks at once passes. Of looks of which chance takes one in
# twenty, three in a row are lost ten times a day; seven, as it takes now with a fall of 3, once in forty years.
TRIES: Final = 3
# What a look may take above its time limit before its group's next round is left out.
SLACK_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Round:
    """One look by every probe of a part at every node; ``suspects`` are looked at several times at once."""

    group: Group
    hosts: Mapping[str, str]
    snapshot: Snapshot
    suspects: frozenset[str] = frozenset()
    part: Part = Part.WHOLE

    def with_second_looks(self, plan: Sequence[L]) -> list[L]:
        """The looks of a round, those at suspects so often that one lost by chance is made up for by another.

        A program runs once: no packet is lost on its way, and three at once would burden a node that struggles.
        """
        again = [item for item in plan if item.node in self.suspects and not isinstance(item.probe, CommandProbe)]
        extra = [replace(item, extra=True) if isinstance(item, Look) else item for item in again]
        return [*plan, *extra * (TRIES - 1)]

    def result(self, seen: Sequence[Observation]) -> list[Observation]:
        """What the looks of the round show together."""
        return best(seen) if self.suspects else list(seen)


class Guard:
    """The memory of a watcher for one group; times are monotonic seconds that are handed in.

    ``epoch`` grows with each run of it, as reads from before one tell nothing.
    """

    def __init__(self, group: Group) -> None:
        self.group = group
        self.tracker = Tracker(group.health)
        self.known: Known | None = None
        self.verdicts: dict[str, Verdict] = {}
        self.waiting = Waiting()
        self.looks: Counter[str] = Counter()
        self.epoch = 0
        self.own_runs: set[str] = set()
        self.not_before = 0.0
        self.failures = 0
        self.restless_since: float | None = None
        self.polling = False
        self.polled_at = float("-inf")
        self.tallied: Evidence | None = None
        self.asks_aws = asks_aws(group.health)
        self.looks_itself = any(Part.OURS.has(probe) for probe in group.health.probes) or bool(group.health.anchors)
        self.interval_seconds = interval_seconds(group.health)
        self.limit_seconds = longest_limit_seconds(group.health)
        self._nodes: Group | None = None
        self._names: frozenset[str] = frozenset()
        self._hosts: dict[str, str] = {}
        self._healthy_since: dict[str, float] = {}
        self._failed: set[tuple[str, str]] = set()
        self._failing: frozenset[str] = frozenset()
        self._last: Known | None = None
        # What was known when everything was found well last; None once any belief has changed since.
        self.well_with: Known | None = None

    def learned(self, known: Known) -> list[str]:
        """Take in what a refresh gave, and tell what is new in it.

        Where a node was reached is kept when its interface is gone.
        """
        told = news(self._last, known, own=self.own_runs) if self._last else []
        self.own_runs &= {event.run for event in known.history.events}
        self.known = self._last = known
        self._nodes = known.group
        self._names = names = frozenset(node.name for node in known.group.members)
        self._hosts = {name: host for name, host in {**self._hosts, **known.hosts}.items() if name in names}
        self._keep(names)
        return told

    def _keep(self, names: frozenset[str]) -> None:
        """Believe nothing any more of nodes that are not in the group, as their tag is gone."""
        self.tracker.keep(names)
        self.verdicts = {node: verdict for node, verdict in self.verdicts.items() if node in names}
        self._healthy_since = {node: since for node, since in self._healthy_since.items() if node in names}
        self._failed = {(node, probe) for node, probe in self._failed if node in names}
        self._failing &= names

    def forget(self) -> None:
        """What was known is no longer so, as a run has changed it: nothing is decided until the next refresh."""
        self.known = None
        self.epoch += 1

    def inherit(self, older: Guard) -> None:
        """Go on where the guard of an earlier configuration was, as far as it still means the same."""
        self.not_before, self.failures, self.looks = older.not_before, older.failures, older.looks
        self.own_runs = older.own_runs
        if older.group.health == self.group.health and older.group.nodes == self.group.nodes:
            self.tracker, self.verdicts = older.tracker, older.verdicts
            self.waiting.answered_at = older.waiting.answered_at
            self._healthy_since, self._failed, self._failing = older._healthy_since, older._failed, older._failing
            self._hosts, self._nodes, self._last = older._hosts, older._nodes, older._last
            self._names = older._names

    def round(self, part: Part, checks: Snapshot) -> Round | None:
        """The next look, None before the nodes are known; ``checks`` has the status and alarms of this moment."""
        if self._nodes is None:
            return None
        return Round(self._nodes, self._hosts, checks, self._failing, part)

    def looked(self, observations: Sequence[Observation], *, now: float) -> list[Verdict]:
        """Take in a round; the verdicts whose belief it changed."""
        observations = [look for look in observations if look.node in self._names or look.node == OBSERVER]
        verdicts = self.tracker.round(observations)
        changed = [each for each in verdicts.values() if each.belief is not self._believed(each.node)]
        if changed:
            self.well_with = None
        self.verdicts |= verdicts
        self.looks.update(look.outcome.value for look in observations if look.node != OBSERVER)
        failed = {(look.node, look.probe) for look in observations if look.outcome is Outcome.FAILED}
        if failed or self._failed:
            self._failed = self._failed - {(look.node, look.probe) for look in observations} | failed
            nodes = {node for node, _ in self._failed} - {OBSERVER}
            self._failing = frozenset(node for node in nodes if self._believed(node) is not Belief.UNHEALTHY)
        for node, verdict in self.verdicts.items():
            if verdict.belief is Belief.HEALTHY:
                self._healthy_since.setdefault(node, now)
            else:
                self._healthy_since.pop(node, None)
        return changed

    @property
    def suspicious(self) -> bool:
        """Whether a node that holds something has begun to fail: the time to read the world anew."""
        return self.known is not None and bool(self._failing & present(self.known.holders.values()))

    def overdue(self, now: float) -> bool:
        """Whether a round is not answered though its looks should be over: another one would only wait behind it."""
        return self.waiting.late(Part.OURS, now, limit_seconds=self.limit_seconds + SLACK_SECONDS)

    def silent(self, now: float) -> bool:
        """Whether looks are waited for so long that nothing is believed any more."""
        return self.waiting.silent_seconds(now) > self.tracker.stale_seconds

    def seeing(self, now: float) -> bool:
        """Whether a look was answered of late."""
        return now - self.waiting.answered_at <= self.tracker.stale_seconds

    def evidence(self, *, now: float) -> Evidence:
        """What a decision may stand on: a verdict whose looks are too long ago is Unknown."""
        verdicts = {node: self.tracker.verdict(node, now=now) for node in tuple(self.verdicts)}
        return Evidence(verdicts, self.tracker.observer_cut_off)

    def wish(self, verdicts: Mapping[str, Verdict], *, now: float, wall_seconds: float) -> Trigger | None:
        """The run to ask for, as things stand by these verdicts."""
        if self.known is None:
            return None
        healthy_for = {node: now - since for node, since in self._healthy_since.items()}
        return wish(self.known, verdicts, healthy_for_seconds=healthy_for, wall_seconds=wall_seconds)

    def _believed(self, node: str) -> Belief:
        verdict = self.verdicts.get(node)
        return verdict.belief if verdict else Belief.UNKNOWN


def best(observations: Iterable[Observation]) -> list[Observation]:
    """Of several looks by one probe at one node at once, the most favourable: a lost packet proves nothing.

    One that could not be made tells nothing beside one that failed.
    """
    rank = {Outcome.PASSED: 0, Outcome.FAILED: 1, Outcome.NOT_MADE: 2}
    found: dict[tuple[str, str], Observation] = {}
    ends: dict[tuple[str, str], float] = {}
    for look in observations:
        key = look.node, look.probe
        ends[key] = max(ends.get(key, look.at), look.at)
        if key not in found or rank[look.outcome] < rank[found[key].outcome]:
            found[key] = look
    return [replace(look, at=ends[key]) if ends[key] != look.at else look for key, look in found.items()]
