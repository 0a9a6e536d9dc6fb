"""What becomes of a line that can't be written."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from support.rig import engine, held, on_failure
from support.watch_sim import Sim, by_tcp
from toolkit.bootstrap import Steady, Wiring
from toolkit.domain.events import Event
from toolkit.domain.group import Configuration, FileState
from toolkit.domain.holder import HeldBy
from toolkit.engine.engine import Engine
from toolkit.testing import World, pair
from toolkit.watch.report import report
from toolkit.watch.voice import Line, Voice

BROKEN = [OSError(number, os.strerror(number)) for number in (errno.EPIPE, errno.ENOSPC)]
BROKEN_IDS = ["the reader is gone", "the disk is full"]


class Mute:
    """``Hearer`` and ``ports.Watcher`` that can write nothing."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def hear(self, line: Line) -> None:
        del line
        raise self.error

    def happened(self, event: Event) -> None:
        del event
        raise self.error


def at_db_2(world: World) -> bool:
    return set(held(world).values()) == {HeldBy("db-2")}


@pytest.mark.parametrize("error", [*BROKEN, ValueError("I/O operation on closed file")], ids=[*BROKEN_IDS, "closed"])
def test_a_line_that_cannot_be_written_stops_neither_the_watch_nor_the_move_and_is_counted(error: Exception) -> None:
    world = by_tcp(pair("eip"))
    sim = Sim(world, hearer=Mute(error))
    sim.after(5.0, lambda: world.prober.down.add("db-1"))
    sim.run_for(30.0)
    assert at_db_2(world)
    assert report(sim.watcher, sim.voice, world.clock).unheard == sim.voice.unheard > 0


@pytest.mark.parametrize("error", BROKEN, ids=BROKEN_IDS)
def test_an_event_that_cannot_be_told_does_not_break_off_the_run(error: Exception) -> None:
    world = by_tcp(pair("eip"))
    world.prober.down.add("db-1")
    ports = replace(engine(world).ports, watcher=Steady(Mute(error)))
    result = Engine(ports).run(world.group, on_failure(world))
    assert (result.status, at_db_2(world), world.ledger.owner("db")) == ("done", True, None)


def test_every_run_is_wired_to_a_watcher_that_cannot_break_it(tmp_path: Path) -> None:
    wiring = Wiring(Configuration((), FileState(str(tmp_path)), region="eu-west-1"))
    try:
        ports = wiring.engine(watcher=Mute(BROKEN[0])).ports
    finally:
        wiring.close()
    assert isinstance(ports.watcher, Steady)


def test_a_line_is_heard_as_it_was_said() -> None:
    lines: list[Line] = []

    class Ears:
        def hear(self, line: Line) -> None:
            lines.append(line)

    voice = Voice(Ears(), lambda: 7.0)
    voice.say("moving", "to db-2", group="db")
    assert (lines, voice.unheard) == ([Line(7.0, "db", "moving", "to db-2")], 0)
