from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.detection import Tracker
from toolkit.domain.group import Health, TcpProbe
from toolkit.domain.health import Belief, Observation, Outcome

OUTCOMES = st.sampled_from(Outcome)


def health(*, fall: int, rise: int, timeout_seconds: float = 0.5) -> Health:
    return Health((TcpProbe(1, timeout_seconds=timeout_seconds),), interval_seconds=1.0, fall=fall, rise=rise)


def look(outcome: Outcome, at: float) -> Observation:
    return Observation("db-1", "tcp 1", outcome, outcome.value, at, 0.0)


@given(st.lists(OUTCOMES, max_size=60), st.integers(1, 6), st.integers(1, 6))
def test_a_verdict_turns_only_with_a_full_row_behind_it(outcomes: list[Outcome], fall: int, rise: int) -> None:
    tracker, before = Tracker(health(fall=fall, rise=rise)), Belief.UNKNOWN
    for at, outcome in enumerate(outcomes):
        after = tracker.feed(look(outcome, float(at))).belief
        if after is not before and after is Belief.UNHEALTHY:
            assert outcomes[at + 1 - fall : at + 1] == [Outcome.FAILED] * fall
        if after is not before and after is Belief.HEALTHY:
            assert outcomes[at + 1 - rise : at + 1] == [Outcome.PASSED] * rise
        before = after


@given(st.lists(OUTCOMES, max_size=60), st.integers(1, 6), st.integers(1, 6))
def test_a_full_row_always_turns_the_verdict(outcomes: list[Outcome], fall: int, rise: int) -> None:
    tracker = Tracker(health(fall=fall, rise=rise))
    at = 0.0
    for outcome in outcomes:
        tracker.feed(look(outcome, at := at + 1))
    for _ in range(fall):
        tracker.feed(look(Outcome.FAILED, at := at + 1))
    assert tracker.verdict("db-1", now=at).belief is Belief.UNHEALTHY
    for _ in range(rise):
        tracker.feed(look(Outcome.PASSED, at := at + 1))
    assert tracker.verdict("db-1", now=at).belief is Belief.HEALTHY


@pytest.mark.parametrize(("silent", "timeout_seconds"), [(True, 0.5), (False, 0.5), (True, 0.9)])
def test_detection_takes_fall_times_interval_plus_timeout(*, silent: bool, timeout_seconds: float) -> None:
    """200 failures at random instants: refused at once, or silent until the time limit.

    A look begins each second, so the first to see the failure begins up to one interval after it. Each of them
    takes at least (fall - 1) intervals and at most fall intervals and the time limit; the longest is within
    10 % of that.
    """
    fall, latencies = 3, []
    chance = random.Random(7)  # noqa: S311 - a simulation
    for _ in range(200):
        fails_at = 10.0 + chance.random()
        tracker = Tracker(health(fall=fall, rise=2, timeout_seconds=timeout_seconds))
        for begins in itertools.count():
            failed = begins >= fails_at
            ends = begins + (timeout_seconds if failed and silent else 0.0)
            if tracker.feed(look(Outcome.FAILED if failed else Outcome.PASSED, ends)).belief is Belief.UNHEALTHY:
                latencies.append(ends - fails_at)
                break
    longest = fall * 1.0 + (timeout_seconds if silent else 0.0)
    assert all((fall - 1) * 1.0 <= latency <= longest + 1e-6 for latency in latencies)
    assert max(latencies) == pytest.approx(longest, rel=0.1)


def test_a_day_of_lost_packets_makes_nobody_unhealthy() -> None:
    """24 hours of one look a second, each of two attempts (``toolkit.probes.connect``), each lost by 5 %."""
    chance = random.Random(11)  # noqa: S311 - a simulation
    tracker = Tracker(health(fall=3, rise=2))
    fallen = 0
    for at in range(24 * 3600):
        lost = chance.random() < 0.05 and chance.random() < 0.05
        verdict = tracker.feed(look(Outcome.FAILED if lost else Outcome.PASSED, float(at)))
        fallen += verdict.belief is Belief.UNHEALTHY
    assert fallen == 0
