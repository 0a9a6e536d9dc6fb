"""A fault of the program ends its run, and not the group's next one: the lease is given back all the same."""

from collections.abc import Callable
from pathlib import Path

import pytest

from support.rig import by_hand, engine, held, on_failure
from support.watch_sim import by_tcp
from toolkit.domain.events import Event
from toolkit.domain.holder import HeldBy
from toolkit.journal.file import FileLedger
from toolkit.testing import Killed, RecordingWatcher, World, pair


class Stumbling(RecordingWatcher):
    """Trips over the first event it is told of."""

    def happened(self, event: Event) -> None:
        if not self.events:
            self.events.append(event)
            raise ZeroDivisionError
        super().happened(event)


def stumble(*_: object) -> None:
    raise ZeroDivisionError


def at_a_read(world: World) -> None:
    world.cloud.before_read.append(stumble)


def at_a_call(world: World) -> None:
    world.cloud.before_call.append(stumble)


def at_an_event(world: World) -> None:
    world.watcher = Stumbling()


PLACES = [at_a_read, at_a_call, at_an_event]


def mended(world: World) -> None:
    world.cloud.before_read.clear()
    world.cloud.before_call.clear()
    world.watcher = RecordingWatcher()


@pytest.mark.parametrize("place", PLACES)
def test_the_next_run_of_the_same_process_gets_the_lease(place: Callable[[World], None], tmp_path: Path) -> None:
    world = by_tcp(pair("eip"))
    files = FileLedger(tmp_path / "state", owner="a", clock=world.clock)
    place(world)
    with pytest.raises(ZeroDivisionError):
        engine(world, ledger=files).run(world.group, by_hand(world, "db-2"))
    assert files.owner("db") is None
    mended(world)
    assert engine(world, ledger=files).run(world.group, by_hand(world, "db-2")).status == "done"
    assert set(held(world).values()) == {HeldBy("db-2")}


@pytest.mark.parametrize("place", [at_a_call, at_an_event])
def test_a_standing_run_is_no_other(place: Callable[[World], None]) -> None:
    world = by_tcp(pair("eip"))
    world.prober.down.add("db-1")
    view = engine(world).view(world.group, on_failure(world))
    place(world)
    with pytest.raises(ZeroDivisionError):
        engine(world).run(world.group, on_failure(world), standing=view)
    assert world.ledger.owner("db") is None
    mended(world)
    assert engine(world).resume(world.group).status == "done"


def test_a_process_that_is_killed_gives_nothing_back() -> None:
    world = pair("eip")

    def die(_call: object) -> None:
        raise Killed

    world.cloud.before_call.append(die)
    with pytest.raises(Killed):
        engine(world).run(world.group, by_hand(world, "db-2"))
    assert world.ledger.owner("db") == "owner-1"
