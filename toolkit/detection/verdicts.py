"""Beliefs by probe, put together into one verdict per node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from toolkit.detection.anchors import OBSERVER, cut_off
from toolkit.domain.group import Health, Node
from toolkit.domain.health import Belief, Observation, Outcome, Verdict

_AT_ONCE = {Outcome.PASSED: Belief.HEALTHY, Outcome.FAILED: Belief.UNHEALTHY, Outcome.NOT_MADE: Belief.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one round of looks shows: a verdict for each node, and why the observer is cut off, if it is."""

    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    observer_cut_off: str | None = None


def combine(node: str, beliefs: Mapping[str, tuple[Belief, str]], health: Health) -> Verdict:
    """One verdict from the belief and the reason of each probe, by the group's rule: all of them, or any.

    A probe that was never heard of is Unknown; a group without probes knows nothing.
    """
    missing = len(health.probes) - len(beliefs)
    if not health.probes:
        return Verdict(node, Belief.UNKNOWN, "the group has no probes")
    told: dict[Belief, list[str]] = {Belief.HEALTHY: [], Belief.UNHEALTHY: [], Belief.UNKNOWN: []}
    for probe, (belief, why) in beliefs.items():
        told[belief].append(f"{probe}: {why}")
    unknown = told[Belief.UNKNOWN]
    if missing > 0:
        unknown.append(f"{missing} of {len(health.probes)} probes not looked at yet")
    decisive = Belief.HEALTHY if health.any_of else Belief.UNHEALTHY
    other = Belief.UNHEALTHY if health.any_of else Belief.HEALTHY
    if told[decisive]:
        return Verdict(node, decisive, "; ".join(told[decisive]))
    if unknown:
        return Verdict(node, Belief.UNKNOWN, "; ".join(unknown))
    return Verdict(node, other, "; ".join(told[other]))


def judge(health: Health, members: Sequence[Node], observations: Iterable[Observation]) -> Evidence:
    """What a single round shows, each look taken at its word: for a run that was asked for and has no history.

    A node that was not looked at is Unknown; so are all of them when the observer is cut off.
    """
    seen = tuple(observations)
    why = cut_off(seen)
    if why is not None:
        return Evidence({node.name: Verdict(node.name, Belief.UNKNOWN, why) for node in members}, why)
    by_node: dict[str, dict[str, tuple[Belief, str]]] = {node.name: {} for node in members}
    for look in seen:
        if look.node != OBSERVER and look.node in by_node:
            by_node[look.node][look.probe] = (_AT_ONCE[look.outcome], look.why)
    return Evidence({name: combine(name, beliefs, health) for name, beliefs in by_node.items()})
