"""A watcher in simulated time: everything beside its loop happens at once, on the clock of a fake world."""

from __future__ import annotations

import heapq
import itertools
import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from support.rig import engine
from toolkit.domain.errors import FailoverError
from toolkit.domain.group import Configuration, FileState, TcpProbe
from toolkit.domain.health import Observation, Outcome
from toolkit.engine.engine import Engine
from toolkit.probes import Probes
from toolkit.watch.outside import Outside
from toolkit.watch.voice import Line, Voice
from toolkit.watch.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from toolkit.domain.group import Group
    from toolkit.ports import Ballot
    from toolkit.probes.look import Look
    from toolkit.testing import FakeClock, World
    from toolkit.watch.guard import Round
    from toolkit.watch.outside import Act
    from toolkit.watch.voice import Hearer

T = TypeVar("T")


SPINS = 100


class Timeline:
    """``Inbox`` whose waiting lets the clock jump to what is due next.

    A loop that asks again and again without waiting fails the test.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self._acts: list[tuple[float, int, Act]] = []
        self._numbers = itertools.count()
        self._in_vain = 0

    def put(self, act: Act) -> None:
        self.put_after(0.0, act)

    def put_after(self, seconds: float, act: Act) -> None:
        heapq.heappush(self._acts, (self.clock.monotonic() + seconds, next(self._numbers), act))

    def get(self, timeout_seconds: float) -> Act | None:
        end = self.clock.monotonic() + timeout_seconds
        due = self._acts[0][0] if self._acts else end
        if due > end:
            self._in_vain = self._in_vain + 1 if timeout_seconds <= 0 else 0
            assert self._in_vain < SPINS, "the loop asks again and again without waiting"
            self.clock.advance(end - self.clock.monotonic())
            return None
        self.clock.advance(due - self.clock.monotonic())
        return heapq.heappop(self._acts)[2] if self._acts else None


@dataclass
class SimEyes:
    """Looks at once; a failed look takes its whole time limit, and any look may be lost by chance.

    ``asked`` counts the rounds. Once ``blind``, no round is ever answered; those of the groups in ``lost`` never are.
    """

    world: World
    timeline: Timeline
    timeout_seconds: float = 0.5
    loss: float = 0.0
    chance: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - chance, no secret
    began: list[float] = field(default_factory=list)
    blind: bool = False
    lost: set[str] = field(default_factory=set)
    asked: int = 0

    def begin(self, round_: Round, done: Callable[[Sequence[Observation]], None]) -> None:
        self.asked += 1
        if self.blind or round_.group.name in self.lost:
            return
        now = self.world.clock.monotonic()
        self.began.append(now)
        seen = [self._made(item, now) for item in round_.with_second_looks(self._plan(round_))]
        took = max((look.took_seconds for look in seen), default=0.0)
        self.timeline.put_after(took, lambda: done(round_.result(seen)))

    def _plan(self, round_: Round) -> Sequence[Observation | Look]:
        return self.world.prober.look(round_.group, round_.hosts, round_.snapshot)

    def _made(self, item: Observation | Look, now: float) -> Observation:
        if isinstance(item, Observation):
            return self._lasting(item, now)
        down = item.node in self.world.prober.down
        outcome, why = (Outcome.FAILED, "no answer") if down else (Outcome.PASSED, "accepted")
        return self._lasting(Observation(item.node, item.label, outcome, why, now, 0.0), now)

    def _lasting(self, look: Observation, now: float) -> Observation:
        outcome = look.outcome
        if outcome is Outcome.PASSED and self.loss and self.chance.random() < self.loss:
            outcome = Outcome.FAILED
        took = self.timeout_seconds if outcome is Outcome.FAILED else 0.0
        return replace(look, outcome=outcome, at=now + took, took_seconds=took)


@dataclass
class PlannedEyes(SimEyes):
    """The same with the product's own probes, each kind of them; only the network is played."""

    probes: Probes | None = None

    def _plan(self, round_: Round) -> Sequence[Observation | Look]:
        probes = self.probes or Probes(monotonic=self.world.clock.monotonic)
        return probes.plan(round_.group, round_.hosts, round_.snapshot, part=round_.part)


