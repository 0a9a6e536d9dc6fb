"""What watching many targets costs, for benchmarks."""

from __future__ import annotations

import asyncio
import resource
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.domain.health import Observation, Outcome
from toolkit.probes.wide import Pace, WideLooks, WideTarget


@dataclass(frozen=True, slots=True)
class Cost:
    """One run: how many looks, CPU as a share of one core, the latest start, sockets and memory at their most."""

    seconds: float
    looks: int
    passed: int
    cpu_share: float
    latest_seconds: float
    most_open_sockets: int
    skipped: int
    max_rss_kib: int


def measure(targets: Sequence[WideTarget], seconds: float, *, pace: Pace | None = None) -> Cost:
    """Watch the targets for so long in this process."""
    outcomes: Counter[Outcome] = Counter()

    def told(observation: Observation) -> None:
        outcomes[observation.outcome] += 1

    looks = WideLooks(targets, pace or Pace(), told=told)
    began, cpu = time.monotonic(), time.process_time()
    asyncio.run(looks.run(seconds=seconds))
    took, used = time.monotonic() - began, time.process_time() - cpu
    return Cost(
        seconds=took,
        looks=outcomes.total(),
        passed=outcomes[Outcome.PASSED],
        cpu_share=used / took,
        latest_seconds=looks.latest_seconds,
        most_open_sockets=looks.most_open,
        skipped=looks.skipped,
        max_rss_kib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    )
