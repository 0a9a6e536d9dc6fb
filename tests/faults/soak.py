"""``python -m faults.soak``: the watcher with 50 groups for 20 simulated hours, and faults by chance all the while.

Every change is judged from outside by the invariants of the matrix. What lives in the process is counted at the end of
the fifth hour and at the end: the fakes forget what they saw each hour, so that what grows is the toolkit's.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from faults.invariants import violations
from faults.rehearsal import Rehearsal
from support.watch_sim import Sim, SimEyes, by_tcp, configuration
from toolkit.domain.holder import HeldBy
from toolkit.engine.engine import Engine
from toolkit.engine.gather import holders
from toolkit.testing import Builder, Store, World, broken, silent, throttled, unreachable

if TYPE_CHECKING:
    from toolkit.domain.events import Event, History
    from toolkit.domain.group import ByTag, Node
    from toolkit.domain.snapshot import Reads, Snapshot
    from toolkit.domain.steps import Call
    from toolkit.ports import Grant

HOUR_SECONDS: Final = 3600.0
OWNER: Final = "owner-1"
KINDS: Final = (("eip",), ("eip", "route"), ("private_ip",), ("ipv6",), ("eni",), ("route",), ("dns",), ("eip", "dns"))
# Of one group: the mean time between two troubles, and how long one lasts.
BETWEEN_SECONDS: Final = 3000.0
LASTS_SECONDS: Final = (5.0, 900.0)
CALM_SECONDS: Final = 900.0
# A watcher's belief may be as old as that: who served then counts as proven.
BELIEF_SECONDS: Final = 30.0
INTERVAL_SECONDS: Final = 5.0
# A watcher that keeps whole journals grows by more than that from the fifth hour to the twentieth.
MOST_GROWN: Final = 1.02
# Of each round: a watcher that keeps a single text of it is found.
MOST_KEPT: Final = 0.5
# What the system gives to a process comes in larger pieces, and not all of it is given back.
MOST_SWOLLEN: Final = 1.1


def fleet(groups: int) -> list[World]:
    """So many groups of two nodes in one account, on one clock and with one ledger."""
    store = Store()
    worlds: list[World] = []
    for number in range(groups):
        builder = Builder(f"g{number:02d}")
        builder.store = store
        first, _ = builder.node(f"g{number:02d}-a"), builder.node(f"g{number:02d}-b")
        for kind in KINDS[number % len(KINDS)]:
            _ADD[kind](builder, first, number)
        world = builder.world()
        if worlds:
            shared = worlds[0]
            world = replace(shared, group=world.group)
        worlds.append(by_tcp(world, interval_seconds=INTERVAL_SECONDS, fall=2, rise=2))
    return worlds


_ADD: Final[Mapping[str, Callable[[Builder, Node, int], object]]] = {
    "eip": lambda builder, node, _: builder.eip(on=node),
    "private_ip": lambda builder, node, number: builder.private_ip(f"10.0.1.{130 + number}", on=node),
    "ipv6": lambda builder, node, number: builder.ipv6(f"2001:db8:0:1::{1000 + number}", on=node),
    "eni": lambda builder, node, _: builder.eni(on=node),
    "route": lambda builder, node, number: builder.route(f"10.99.0.{number}/32", on=node),
    "dns": lambda builder, node, number: builder.dns(f"g{number:02d}.internal.example.com", on=node),
}


class Stage(Rehearsal):
    """One group of the fleet; who served lately counts as proven."""

    def __init__(self, world: World, served: Mapping[str, float]) -> None:
        self._served = served
        super().__init__(world)

    def healthy(self) -> frozenset[str]:
        now = self.world.clock.monotonic()
        return frozenset(
            node.instance
            for node in self.world.group.members
            if node.name not in self.world.prober.down or now - self._served.get(node.name, now) < BELIEF_SECONDS
        )

    def judged(self, history: History) -> dict[str, list[str]]:
        """What was broken since the last time; the moments are forgotten."""
        found = violations(self.trace(history))
        del self.moments[:-1]
        return found


class Everybody:
    """The fleet's cloud and ledger for one engine, each request noted at the stage of its group.

    The simulation makes one run after the other, so that a change belongs to the group whose lease was taken last.
    """

    def __init__(self, stages: Mapping[str, Stage]) -> None:
        self._stages = stages
        self._world = next(iter(stages.values())).world
        self._current = ""

    def read(self, reads: Reads) -> Snapshot:
        return self._world.cloud.read(reads)

    def call(self, call: Call) -> None:
        self._stages[self._current].changed(OWNER, call, lambda: self._world.cloud.call(call))

    def nodes_by_tag(self, tag: ByTag) -> tuple[Node, ...]:
        return self._world.cloud.nodes_by_tag(tag)

    def acquire(self, group: str, *, opening: Sequence[Event] = ()) -> Grant:
        grant = self._world.ledger.acquire(group, opening=opening)
        self._current = group
        self._stages[group].note("a run begins", run=OWNER, begins=True)
        return self._noted(grant)

    def append(self, grant: Grant, events: Sequence[Event]) -> Grant:
        return self._noted(self._world.ledger.append(grant, events))

    def renew(self, grant: Grant) -> Grant:
        return self._noted(self._world.ledger.renew(grant))

    def release(self, grant: Grant, events: Sequence[Event] = ()) -> None:
        self._world.ledger.release(grant, events)
        self._noted(grant, released=True)

    def history(self, group: str) -> History:
        return self._world.ledger.history(group)

    def owner(self, group: str) -> str | None:
        return self._world.ledger.owner(group)

    def _noted(self, grant: Grant, *, released: bool = False) -> Grant:
        self._stages[grant.group].leased(OWNER, grant, released=released)
        return grant


@dataclass(frozen=True)
class Count:
    """What lives in the process at one moment: objects, descriptors, threads, memory.

    ``objects`` are those that the collector tracks, ``blocks`` all small pieces of memory, those of strings among them.
    """

    objects: int
    descriptors: int
    threads: int
    resident_bytes: int
    blocks: int = 0

    @classmethod
    def now(cls) -> Count:
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return cls(
            len(gc.get_objects()),
            len(list(Path("/proc/self/fd").iterdir())),
            threading.active_count(),
            pages * os.sysconf("SC_PAGE_SIZE"),
            sys.getallocatedblocks(),
        )


@dataclass
class Soaked:
    """What a soak showed: counts by the hour, what was broken in which group, and what it all did."""

    counts: list[Count] = field(default_factory=list)
    broken: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    troubles: int = 0
    changes: int = 0
    rounds: int = 0
    apart: list[str] = field(default_factory=list)

    def grown(self, *, since_hour: int) -> float:
        """How many times as many objects there are at the end as at the end of that hour."""
        return self.counts[-1].objects / self.counts[since_hour - 1].objects

    def kept(self, *, since_hour: int) -> float:
        """How many pieces of memory more there are for each round of the watch since the end of that hour."""
        more = self.counts[-1].blocks - self.counts[since_hour - 1].blocks
        return more * len(self.counts) / (self.rounds * max(1, len(self.counts) - since_hour))

    def swollen(self, *, since_hour: int) -> float:
        """How many times as much memory the process has at the end as at the end of that hour."""
        return self.counts[-1].resident_bytes / self.counts[since_hour - 1].resident_bytes

    @property
    def leaked(self) -> int:
        """Descriptors and threads more at the end than after the first hour."""
        first, last = self.counts[0], self.counts[-1]
        return max(0, last.descriptors - first.descriptors) + max(0, last.threads - first.threads)


class Soak:
    """A fleet under watch, with troubles drawn from a seed."""

    def __init__(
        self, *, groups: int, seed: int, between_seconds: float = BETWEEN_SECONDS, eyes: type[SimEyes] = SimEyes
    ) -> None:
        self._between = between_seconds
        self._ends = 0.0
        self._chance = random.Random(seed)  # noqa: S311 - chance, no secret
        self.worlds = fleet(groups)
        self._served: dict[str, float] = {}
        self.stages = {world.group.name: Stage(world, self._served) for world in self.worlds}
        self.shared = self.worlds[0]
        self.sim = Sim(self.shared, eyes=eyes)
        everybody = Everybody(self.stages)
        ports = replace(self.sim.sources.engine_.ports, cloud=everybody, ledger=everybody)
        self.sim.sources.engine_ = Engine(ports)
        self.sim.sources.configuration_ = configuration(*(world.group for world in self.worlds))
        self.sim.watcher.reload()
        self.soaked = Soaked()

    def run(self, hours: int, *, tell: Callable[[str], None] = lambda _: None) -> Soaked:
        """Troubles until shortly before the end, then calm; everything is judged each hour."""
        end = hours * HOUR_SECONDS
        self._ends = self.shared.clock.monotonic() + end - CALM_SECONDS
        for world in self.worlds:
            self._plan_trouble(world)
        for hour in range(1, hours + 1):
            self.sim.after(hour * HOUR_SECONDS - 1.0, lambda hour=hour: self._close(hour, tell))  # type: ignore[misc]
        self.sim.run_for(end)
        snapshot = self.shared.cloud.whole()
        for world in self.worlds:
            found = set(holders(world.group, snapshot).values())
            if len(found) != 1 or not all(isinstance(holder, HeldBy) for holder in found):
                self.soaked.apart.append(f"{world.group.name}: {', '.join(map(str, found))}")
        return self.soaked

    def _plan_trouble(self, world: World) -> None:
        """The next trouble of a group; only the next one, so that nothing that waits here hides what grows."""
        at = self._chance.expovariate(1 / self._between)
        if self.shared.clock.monotonic() + at < self._ends:
            self.sim.after(at, lambda: self._trouble(world))

    def _trouble(self, world: World) -> None:
        self.soaked.troubles += 1
        left = max(0.0, self._ends - self.shared.clock.monotonic())
        lasts = min(self._chance.uniform(*LASTS_SECONDS), left)
        node = self._chance.choice([*(each.name for each in world.group.members), *self._holders(world)])
        times = self._chance.randint(1, 5)
        cloud, prober = world.cloud, world.prober
        match self._chance.choice(("dies", "dies", "dies", "unseen", "reads", "throttled", "lost", "table", "slow")):
            case "dies":
                self._die(node)
                self.sim.after(lasts, lambda: self._live(node))
            case "unseen":
                prober.unseen.add(node)
                self.sim.after(lasts, lambda: prober.unseen.discard(node))
            case "reads":
                cloud.fail("read", unreachable, times=times)
            case "throttled":
                cloud.fail(None, throttled, times=times)
            case "lost":
                cloud.fail(None, silent, effect="happens")
            case "table":
                world.ledger.fail(*[broken("TransactWriteItems")] * times)
            case _:
                cloud.latency_seconds = 0.2
                self.sim.after(min(lasts, 60.0), lambda: setattr(cloud, "latency_seconds", 0.0))
        self.sim.after(lasts, lambda: self._plan_trouble(world))

    def _holders(self, world: World) -> list[str]:
        """The nodes that hold something, each as often as it holds: their death is what the watch is for."""
        held = self.stages[world.group.name].places().values()
        return [node.name for node in world.group.members for instance in held if node.instance == instance]

    def _die(self, node: str) -> None:
        self._served[node] = self.shared.clock.monotonic()
        self.shared.prober.down.add(node)

    def _live(self, node: str) -> None:
        self.shared.prober.down.discard(node)
        self._served.pop(node, None)

    def _close(self, hour: int, tell: Callable[[str], None]) -> None:
        """Judge the hour, let the fakes forget it, count."""
        for name, stage in self.stages.items():
            for invariant, found in stage.judged(self.shared.ledger.history(name)).items():
                self.soaked.broken.setdefault(name, {}).setdefault(invariant, []).extend(found)
        self.soaked.changes += len(self.shared.cloud.made)
        self.soaked.rounds += len(self.sim.eyes.began)
        for kept in _kept(self):
            kept.clear()
        self.shared.cloud.faults.clear()
        self.soaked.counts.append(Count.now())
        last = self.soaked.counts[-1]
        tell(
            f"hour {hour}: {last.objects} objects, {last.resident_bytes >> 20} MiB, {last.descriptors} descriptors,"
            f" {last.threads} threads, {self.soaked.changes} changes, {len(self.soaked.broken)} groups broken"
        )


def _kept(soak: Soak) -> tuple[list[Any], ...]:
    """What the fakes keep of all that they saw."""
    world, sim = soak.shared, soak.sim
    return (
        *(world.cloud.calls, world.cloud.made, world.cloud.reads, world.ledger.writes, world.clock.slept),
        *(world.prober.looked_through, world.resolver.asked, world.notifier.sent, world.watcher.events),
        *(sim.ears.told, sim.ears.lines, sim.eyes.began),
    )


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak, and say what it showed; 1 for a broken invariant, a lost address, a leak or growth."""
    parser = argparse.ArgumentParser(prog="faults.soak", description="the watcher over simulated hours")
    parser.add_argument("--hours", type=int, default=20)
    parser.add_argument("--groups", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    words = parser.parse_args(arguments)
    began = time.monotonic()
    soak = Soak(groups=words.groups, seed=words.seed)
    soaked = soak.run(words.hours, tell=_tell)
    for name, found in soaked.broken.items():
        sys.stdout.write(f"{name}: {found}\n")
    since = min(5, words.hours)
    sys.stdout.write(
        f"soak: {words.groups} groups, {words.hours} simulated hours in {time.monotonic() - began:.0f} s:"
        f" {soaked.rounds} rounds, {soaked.troubles} troubles, {soaked.changes} changes;"
        f" since hour {since} objects {soaked.grown(since_hour=since):.3f} times,"
        f" memory {soaked.swollen(since_hour=since):.3f} times, kept of a round {soaked.kept(since_hour=since):.3f};"
        f" leaked {soaked.leaked},"
        f" addresses apart {len(soaked.apart)}, invariant violations {len(soaked.broken)}\n"
    )
    fat = (
        soaked.kept(since_hour=since) > MOST_KEPT
        or soaked.grown(since_hour=since) > MOST_GROWN
        or soaked.swollen(since_hour=since) > MOST_SWOLLEN
    )
    return 1 if soaked.broken or soaked.apart or soaked.leaked or fat else 0


if __name__ == "__main__":
    sys.exit(main())
