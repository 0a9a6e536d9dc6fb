from __future__ import annotations

from toolkit.watch.lateness import SPAN_SECONDS, Lateness


def test_the_latest_of_a_minute_is_told_for_a_minute_more_and_then_forgotten() -> None:
    lateness = Lateness()
    lateness.add(4.0, now=1001.0)
    lateness.add(0.1, now=1002.0)
    assert lateness.most(now=1003.0) == 4.0
    lateness.add(0.2, now=1003.0 + SPAN_SECONDS)
    assert lateness.most(now=1004.0 + SPAN_SECONDS) == 4.0
    lateness.add(0.1, now=1003.0 + 2 * SPAN_SECONDS)
    assert lateness.most(now=1004.0 + 2 * SPAN_SECONDS) == 0.2


def test_nothing_is_late_when_no_round_began_for_long() -> None:
    lateness = Lateness()
    lateness.add(4.0, now=1000.0)
    assert lateness.most(now=1000.0 + 3 * SPAN_SECONDS) == 0.0
