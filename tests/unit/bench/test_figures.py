from __future__ import annotations

import math

from bench.figures import Figure, table


def figure(measured: float) -> Figure:
    return Figure(promise="a move", at_most=1.3, measured=measured, unit="x")


def test_a_promise_is_kept_up_to_its_figure_and_broken_above_it() -> None:
    assert figure(1.3).kept
    assert not figure(1.31).kept


def test_a_measurement_that_is_no_number_breaks_its_promise() -> None:
    assert not figure(math.nan).kept


def test_the_table_says_which_promise_is_broken() -> None:
    lines = table([figure(1.0), figure(2.0)]).splitlines()
    assert [line.split()[-1] for line in lines[1:]] == ["kept", "BROKEN"]
