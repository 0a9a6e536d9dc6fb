"""What others did between a run's reads and its lease: it is seen before anything is decided."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from support.rig import by_hand, engine, held, with_policy
from toolkit.domain.events import EventName
from toolkit.domain.holder import HeldBy
from toolkit.testing import Killed, MemoryLedger, World, pair


def before_the_lease(ledger: MemoryLedger, act: Callable[[], None]) -> None:
    """Let something happen once, just before this ledger takes the lease."""
    pending = [act]

    def hook(name: str) -> None:
        while name == "acquire" and pending:
            pending.pop()()

    ledger.before_write.append(hook)


def other_run(world: World, target: str) -> None:
    """A whole run of somebody else."""
    other = engine(world, ledger=world.ledger.beside("owner-other"))
    assert other.run(world.group, by_hand(world, target)).status == "done"


def left_open(world: World) -> MemoryLedger:
    """A run to ``db-2`` dies before its only change; the ledger of whoever comes after it."""
    world.cloud.switch.revive(at=5)
    with pytest.raises(Killed):
        engine(world).run(world.group, by_hand(world, "db-2"))
    assert world.ledger.history("db").unfinished()
    assert not world.cloud.made
    world.ledger.die()
    world.cloud.switch.revive()
    return world.ledger.beside("owner-2")


def runs_begun(world: World) -> int:
    return sum(event.name is EventName.RUN_STARTED for event in world.ledger.history("db").events)


def test_a_process_that_slept_between_its_reads_and_its_lease_reads_again() -> None:
    """However long ago the other run gave the lease back, and however old the policy lets reads be."""
    world = pair("eip")
    with_policy(world, max_snapshot_age_seconds=600.0)

    def sleep_through_another_run() -> None:
        while not world.cloud.reads:
            time.sleep(0.001)
        other_run(world, "db-2")
        world.clock.advance(300.0)

    before_the_lease(world.ledger, sleep_through_another_run)
    result = engine(world).run(world.group, by_hand(world, "db-2"))
    assert result.status == "done"
    assert len(world.cloud.calls) == 1
    assert runs_begun(world) == 1


def test_a_resume_leaves_alone_what_another_run_ended_before_it_got_the_lease() -> None:
    world = pair("eip")
    mine = left_open(world)
    before_the_lease(mine, lambda: other_run(world, "db-1"))
    result = engine(world, ledger=mine).resume(world.group)
    assert result.status == "done"
    assert "nothing to resume" in result.reason
    assert set(held(world).values()) == {HeldBy("db-1")}
    assert not world.cloud.made


def test_a_resume_takes_up_the_run_that_is_open_when_it_has_the_lease() -> None:
    """The run that it came for was taken up by another, to another node, which died in turn."""
    world = pair("eip")
    mine = left_open(world)

    def die_on_the_way_back() -> None:
        other_run(world, "db-2")
        third = world.ledger.beside("owner-3")
        world.cloud.switch.revive(at=5)
        with pytest.raises(Killed):
            engine(world, ledger=third).run(world.group, by_hand(world, "db-1"))
        third.die()
        world.cloud.switch.revive()

    before_the_lease(mine, die_on_the_way_back)
    result = engine(world, ledger=mine).resume(world.group)
    assert (result.status, result.target) == ("done", "db-1"), result.reason
    assert set(held(world).values()) == {HeldBy("db-1")}
    assert world.ledger.history("db").unfinished() == ()
