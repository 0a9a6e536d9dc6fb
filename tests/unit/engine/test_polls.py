"""Steps that wait side by side share how often they look: AWS's bucket of reads is one for all of them."""

from __future__ import annotations

import heapq
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from support.rig import held, plan_to, tenure
from toolkit.domain.holder import HeldBy
from toolkit.domain.steps import Step
from toolkit.engine.stepper import Stepper
from toolkit.pacing import Deadline
from toolkit.testing import Builder, FakeClock, FakeCloud, MemoryLedger, World
from toolkit.testing.store import DEFAULT_LIMITS

# EC2's bucket of reads (AWS.md §3).
REFILL_PER_SECOND = 20
FREE_AFTER_SECONDS = 5.0


class Together(FakeClock):
    """A clock on which threads sleep at the same time: it moves on once each of them sleeps, or is done."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self._awake = threads
        self._waking: list[float] = []
        self._moved = threading.Condition()

    def sleep(self, seconds: float) -> None:
        with self._moved:
            until = self.monotonic() + seconds
            heapq.heappush(self._waking, until)
            self.done()
            while self.monotonic() < until:
                self._moved.wait(5.0)

    def done(self) -> None:
        """One thread less is awake."""
        with self._moved:
            self._awake -= 1
            if self._awake or not self._waking:
                return
            self.advance(self._waking[0] - self.monotonic())
            # A sum of floats may fall short of the moment itself, and nobody would ever wake up.
            self._now = max(self._now, self._waking[0])
            while self._waking and self._waking[0] <= self._now:
                heapq.heappop(self._waking)
                self._awake += 1
            self._moved.notify_all()


def interfaces(number: int) -> tuple[World, Together]:
    """So many interfaces on ``db-1``, each of which takes a while to be free."""
    builder = Builder()
    first, _ = builder.node("db-1"), builder.node("db-2")
    for _each in range(number):
        builder.eni(on=first)
    builder.store.limits["m5.large"] = replace(DEFAULT_LIMITS, interfaces=2 * number)
    clock = Together(number)
    cloud = FakeCloud(builder.store, clock)
    cloud.delays.detach_seconds = FREE_AFTER_SECONDS
    return replace(builder.world(), clock=clock, cloud=cloud, ledger=MemoryLedger(clock)), clock


def carried(world: World, clock: Together) -> list[float]:
    """Move each interface in a thread of its own; when each of their reads was."""
    steps = plan_to(world, "db-2").steps
    detaches, attaches = steps[: len(steps) // 2], steps[len(steps) // 2 :]
    stepper = Stepper(world.group, world.cloud, clock, tenure(world))
    limit = Deadline.after(clock, 60.0)
    reads: list[float] = []
    world.cloud.before_read.append(lambda _reads: reads.append(clock.monotonic()))

    def carry(detach: Step, attach: Step) -> None:
        try:
            stepper.carry(detach, limit, settle=True)
            stepper.carry(attach, limit, settle=False)
        finally:
            clock.done()

    with ThreadPoolExecutor(len(detaches)) as pool:
        for _done in pool.map(carry, detaches, attaches):
            pass
    return sorted(reads)


def busiest_second(times: list[float]) -> int:
    return max(sum(begin <= at < begin + 1.0 for at in times) for begin in times)


@pytest.mark.parametrize("number", [7, 30])
def test_many_waiting_steps_together_look_no_more_often_than_the_bucket_fills(number: int) -> None:
    world, clock = interfaces(number)
    reads = carried(world, clock)
    assert set(held(world).values()) == {HeldBy("db-2")}
    # Beside the shared looks, each step's first one after its call, and the one that lets it attach.
    assert busiest_second(reads) <= REFILL_PER_SECOND + 2 * number
    waiting = [at for at in reads if 1_001.0 <= at < 1_000.0 + FREE_AFTER_SECONDS]
    assert len(waiting) <= (FREE_AFTER_SECONDS - 1.0) * REFILL_PER_SECOND + 1


def test_up_to_eight_interfaces_are_attached_within_half_a_second_after_they_are_free() -> None:
    world, clock = interfaces(8)
    attached: list[float] = []
    world.cloud.after_call.append(
        lambda call: attached.append(clock.monotonic()) if call.action == "AttachNetworkInterface" else None
    )
    carried(world, clock)
    assert len(attached) == 8
    assert max(attached) <= 1_000.0 + FREE_AFTER_SECONDS + 0.5


def test_a_step_that_waits_alone_looks_ten_times_a_second() -> None:
    world, clock = interfaces(1)
    reads = carried(world, clock)
    waiting = [at for at in reads if 1_001.0 <= at < 1_004.0]
    assert 29 <= len(waiting) <= 31
