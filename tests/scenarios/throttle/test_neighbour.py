"""A run of many calls in an account whose buckets a neighbour shares: it ends, or says why not, and never storms.

Simulated time: EC2's own bucket of ReplaceRoute, 50 tokens and 5 a second, of which the neighbour takes its part.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from scenarios.throttle.account import Account, Scene, engine, routes
from support.rig import by_hand, held
from toolkit.domain.errors import ExitCode
from toolkit.domain.holder import HeldBy
from toolkit.engine.executor import THREADS
from toolkit.engine.outcome import Result
from toolkit.lab.buckets import WRITE
from toolkit.pacing import Pace

HALF = WRITE.refill_per_second / 2
CALL = "ReplaceRoute"


def timed(scene: Scene, work: Callable[[], Result]) -> tuple[Result, float]:
    """How it ended, and after how many seconds."""
    _, _, clock = scene
    began = clock.monotonic()
    with clock.running():
        result = work()
    return result, clock.monotonic() - began


def moved(scene: Scene, *, run_seconds: float = 300.0) -> tuple[Result, float]:
    world, account, _ = scene
    runner = engine(world, account, run_seconds=run_seconds)
    return timed(scene, lambda: runner.run(world.group, by_hand(world, "db-2")))


@pytest.mark.parametrize("neighbour", [0.0, HALF], ids=["alone", "half for the neighbour"])
def test_a_run_takes_hardly_longer_than_the_bucket_itself(neighbour: float) -> None:
    scene = routes(120, neighbour_per_second=neighbour)
    result, seconds = moved(scene)
    assert result.status == "done", result.reason
    assert set(held(scene[0]).values()) == {HeldBy("db-2")}
    assert seconds <= 1.1 * (120 - WRITE.capacity) / (WRITE.refill_per_second - neighbour)


@pytest.mark.parametrize("window", [1.0, 5.0, 20.0])
def test_in_no_window_does_a_run_ask_for_much_more_than_the_bucket_gives(window: float) -> None:
    """A full bucket, one call of each thread that learns of the throttle, and twice of what comes back."""
    scene = routes(150, neighbour_per_second=HALF)
    moved(scene)
    account = scene[1]
    assert account.busiest(CALL, seconds=window) <= WRITE.capacity + THREADS + 2 * HALF * window


class Impatient(Pace):
    """Everybody waits a twentieth of a second for himself, and then asks again."""

    def __init__(self) -> None:
        super().__init__()
        self._own = threading.local()

    def turn(self, action: str, *, now: float) -> float:
        del action, now
        self._own.waited = not getattr(self._own, "waited", False)
        return 0.05 if self._own.waited else 0.0


def test_threads_that_each_wait_for_themselves_would_be_seen_as_a_storm() -> None:
    scene = routes(70, neighbour_per_second=HALF)
    world, account, _ = scene
    stormy = engine(world, account, run_seconds=300.0, pace=Impatient())
    timed(scene, lambda: stormy.run(world.group, by_hand(world, "db-2")))
    assert account.busiest(CALL, seconds=1.0) > WRITE.capacity + THREADS + 2 * HALF
    assert account.count(admitted=False)[CALL] > THREADS + 20 / 2


def test_few_calls_are_refused_for_each_one_that_is_not() -> None:
    scene = routes(150, neighbour_per_second=HALF)
    moved(scene)
    account = scene[1]
    assert account.count(admitted=True)[CALL] == 150
    assert account.count(admitted=False)[CALL] <= THREADS + 100 / 2


def test_a_neighbour_that_leaves_nothing_makes_the_run_say_so_in_time_and_a_resume_ends_it() -> None:
    scene = routes(100, neighbour_per_second=WRITE.refill_per_second)
    world, account, clock = scene
    result, seconds = moved(scene, run_seconds=60.0)
    assert (result.status, result.exit_code) == ("incomplete", ExitCode.INCOMPLETE)
    assert "RequestLimitExceeded" in result.reason or "the time for this run" in result.reason
    assert "failover resume" in result.reason
    assert len(result.reason) < 1_500
    assert seconds <= 65.0
    again = Account(world.cloud, clock, 0.0)
    resumer = engine(world, again, run_seconds=60.0)
    resumed, _ = timed(scene, lambda: resumer.resume(world.group))
    assert resumed.status == "done", resumed.reason
    assert set(held(world).values()) == {HeldBy("db-2")}
    assert account.count(admitted=True)[CALL] + again.count(admitted=True)[CALL] == 100


def test_a_run_without_tokens_hardly_asks_and_ends_without_a_burst() -> None:
    scene = routes(100, neighbour_per_second=WRITE.refill_per_second)
    moved(scene, run_seconds=60.0)
    account = scene[1]
    began = account.asked[0].at
    late = [each.at for each in account.asked if each.action == CALL and each.at > began + 20.0]
    assert len(late) <= 60
    assert max(sum(start <= at < start + 1.0 for at in late) for start in late) <= 2
