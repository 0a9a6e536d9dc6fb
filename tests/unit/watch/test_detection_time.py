"""Issue 3, must show 1: how long a death goes unnoticed, and what chance alone can do, in simulated time."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from support.watch_sim import PlannedEyes, Sim, by_tcp
from toolkit.domain.group import AlarmProbe, CommandProbe, HttpProbe, Probe, StatusProbe, TcpProbe
from toolkit.testing import World, pair

if TYPE_CHECKING:
    from toolkit.watch.voice import Line

FAILURES = 200
TIMEOUT = 0.5
# The probes that fail by silence, which takes their whole time limit, and those that are told by AWS.
SILENT: tuple[Probe, ...] = (
    TcpProbe(5432, timeout_seconds=TIMEOUT),
    HttpProbe(8080, timeout_seconds=TIMEOUT),
    CommandProbe(("/bin/check",), timeout_seconds=TIMEOUT),
)
TOLD: tuple[Probe, ...] = (StatusProbe(), AlarmProbe("{node}-down"))


@dataclass
class Deaths:
    """Kills the standby again and again at moments of chance, and notes when each death was noticed."""

    sim: Sim
    probe: Probe
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - chance, no secret
    died: list[float] = field(default_factory=list)
    noticed: list[float] = field(default_factory=list)

    def begin(self) -> None:
        self._set(dead=False)
        self.sim.after(5.0 + self.chance.random(), self._die)
        hear, now = self.sim.ears.hear, self.sim.world.clock.monotonic

        def listen(line: Line) -> None:
            hear(line)
            if line.text.startswith("db-2 is unhealthy"):
                self.noticed.append(now())
                self.sim.after(0.0, lambda: self._set(dead=False))
                self.sim.after(5.0 + self.chance.random(), self._die)

        self.sim.ears.hear = listen  # type: ignore[method-assign]

    def _die(self) -> None:
        if len(self.died) == FAILURES:
            self.sim.watcher.stop()
            return
        self.died.append(self.sim.world.clock.monotonic())
        self._set(dead=True)

    def _set(self, *, dead: bool) -> None:
        world = self.sim.world
        instance = world.node("db-2").instance
        match self.probe:
            case StatusProbe() if dead:
                world.cloud.impair(instance)
            case StatusProbe():
                world.store.status.pop(instance, None)
            case AlarmProbe():
                world.store.alarms |= {"db-1-down": "OK", "db-2-down": "ALARM" if dead else "OK"}
            case _ if dead:
                world.prober.down.add("db-2")
            case _:
                world.prober.down.discard("db-2")


def deaths(probe: Probe) -> Deaths:
    """200 of them under watch."""
    world = pair("eip")
    world.group = replace(world.group, health=replace(world.group.health, probes=(probe,)))
    found = Deaths(Sim(world, timeout_seconds=TIMEOUT if probe in SILENT else 0.0, eyes=PlannedEyes), probe)
    found.begin()
    found.sim.run_for(20.0 * FAILURES)
    return found


@pytest.mark.parametrize("probe", [*SILENT, *TOLD], ids=lambda probe: type(probe).__name__)
def test_a_death_is_noticed_after_fall_intervals_and_the_time_limit_and_never_too_early(probe: Probe) -> None:
    """Each of 200: between (fall - 1) intervals and fall intervals with the time limit after the death.

    The longest is within 10 % of the promise, and so is each when counted from the last look that passed, as
    the death may come right after it.
    """
    found = deaths(probe)
    health = found.sim.world.group.health
    limit = TIMEOUT if probe in SILENT else 0.0
    expected = health.fall * health.interval_seconds + limit
    assert len(found.noticed) == FAILURES
    for died, noticed in zip(found.died, found.noticed, strict=True):
        last_good = max(began for began in found.sim.eyes.began if began <= died)
        assert noticed - last_good == pytest.approx(expected, rel=0.1)
        assert (health.fall - 1) * health.interval_seconds + limit - 1e-6 <= noticed - died <= expected + 1e-6
    latest = max(noticed - died for died, noticed in zip(found.died, found.noticed, strict=True))
    assert latest == pytest.approx(expected, rel=0.1)
    assert found.sim.moves() == 0


@pytest.mark.no_cover
def test_a_day_of_one_look_in_twenty_lost_by_chance_moves_nothing() -> None:
    world = _with_three_falls()
    sim = Sim(world, loss=0.05)
    sim.run_for(24 * 3600.0)
    looks = sim.watcher.guards["db"].looks
    assert looks["failed"] > 0.04 * looks["passed"]
    assert sim.moves() == 0
    assert sim.ears.said("hold") == []


def _with_three_falls() -> World:
    world = by_tcp(pair("eip"))
    assert (world.group.health.fall, world.group.health.interval_seconds) == (3, 1.0)
    return world
