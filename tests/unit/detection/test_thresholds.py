from __future__ import annotations

import pytest

from toolkit.detection.thresholds import Streak
from toolkit.domain.health import Belief, Outcome

LETTERS = {"+": Outcome.PASSED, "-": Outcome.FAILED, "?": Outcome.NOT_MADE}


@pytest.mark.parametrize(
    ("looks", "last"),
    [
        ("", Belief.UNKNOWN),
        ("+", Belief.UNKNOWN),
        ("++", Belief.HEALTHY),
        ("--", Belief.UNKNOWN),
        ("---", Belief.UNHEALTHY),
        ("++--", Belief.HEALTHY),
        ("++---", Belief.UNHEALTHY),
        ("++--+--", Belief.HEALTHY),
        ("---+", Belief.UNHEALTHY),
        ("---++", Belief.HEALTHY),
        ("---+-+", Belief.UNHEALTHY),
        ("++--?-", Belief.HEALTHY),
        ("++??", Belief.HEALTHY),
        ("++???", Belief.UNKNOWN),
        ("---???", Belief.UNKNOWN),
        ("++???--", Belief.UNKNOWN),
    ],
)
def test_a_belief_changes_after_fall_or_rise_looks_in_a_row(looks: str, last: Belief) -> None:
    """With fall 3 and rise 2; ? is a look that could not be made, which breaks every row."""
    streak = Streak()
    for at, letter in enumerate(looks):
        streak = streak.after(LETTERS[letter], letter, at=float(at), fall=3, rise=2)
    assert streak.belief is last


def test_the_words_say_how_far_a_row_is() -> None:
    streak = Streak(Belief.HEALTHY).after(Outcome.FAILED, "connection refused", at=1.0, fall=3, rise=2)
    assert streak.in_words(fall=3, rise=2) == "connection refused (1 of 3)"
