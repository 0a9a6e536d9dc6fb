"""What a move costs at the endpoint: calls that change something, and round trips before the first of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.figures import Figure
from support.command import Command
from toolkit.lab import Fault, Lab, Latency

if TYPE_CHECKING:
    from toolkit.lab import Call

# A route of the lab's pair stands in two tables, twice over (IPv4 and IPv6): four places, one call each.
PLACES: Final = {"eip": 1, "private_ip": 1, "route": 4, "eni": 1, "ipv6": 1}
PROMISED: Final = {"eip": 1, "private_ip": 1, "route": 1, "eni": 2, "ipv6": 2}
ROUND_TRIPS: Final = 3
# Long against what separates calls that are made side by side, so that those overlap on a busy machine too.
LATENCY_SECONDS: Final = 0.4


def changes(calls: Sequence[Call]) -> list[Call]:
    """The calls that change AWS, leaving out lease and journal."""
    return [call for call in calls if call.mutating and call.service != "dynamodb"]


def round_trips(calls: Sequence[Call]) -> int:
    """The longest chain of calls, each begun after the last one ended, before the first change."""
    first = min(call.started for call in changes(calls))
    chain, free_at = 0, float("-inf")
    for ended, started in sorted((c.ended, c.started) for c in calls if c.ended is not None and c.ended <= first):
        if started >= free_at:
            chain, free_at = chain + 1, ended
    return chain


def measure() -> Iterator[Figure]:
    """Both figures for each kind and for all of them in one group, counted by the lab's endpoint."""
    with Lab.start() as lab, tempfile.TemporaryDirectory() as folder:
        for kinds in [*((kind,) for kind in PLACES), tuple(PLACES)]:
            lab.reset()
            world = lab.seed("pair", kinds=kinds)
            lab.fault(Fault(Latency(seconds=LATENCY_SECONDS), user_agent="*failover*"))
            lab.clear_calls()
            ended = Command(lab, Path(folder), world.configuration).move("db-2")
            if ended.code:
                raise RuntimeError(ended.err)
            calls = lab.calls()
            lab.clear_faults()
            name = "a mixed group" if len(kinds) > 1 else kinds[0]
            yield Figure(
                promise=f"calls that change something, {name}",
                at_most=sum(PLACES[kind] * PROMISED[kind] for kind in kinds),
                measured=len(changes(calls)),
                unit="calls",
            )
            yield Figure(
                promise=f"sequential round trips before the first change, cold, {name}",
                at_most=ROUND_TRIPS,
                measured=round_trips(calls),
                unit="trips",
            )
