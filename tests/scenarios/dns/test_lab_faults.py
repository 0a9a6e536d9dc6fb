"""What the lab's resolver can do wrong, and what a check makes of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from toolkit.domain.answers import Failure
from toolkit.domain.naming import Expectation, Standing, View
from toolkit.lab import Lab
from toolkit.resolve import DnsResolver

from .conftest import Judge


@pytest.mark.parametrize("mode", ["right", "slow", "truncated"])
def test_an_answer_that_comes_late_or_only_over_tcp_is_right(lab: Lab, judge: Judge, mode: str) -> None:
    lab.set(dns_mode=mode, dns_side="inside", dns_delay_seconds=0.03)
    assert judge(lab.dns_inside).standing is Standing.RIGHT


def test_packets_that_are_lost_for_good_are_silence(lab: Lab, name: str) -> None:
    lab.set(dns_mode="lost", dns_side="inside")
    assert DnsResolver().ask(name, lab.dns_inside, timeout_seconds=0.06).failure is Failure.SILENT


def test_a_server_failure_is_missing_with_the_server_named(lab: Lab, judge: Judge) -> None:
    lab.set(dns_mode="servfail", dns_side="outside")
    told = judge(lab.dns_outside, View.OUTSIDE)
    assert told.standing is Standing.MISSING
    assert lab.dns_outside in told.cause


def test_answers_that_flip_after_a_move_are_right_and_stale_in_turn(
    lab: Lab, judge: Judge, expected: Expectation, move: Callable[[], None]
) -> None:
    lab.set(dns_mode="flip_flop", dns_side="inside")
    judge(lab.dns_inside)
    move()
    moved = Expectation(expected.name, frozenset({"10.0.1.20"}), expected.outside, {"10.0.1.10": "db-1"})
    seen = {judge(lab.dns_inside, against=moved).standing for _ in range(4)}
    assert seen == {Standing.RIGHT, Standing.STALE}


def test_a_move_turns_the_inside_and_leaves_the_outside(
    lab: Lab, judge: Judge, expected: Expectation, move: Callable[[], None]
) -> None:
    move()
    moved = Expectation(expected.name, frozenset({"10.0.1.20"}), expected.outside, {"10.0.1.10": "db-1"})
    assert judge(lab.dns_inside, against=moved).standing is Standing.RIGHT
    assert judge(lab.dns_outside, View.OUTSIDE, against=moved).standing is Standing.RIGHT
