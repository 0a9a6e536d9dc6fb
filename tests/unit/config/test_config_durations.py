from __future__ import annotations

import pytest

from toolkit.config import durations


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("10s", 10.0), ("5m", 300.0), ("1h", 3600.0), ("1.5s", 1.5), ("0s", 0.0), ("0.5h", 1800.0)],
)
def test_a_number_with_a_unit_is_a_time(text: str, seconds: float) -> None:
    assert durations.seconds(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "10", "s", "-1s", "1 s", "1d", "1h30m", "1.s", ".5s", "1S", "1s\n", "\u0661s", "1e3s"]
)
def test_anything_else_is_no_time(text: str) -> None:
    assert durations.seconds(text) is None


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "0s"), (0.5, "500ms"), (90.0, "90s"), (120.0, "2m"), (7200.0, "2h"), (1.5, "1500ms")]
)
def test_a_time_is_spelled_in_the_largest_unit_that_fits(seconds: float, text: str) -> None:
    assert durations.spelled(seconds) == text
