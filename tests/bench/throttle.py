"""A thousand addresses under EC2's own token buckets, in simulated time, alone and beside a neighbour."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bench.figures import Figure
from scenarios.throttle.account import engine, routes
from support.rig import by_hand, held
from toolkit.domain.holder import HeldBy
from toolkit.engine.executor import THREADS
from toolkit.lab.buckets import WRITE

ADDRESSES: Final = 1_000
RUN_SECONDS: Final = 1_000.0
NEIGHBOURS: Final = {"alone": 0.0, "a neighbour takes half": WRITE.refill_per_second / 2}


def measure() -> Iterator[Figure]:
    """How long the move takes against the bucket's own bound, and how many calls the endpoint sees in a second."""
    for name, neighbour in NEIGHBOURS.items():
        world, account, clock = routes(ADDRESSES, neighbour_per_second=neighbour)
        began = clock.monotonic()
        with clock.running():
            result = engine(world, account, run_seconds=RUN_SECONDS).run(world.group, by_hand(world, "db-2"))
        seconds = clock.monotonic() - began
        if result.status != "done" or set(held(world).values()) != {HeldBy("db-2")}:
            raise RuntimeError(result.reason)
        refill = WRITE.refill_per_second - neighbour
        bound = (ADDRESSES - WRITE.capacity) / refill
        yield Figure(
            promise=f"1,000 addresses under EC2's buckets, {name}, vs. the bucket's own bound",
            at_most=1.05,
            measured=seconds / bound,
            unit="x",
            note=f"{seconds:.1f} s, {bound:.1f} s; {account.count(admitted=False)['ReplaceRoute']} calls refused",
        )
        yield Figure(
            promise=f"calls in the busiest second, {name}",
            at_most=WRITE.capacity + THREADS + 2 * refill,
            measured=account.busiest("ReplaceRoute", seconds=1.0),
            unit="calls",
        )
