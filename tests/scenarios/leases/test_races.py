"""Sixteen processes ask for one lease at once; ``python -m faults.races`` plays the thousand rounds."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import pytest

from faults.races import STORY, Try, faults_of
from support import ministack, tree
from toolkit.domain.events import Event

ROUNDS: Final = 25
RACERS: Final = ("a", "b", "c")
Tries = list[Try]
Events = list[Event]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("backend", ["file", "lab", "ministack"])
def test_of_sixteen_processes_one_gets_the_lease_in_each_round_and_nothing_it_wrote_is_lost(backend: str) -> None:
    if backend == "ministack":
        ministack.program("ministack")
    ended = subprocess.run(
        [sys.executable, "-m", "faults.races", "--backend", backend, "--rounds", str(ROUNDS)],
        env={**os.environ, "PYTHONPATH": str(tree.ROOT / "tests")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended
    assert f"{ROUNDS} winners, {15 * ROUNDS} losers, numbers 1 to {ROUNDS}, {3 * ROUNDS} events" in ended.stdout


def sound() -> tuple[Tries, Events]:
    """Two rounds as they should be: a wins the first, b the second."""
    tries = [
        Try(turn, racer, fence=turn + 1) if racer == winner else Try(turn, racer, held_by=winner)
        for turn, winner in enumerate("ab")
        for racer in RACERS
    ]
    return tries, [Event(name, str(turn), 0.0, {"by": winner}) for turn, winner in enumerate("ab") for name in STORY]


def test_a_sound_race_has_no_fault() -> None:
    assert faults_of(*sound()) == []


def two_winners(tries: Tries, events: Events) -> tuple[Tries, Events]:
    return [*tries[:-1], replace(tries[-1], fence=3, held_by="")], events


def no_winner(tries: Tries, events: Events) -> tuple[Tries, Events]:
    return [replace(tries[0], fence=0, held_by="b"), *tries[1:]], events


def the_same_number_twice(tries: Tries, events: Events) -> tuple[Tries, Events]:
    return [replace(each, fence=min(each.fence, 1)) for each in tries], events


def a_loser_told_another_name(tries: Tries, events: Events) -> tuple[Tries, Events]:
    return [
        replace(each, held_by="c" if each.racer == "b" and not each.fence else each.held_by) for each in tries
    ], events


def a_lost_event(tries: Tries, events: Events) -> tuple[Tries, Events]:
    return tries, events[:-2] + events[-1:]


def an_event_written_twice(tries: Tries, events: Events) -> tuple[Tries, Events]:
    return tries, [*events, events[-1]]


@pytest.mark.parametrize(
    "broken",
    [two_winners, no_winner, the_same_number_twice, a_loser_told_another_name, a_lost_event, an_event_written_twice],
)
def test_each_thing_that_a_race_must_show_is_missed_when_it_is_not_so(
    broken: Callable[[Tries, Events], tuple[Sequence[Try], Sequence[Event]]],
) -> None:
    assert faults_of(*broken(*sound()))
