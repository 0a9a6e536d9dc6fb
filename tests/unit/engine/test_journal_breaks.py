"""A journal that can't be written any more, once the run has begun: incomplete, and `resume` knows the rest."""

import errno
from pathlib import Path

import pytest

from faults.disks import BadDisk
from support.rig import by_hand, engine, held, on_failure
from toolkit.domain.errors import ExitCode, Incomplete, JournalBroken
from toolkit.domain.holder import HeldBy
from toolkit.journal.file import FileLedger
from toolkit.testing import World, pair


@pytest.fixture
def disk() -> BadDisk:
    return BadDisk()


@pytest.fixture
def world() -> World:
    return pair("eip")


def ledger(folder: Path, world: World, disk: BadDisk, owner: str = "a") -> FileLedger:
    return FileLedger(folder, owner=owner, clock=world.clock, disk=disk)


def test_a_run_whose_disk_fills_up_after_its_change_is_incomplete_and_says_what_to_do(
    tmp_path: Path, world: World, disk: BadDisk
) -> None:
    world.cloud.after_call.append(lambda _call: disk.turn(errno.ENOSPC))
    with pytest.raises(Incomplete, match=r"free some space on that disk, .*`failover resume --group db`") as told:
        engine(world, ledger=ledger(tmp_path, world, disk)).run(world.group, by_hand(world, "db-2"))
    assert told.value.exit_code is ExitCode.INCOMPLETE
    disk.turn(0)
    result = engine(world, ledger=ledger(tmp_path, world, disk, "b")).resume(world.group)
    assert result.status == "done"
    assert set(held(world).values()) == {HeldBy("db-2")}


def test_a_standing_run_is_no_other(tmp_path: Path, world: World, disk: BadDisk) -> None:
    runner = engine(world, ledger=ledger(tmp_path, world, disk))
    world.prober.down.add("db-1")
    view = runner.view(world.group, on_failure(world))
    world.cloud.after_call.append(lambda _call: disk.turn(errno.EROFS))
    with pytest.raises(Incomplete, match="read-only"):
        runner.run(world.group, on_failure(world), standing=view)


def test_a_run_that_could_not_even_take_the_lease_has_begun_nothing(
    tmp_path: Path, world: World, disk: BadDisk
) -> None:
    disk.turn(errno.ENOSPC)
    with pytest.raises(JournalBroken, match="free some space"):
        engine(world, ledger=ledger(tmp_path, world, disk)).run(world.group, by_hand(world, "db-2"))
    assert not world.cloud.made
