from __future__ import annotations

import pytest

from toolkit.detection import Vote, tally
from toolkit.domain.group import Quorum
from toolkit.domain.health import Belief

NOW = 1_000_000.0
BELIEFS = {"h": Belief.HEALTHY, "u": Belief.UNHEALTHY, "?": Belief.UNKNOWN}


def vote(observer: str, letter: str, *, age_seconds: float = 0.0, node: str = "db-1") -> Vote:
    return Vote(observer, node, BELIEFS[letter], "connection refused", NOW - age_seconds)


def told(*votes: Vote, observers: int = 2, of: int = 3) -> Belief:
    return tally("db-1", votes, Quorum(observers, of), now=NOW, max_age_seconds=10.0).belief


@pytest.mark.parametrize(
    ("letters", "belief"),
    [
        ("uu", Belief.UNHEALTHY),
        ("uuh", Belief.UNHEALTHY),
        ("hhu", Belief.HEALTHY),
        ("u", Belief.UNKNOWN),
        ("uh", Belief.UNKNOWN),
        ("u??", Belief.UNKNOWN),
        ("", Belief.UNKNOWN),
    ],
)
def test_two_of_three_must_agree(letters: str, belief: Belief) -> None:
    assert told(*[vote(f"w{number}", letter) for number, letter in enumerate(letters)]) is belief


def test_an_observer_counts_once_by_its_latest_vote() -> None:
    assert told(vote("w1", "u", age_seconds=2), vote("w1", "u")) is Belief.UNKNOWN
    assert told(vote("w1", "u", age_seconds=2), vote("w1", "h"), vote("w2", "u")) is Belief.UNKNOWN


def test_stale_votes_expire() -> None:
    assert told(vote("w1", "u"), vote("w2", "u", age_seconds=10)) is Belief.UNHEALTHY
    assert told(vote("w1", "u"), vote("w2", "u", age_seconds=10.1)) is Belief.UNKNOWN


def test_a_vote_from_the_future_is_worthless() -> None:
    assert told(vote("w1", "u"), vote("w2", "u", age_seconds=-60)) is Belief.UNKNOWN


def test_votes_on_other_nodes_do_not_count() -> None:
    assert told(vote("w1", "u"), vote("w2", "u", node="db-2")) is Belief.UNKNOWN


def test_a_quorum_that_both_sides_reach_decides_nothing() -> None:
    votes = [vote(f"w{number}", letter) for number, letter in enumerate("uuhh")]
    assert told(*votes, observers=2, of=4) is Belief.UNKNOWN


def test_an_undecided_tally_says_what_is_missing() -> None:
    verdict = tally("db-1", [vote("w1", "u")], Quorum(2, 3), now=NOW, max_age_seconds=10.0)
    assert verdict.why == "of 3 observers 1 say unhealthy, 0 say healthy, 0 too old to count; 2 must agree"


def test_more_observers_than_the_quorum_knows_of_decide_nothing() -> None:
    """A watcher that came back under another name would otherwise vote twice."""
    verdict = tally("db-1", [vote(f"w{number}", "u") for number in range(4)], Quorum(2, 3), now=NOW, max_age_seconds=10)
    assert verdict.belief is Belief.UNKNOWN
    assert verdict.why == "4 observers vote, of 3 that the quorum knows: w0, w1, w2, w3"
    assert (
        told(*[vote(f"w{number}", "u") for number in range(3)], vote("gone", "u", age_seconds=60)) is Belief.UNHEALTHY
    )
