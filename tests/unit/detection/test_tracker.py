from __future__ import annotations

import pytest

from toolkit.detection import OBSERVER, Tracker
from toolkit.domain.group import AlarmProbe, Health, TcpProbe
from toolkit.domain.health import Belief, Observation, Outcome

HEALTH = Health((TcpProbe(1, timeout_seconds=0.5),), interval_seconds=1.0, fall=3, rise=2)
PASSED, FAILED = Outcome.PASSED, Outcome.FAILED


def look(outcome: Outcome, at: float, *, node: str = "db-1", probe: str = "tcp 1") -> Observation:
    return Observation(node, probe, outcome, outcome.value, at, 0.0)


def healthy() -> Tracker:
    """A tracker that believes db-1 healthy at second 2."""
    tracker = Tracker(HEALTH)
    tracker.feed(look(PASSED, 1.0))
    tracker.feed(look(PASSED, 2.0))
    return tracker


def test_a_verdict_falls_with_the_look_that_fills_the_row_and_not_before() -> None:
    tracker = healthy()
    beliefs = [tracker.feed(look(FAILED, at)).belief for at in (3.0, 4.0, 5.0)]
    assert beliefs == [Belief.HEALTHY, Belief.HEALTHY, Belief.UNHEALTHY]


def test_nodes_are_counted_apart() -> None:
    tracker = healthy()
    for at in (3.0, 4.0, 5.0):
        tracker.feed(look(FAILED, at, node="db-2"))
    assert tracker.verdict("db-1", now=5.0).belief is Belief.HEALTHY
    assert tracker.verdict("db-2", now=5.0).belief is Belief.UNHEALTHY


def test_a_node_never_looked_at_is_unknown() -> None:
    assert Tracker(HEALTH).verdict("db-1", now=0.0).belief is Belief.UNKNOWN


def test_an_old_belief_is_no_belief() -> None:
    tracker = healthy()
    late = 2.0 + tracker.stale_seconds
    assert tracker.verdict("db-1", now=late).belief is Belief.HEALTHY
    assert tracker.verdict("db-1", now=late + 0.1).belief is Belief.UNKNOWN


def test_looks_on_either_side_of_a_pause_are_not_in_a_row() -> None:
    """A watcher that was stopped for an hour begins to count anew."""
    tracker = healthy()
    tracker.feed(look(FAILED, 3.0))
    tracker.feed(look(FAILED, 4.0))
    assert tracker.feed(look(FAILED, 3604.0)).belief is Belief.UNKNOWN


def test_a_cut_off_observer_believes_nothing_and_counts_no_failure() -> None:
    tracker = healthy()
    for at in (3.0, 4.0, 5.0, 6.0):
        told = tracker.round([look(FAILED, at), look(FAILED, at, node=OBSERVER, probe="10.0.0.1:53")])
        assert told["db-1"].belief is Belief.UNKNOWN
    told = tracker.round([look(FAILED, 7.0), look(PASSED, 7.0, node=OBSERVER, probe="10.0.0.1:53")])
    assert told["db-1"].belief is Belief.UNKNOWN
    assert tracker.observer_cut_off is None


def test_a_node_that_is_still_down_when_the_observer_is_back_falls_after_a_full_row() -> None:
    tracker = healthy()
    tracker.round([look(FAILED, 3.0), look(FAILED, 3.0, node=OBSERVER, probe="a")])
    beliefs = [
        tracker.round([look(FAILED, at), look(PASSED, at, node=OBSERVER, probe="a")])["db-1"].belief
        for at in (4.0, 5.0, 6.0)
    ]
    assert beliefs == [Belief.HEALTHY, Belief.HEALTHY, Belief.UNHEALTHY]


def test_anchors_count_first_wherever_they_stand_in_a_round() -> None:
    tracker = healthy()
    tracker.feed(look(FAILED, 3.0))
    tracker.feed(look(FAILED, 4.0))
    told = tracker.round([look(FAILED, 5.0), look(FAILED, 5.0, node=OBSERVER, probe="a")])
    assert told["db-1"].belief is Belief.UNKNOWN
    assert OBSERVER not in told


@pytest.mark.parametrize("seconds_apart", [1.0, 4.0])
def test_checks_that_aws_is_asked_for_are_in_a_row_however_short_the_interval_and_slow_the_answer(
    seconds_apart: float,
) -> None:
    """AWS is asked once a second at most; an answer of 3.5 s lets three questions pass."""
    tracker = Tracker(Health((AlarmProbe("down"),), interval_seconds=0.2, fall=3))
    beliefs = [tracker.feed(look(FAILED, seconds_apart * turn, probe="alarm down")).belief for turn in range(1, 5)]
    assert beliefs == [Belief.UNKNOWN, Belief.UNKNOWN, Belief.UNHEALTHY, Belief.UNHEALTHY]
