"""The watcher over simulated hours with faults by chance; the whole soak is ``python -m faults.soak``."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from faults.soak import MOST_GROWN, MOST_KEPT, MOST_SWOLLEN, Count, Soak, Soaked, fleet
from support.watch_sim import SimEyes
from toolkit.domain.health import Observation
from toolkit.domain.steps import Call
from toolkit.watch.guard import Round

# The tracing of each line would take half of the time.
pytestmark = pytest.mark.no_cover
HOURS = 3


@pytest.fixture(scope="module")
def soaked() -> Soaked:
    return Soak(groups=6, seed=3, between_seconds=900.0).run(HOURS)


def test_no_invariant_is_broken_and_every_group_is_whole_at_the_end(soaked: Soaked) -> None:
    assert soaked.broken == {}
    assert soaked.apart == []


def test_there_was_trouble_and_the_watcher_moved_groups_for_it(soaked: Soaked) -> None:
    assert soaked.troubles > 20
    assert soaked.changes > 10
    assert soaked.rounds > 6 * HOURS * 600


def test_what_lives_in_the_process_does_not_grow(soaked: Soaked) -> None:
    assert soaked.grown(since_hour=1) < MOST_GROWN
    assert soaked.swollen(since_hour=1) < MOST_SWOLLEN
    assert soaked.kept(since_hour=1) < MOST_KEPT
    assert soaked.leaked == 0


class Hoarding(SimEyes):
    """Eyes that keep every round that they were ever asked for."""

    rounds: ClassVar[list[Round]] = []

    def begin(self, round_: Round, done: Callable[[Sequence[Observation]], None]) -> None:
        self.rounds.append(round_)
        super().begin(round_, done)


class HoardingWords(SimEyes):
    """Eyes that keep a small text of every round, which no collector of garbage tracks."""

    words: ClassVar[list[str]] = []

    def begin(self, round_: Round, done: Callable[[Sequence[Observation]], None]) -> None:
        self.words.append(f"{len(self.words)} {round_.group.name}")
        super().begin(round_, done)


class HoardingPages(SimEyes):
    """Eyes that keep a long text of every round."""

    pages: ClassVar[list[str]] = []

    def begin(self, round_: Round, done: Callable[[Sequence[Observation]], None]) -> None:
        self.pages.append(f"{len(self.pages)} {round_.group.name}".ljust(20_000))
        super().begin(round_, done)


@pytest.mark.parametrize(
    ("eyes", "what", "most"),
    [
        ("Hoarding", "grown", MOST_GROWN),
        ("HoardingWords", "kept", MOST_KEPT),
        ("HoardingPages", "swollen", MOST_SWOLLEN),
    ],
)
def test_a_watcher_whose_eyes_keep_something_of_every_round_is_found_to_grow(eyes: str, what: str, most: float) -> None:
    """In a process of its own, where nothing of other tests lives beside it."""
    soak = f"Soak(groups=3, seed=1, eyes={eyes}).run(2).{what}(since_hour=1)"
    program = f"from scenarios.soak.test_soak import {eyes}, Soak; print({soak})"
    tests = Path(__file__).parents[2]
    found = subprocess.run([sys.executable, "-c", program], cwd=tests, capture_output=True, text=True, check=True)
    assert float(found.stdout) > most


def test_a_change_that_no_lease_stands_behind_is_found() -> None:
    soak = Soak(groups=2, seed=1)
    stage = soak.stages["g00"]
    (address,) = stage.world.group.addresses
    target = stage.world.interface("g00-b")
    move = Call(
        "ec2", "AssociateAddress", {"AllocationId": address.key.partition(":")[2], "NetworkInterfaceId": target}
    )
    soak.sim.after(60.0, lambda: stage.changed("nobody", move, lambda: stage.world.cloud.call(move)))
    broken = soak.run(1).broken["g00"]
    assert "no change without the lease or with an old number" in broken


def test_a_descriptor_more_than_in_the_first_hour_counts_as_leaked() -> None:
    first = Count(1000, 6, 2, 1 << 20)
    assert Soaked([first, replace(first, descriptors=7, threads=3)]).leaked == 2
    assert Soaked([first, replace(first, descriptors=5)]).leaked == 0


def test_the_groups_of_the_fleet_share_one_account_and_no_address() -> None:
    worlds = fleet(50)
    keys = [address.key for world in worlds for address in world.group.addresses]
    assert len(keys) == len(set(keys)) > 50
    assert len({id(world.store) for world in worlds}) == 1
    assert len({node.instance for world in worlds for node in world.group.members}) == 100
