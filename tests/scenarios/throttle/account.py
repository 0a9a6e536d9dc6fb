"""An account whose token buckets a neighbour shares, in time that passes only while everybody waits for it."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import urlencode

from toolkit.aws.queries import first_round
from toolkit.engine.engine import Engine
from toolkit.engine.view import Ports
from toolkit.lab.buckets import Buckets
from toolkit.lab.exchange import Request
from toolkit.pacing import Pace
from toolkit.testing import (
    Builder,
    FakeClock,
    FakeCloud,
    FakeProber,
    FakeResolver,
    MemoryLedger,
    World,
    throttled,
)

if TYPE_CHECKING:
    from toolkit.domain.group import ByTag, Node
    from toolkit.domain.snapshot import Reads, Snapshot
    from toolkit.domain.steps import Call
    from toolkit.ports import Cloud

SCOPE: Final = "AWS4-HMAC-SHA256 Credential=lab/20261121/eu-west-1/ec2/aws4_request, SignedHeaders=host"
# How often the keeper of the time looks whether all are asleep.
_LOOK_SECONDS: Final = 0.001
# Where a thread stands that waits for another, or for work.
_WAITING: Final = frozenset({"wait", "_worker", "join", "_wait_for_tstate_lock"})


class SharedTime(FakeClock):
    """A clock on which threads sleep side by side: it goes on to the next alarm when all of them wait.

    Those who were woken count as awake until they run, however long the machine lets them wait for that.
    """

    def __init__(self) -> None:
        super().__init__()
        self._rung = threading.Condition(self.lock)
        self._alarms: list[float] = []
        self._stirred = 0
        self._waking = 0
        self._known: set[int] = set()
        self._over = False

    def monotonic(self) -> float:
        with self.lock:
            self._stirred += 1
            self._known.add(threading.get_ident())
            return super().monotonic()

    def sleep(self, seconds: float) -> None:
        with self._rung:
            now = self.monotonic()
            alarm = now + seconds
            if alarm <= now:
                return  # nobody rings for who does not sleep
            self._alarms.append(alarm)
            self._rung.wait_for(lambda: super(SharedTime, self).monotonic() >= alarm)
            self._waking -= 1

    @contextmanager
    def running(self) -> Iterator[None]:
        """Time passes until the block ends."""
        keeper = threading.Thread(target=self._keep)
        keeper.start()
        try:
            yield
        finally:
            self._over = True
            keeper.join()

    def _keep(self) -> None:
        seen = -1
        while not self._over:
            time.sleep(_LOOK_SECONDS)
            with self._rung:
                if self._alarms and not self._waking and self._stirred == seen and self._all_wait():
                    self._ring(min(self._alarms))
                seen = self._stirred

    def _ring(self, at: float) -> None:
        self.advance(at - super().monotonic())
        now = super().monotonic()
        self._waking = sum(alarm <= now for alarm in self._alarms)
        self._alarms = [alarm for alarm in self._alarms if alarm > now]
        self._rung.notify_all()

    def _all_wait(self) -> bool:
        """Whether every thread that ever asked for the time waits for something."""
        # Garbage that is collected inside of it stops CPython 3.11.7 for good once another thread begins or ends: the
        # call holds the lock of the list of threads. (gh-106883; newer ones put the collection off by themselves.)
        gc.disable()
        try:
            frames = sys._current_frames()  # noqa: SLF001 - nothing else tells where a thread stands
        finally:
            gc.enable()
        return all(frames[each].f_code.co_name in _WAITING for each in self._known & set(frames))


@dataclass(frozen=True)
class Asked:
    """One request at the endpoint: when (seconds), what, and whether there was a token for it."""

    at: float
    action: str
    admitted: bool


@dataclass
class Account:
    """``ports.Cloud`` behind EC2's own buckets; ``asked`` is what came to its door."""

    inner: Cloud
    clock: FakeClock
    neighbour_per_second: float
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._buckets = Buckets(self.clock.monotonic, neighbour_per_second=self.neighbour_per_second)

    def read(self, reads: Reads) -> Snapshot:
        for query in first_round(reads):
            self._ask(query.action)
        return self.inner.read(reads)

    def call(self, call: Call) -> None:
        self._ask(call.action)
        self.inner.call(call)

    def nodes_by_tag(self, tag: ByTag) -> tuple[Node, ...]:
        return self.inner.nodes_by_tag(tag)

    def _ask(self, action: str) -> None:
        body = urlencode({"Action": action, "Filter.1.Name": "narrowed"}).encode()
        headers = {"authorization": SCOPE, "content-type": "application/x-www-form-urlencoded"}
        request = Request(method="POST", target="/", headers=headers, body=body)
        with self.clock.lock:
            admitted = self._buckets.admits(request)
            self.asked.append(Asked(self.clock.monotonic(), action, admitted))
        if not admitted:
            raise throttled(action)

    def busiest(self, action: str, *, seconds: float) -> int:
        """The most requests of an action in any window of that length."""
        times = sorted(each.at for each in self.asked if each.action == action)
        return max(sum(start <= at < start + seconds for at in times) for start in times)

    def count(self, *, admitted: bool) -> Counter[str]:
        return Counter(each.action for each in self.asked if each.admitted is admitted)


Scene: TypeAlias = tuple[World, Account, SharedTime]


def routes(count: int, *, neighbour_per_second: float) -> Scene:
    """A group of so many routes on ``db-1``, the account in front of it, and the time of both."""
    builder = Builder()
    first, _ = builder.node("db-1"), builder.node("db-2")
    for number in range(count):
        builder.route(f"10.{100 + number // 250}.{number % 250}.0/24", on=first, tables=1)
    built, clock = builder.world(), SharedTime()
    cloud = FakeCloud(built.store, clock)
    world = World(built.group, clock, cloud, MemoryLedger(clock), FakeProber(clock), FakeResolver(cloud))
    return world, Account(cloud, clock, neighbour_per_second), clock


def engine(world: World, account: Account, *, run_seconds: float, pace: Pace | None = None) -> Engine:
    """An engine in front of the account."""
    ports = Ports(
        cloud=account,
        ledger=world.ledger,
        prober=world.prober,
        resolver=world.resolver,
        notifier=world.notifier,
        clock=world.clock,
        watcher=world.watcher,
        pace=pace or Pace(),
    )
    return Engine(ports, run_seconds=run_seconds)
