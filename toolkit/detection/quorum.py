"""What several observers believe together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from toolkit.detection.pace import interval_seconds
from toolkit.domain.group import Health, Quorum
from toolkit.domain.health import Belief, Verdict, Vote

SHORTEST_LIFE_SECONDS: Final = 10.0


def life_seconds(health: Health) -> float:
    """How long a vote counts: a few rounds of verdicts, so that a watcher that died is soon not heard any more."""
    return max(SHORTEST_LIFE_SECONDS, 3 * max(health.fall, health.rise) * interval_seconds(health))


def tally(node: str, votes: Iterable[Vote], quorum: Quorum, *, now: float, max_age_seconds: float) -> Verdict:
    """The verdict that at least ``quorum.observers`` fresh votes share, else Unknown.

    Each observer counts once, by its latest vote. More observers than the quorum knows of decide nothing: one of them
    may be counted twice, under the name that it had before a restart. A vote from the future is as worthless as a
    stale one: its observer's clock is wrong by more than the age that is allowed.
    """
    latest: dict[str, Vote] = {}
    for vote in votes:
        if vote.node == node and (vote.observer not in latest or latest[vote.observer].at < vote.at):
            latest[vote.observer] = vote
    fresh = {name: vote for name, vote in latest.items() if abs(now - vote.at) <= max_age_seconds}
    if len(fresh) > quorum.of:
        why = f"{len(fresh)} observers vote, of {quorum.of} that the quorum knows: {', '.join(sorted(fresh))}"
        return Verdict(node, Belief.UNKNOWN, why)
    by_belief = {
        belief: sorted(name for name, vote in fresh.items() if vote.belief is belief)
        for belief in (Belief.UNHEALTHY, Belief.HEALTHY)
    }
    enough = [belief for belief, observers in by_belief.items() if len(observers) >= quorum.observers]
    if len(enough) == 1:
        agreed = by_belief[enough[0]]
        reason = fresh[agreed[0]].why
        return Verdict(node, enough[0], f"{len(agreed)} of {quorum.of} observers ({', '.join(agreed)}): {reason}")
    stale = len(latest) - len(fresh)
    counts = ", ".join(f"{len(observers)} say {belief.value}" for belief, observers in by_belief.items())
    return Verdict(
        node,
        Belief.UNKNOWN,
        f"of {quorum.of} observers {counts}, {stale} too old to count; {quorum.observers} must agree",
    )