@dataclass
class AtOnce:
    """``Workers`` in no time but what the work itself lets pass; ``begun`` counts.

    That it is done is told ``late_seconds`` afterwards.
    """

    timeline: Timeline
    begun: int = 0
    late_seconds: float = 0.0

    def begin(self, work: Callable[[], T], done: Callable[[T | FailoverError], None]) -> None:
        self.begun += 1
        result: T | FailoverError
        try:
            result = work()
        except FailoverError as error:
            result = error
        self.timeline.put_after(self.late_seconds, lambda: done(result))


@dataclass
class Deaf:
    """``Supervisor`` and ``Hearer`` that keep what they were told."""

    beat_seconds: float = float("inf")
    told: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def tell(self, *words: str) -> None:
        self.told += words

    def hear(self, line: Line) -> None:
        self.lines.append(line)

    def said(self, topic: str) -> list[str]:
        return [line.text for line in self.lines if line.topic == topic]


@dataclass
class SimSources:
    """A configuration that tests exchange; an exception in its place is raised."""

    engine_: Engine
    configuration_: Configuration | FailoverError

    def configuration(self) -> Configuration:
        if isinstance(self.configuration_, FailoverError):
            raise self.configuration_
        return self.configuration_

    def engine(self, configuration: Configuration) -> Engine:
        del configuration
        return self.engine_


class Sim:
    """A world under watch; ``run_for`` lets time pass."""

    def __init__(
        self,
        world: World,
        *,
        loss: float = 0.0,
        timeout_seconds: float = 0.5,
        eyes: Callable[..., SimEyes] = SimEyes,
        ballot: Ballot | None = None,
        ears: Deaf | None = None,
        hearer: Hearer | None = None,
        groups: Sequence[Group] = (),
    ) -> None:
        self.world = world
        self.timeline = Timeline(world.clock)
        self.eyes = eyes(world, self.timeline, timeout_seconds=timeout_seconds, loss=loss)
        self.ears = ears or Deaf()
        self.voice = Voice(hearer or self.ears, world.clock.wall)
        self.runners, self.readers, self.askers, self.voters = (AtOnce(self.timeline) for _ in range(4))
        watched = Engine(replace(engine(world).ports, ballot=ballot))
        self.sources = SimSources(watched, configuration(*groups or (world.group,)))
        self.watcher = Watcher(
            Outside(
                sources=self.sources,
                clock=world.clock,
                inbox=self.timeline,
                eyes=self.eyes,
                readers=self.readers,
                askers=self.askers,
                voters=self.voters,
                tellers=AtOnce(self.timeline),
                runners=self.runners,
                supervisor=self.ears,
                voice=self.voice,
                observer="here",
            )
        )

    def after(self, seconds: float, act: Act) -> None:
        """Let something happen in the world at a time of the coming ``run_for``."""
        self.timeline.put_after(seconds, act)

    def heard(self, topic: str, words: str, at: list[float]) -> None:
        """Note when each line on the topic with these words in it is said, in seconds since the beginning."""
        hear, clock, began = self.ears.hear, self.world.clock, self.world.clock.monotonic()

        def listen(line: Line) -> None:
            hear(line)
            if line.topic == topic and words in line.text:
                at.append(clock.monotonic() - began)

        self.ears.hear = listen  # type: ignore[method-assign]

    def run_for(self, seconds: float) -> None:
        """Watch for so long, then stop as SIGTERM does; once for each simulation."""
        self.timeline.put_after(seconds, self.watcher.stop)
        self.watcher.run()

    def moves(self) -> int:
        """How many changes were made on AWS."""
        return len(self.world.cloud.made)


def configuration(*groups: Group) -> Configuration:
    return Configuration(groups, FileState("state"))


def by_tcp(world: World, **health: object) -> World:
    """The world's group judged by a TCP probe alone, which the fake prober answers."""
    judged = replace(world.group.health, probes=(TcpProbe(5432, timeout_seconds=0.5),), **health)  # type: ignore[arg-type]
    world.group = replace(world.group, health=judged)
    return world
