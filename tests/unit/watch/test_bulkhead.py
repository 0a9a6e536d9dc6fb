"""A fault of the program in what is done for one group: told, counted, and no end of the watch of the others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.rig import held
from support.watch_sim import Deaf, Sim, by_tcp, configuration
from toolkit.domain.group import AutoFailback, Group
from toolkit.domain.holder import HeldBy
from toolkit.testing import World, pair
from toolkit.watch import metrics
from toolkit.watch.report import Report, report
from toolkit.watch.voice import Line, Voice


def ill(world: World) -> Group:
    """A group beside the world's, whose window of failback no configuration would let through."""
    failback = AutoFailback(stable_seconds=1.0, window="noon")
    policy = replace(world.group.policy, failback=failback)
    return replace(world.group, name="ill", nodes=world.group.members[::-1], policy=policy)


def beside_an_ill_one(ears: Deaf | None = None) -> Sim:
    world = by_tcp(pair("eip"))
    sim = Sim(world, ears=ears)
    sim.sources.configuration_ = configuration(ill(world), world.group)
    sim.after(0.0, sim.watcher.reload)
    sim.after(20.0, lambda: world.prober.down.add("db-1"))
    return sim


def at(world: World, node: str) -> bool:
    return set(held(world).values()) == {HeldBy(node)}


def reported(sim: Sim) -> Report:
    return report(sim.watcher, Voice(sim.ears, sim.world.clock.wall), sim.world.clock)


def test_the_other_groups_are_watched_and_moved_as_before() -> None:
    sim = beside_an_ill_one()
    sim.run_for(60.0)
    assert at(sim.world, "db-2")
    ended = [line.text for line in sim.ears.lines if (line.topic, line.group) == ("ended", "db")]
    assert ended == ["done: everything is at db-2"]


def test_it_is_told_once_with_its_place_and_counted_each_time() -> None:
    sim = beside_an_ill_one()
    sim.run_for(15.0)
    told = [(line.group, line.text) for line in sim.ears.lines if line.topic == "fault"]
    assert [group for group, _ in told] == ["ill"]
    assert "fault of the program: ValueError" in told[0][1]
    assert "wishes.py:" in told[0][1]
    groups = reported(sim).groups
    assert groups["ill"].faults > 5
    assert groups["db"].faults == 0


def test_the_metrics_have_it() -> None:
    sim = beside_an_ill_one()
    sim.run_for(15.0)
    lines = metrics.text(reported(sim)).splitlines()
    assert 'failover_faults_total{group="db"} 0.0' in lines
    assert any(line.startswith('failover_faults_total{group="ill"}') and not line.endswith(" 0.0") for line in lines)


class Stumbling(Deaf):
    """Cannot hear that a run ended."""

    def hear(self, line: Line) -> None:
        if line.topic == "ended":
            raise KeyError(line.topic)
        super().hear(line)


def test_a_group_whose_run_could_not_be_told_of_is_watched_on_and_moved_again() -> None:
    world = by_tcp(pair("eip"))
    world.group = replace(world.group, policy=replace(world.group.policy, cooldown_seconds=0.0))
    sim = Sim(world, ears=Stumbling())

    def turn() -> None:
        world.prober.down.clear()
        world.prober.down.add("db-2")

    sim.after(10.0, lambda: world.prober.down.add("db-1"))
    sim.after(40.0, turn)
    sim.run_for(80.0)
    assert at(world, "db-1")
    assert sim.moves() == 2
    assert len(sim.ears.said("fault")) == 1


class Mute(Deaf):
    """Has a fault of its own, just where a fault is told."""

    def hear(self, line: Line) -> None:
        super().hear(line)
        if line.topic == "fault":
            raise KeyError(line.topic)


def test_a_watcher_whose_telling_of_a_fault_has_one_itself_ends_so_that_its_supervisor_knows() -> None:
    sim = beside_an_ill_one(Mute())
    with pytest.raises(KeyError):
        sim.run_for(60.0)
