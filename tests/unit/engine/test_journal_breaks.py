"""A journal that can't be written any more, once the run has begun: incomplete, and `resume` knows the rest."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from faults.disks import BadDisk
from support.rig import by_hand, engine, held, on_failure
from support.watch_sim import by_tcp
from toolkit.domain.errors import CloudError, ExitCode, Incomplete, JournalBroken, Refused, Unreachable
from toolkit.domain.holder import HeldBy
from toolkit.engine.engine import Engine
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
    with pytest.raises(
        Incomplete,
        match=r"the journal lacks step_done: .* free some space on that disk; .*`failover resume --group db`",
    ) as told:
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


def no_permission(action: str = "TransactWriteItems") -> CloudError:
    return Refused(action, "AccessDeniedException", "the credentials lack the permission dynamodb:PutItem")


def away(action: str = "TransactWriteItems") -> CloudError:
    return Unreachable(action, "ConnectTimeoutError", "no connection", outcome_unknown=False)


def no_answer(action: str = "TransactWriteItems") -> CloudError:
    return Unreachable(action, "ReadTimeoutError", "no answer")


TROUBLES = [no_permission, away]


def strike_at(world: World, number: int, error: Callable[[], CloudError]) -> None:
    """Let every write of the ledger fail from the number-th on."""
    writes: list[str] = []

    def strike(name: str) -> None:
        writes.append(name)
        if len(writes) >= number:
            # So that a repeat in vain takes its time.
            world.clock.sleep(1.0)
            raise error()

    world.ledger.before_write.append(strike)


def mended(world: World) -> Engine:
    world.ledger.before_write.clear()
    world.ledger.die()
    return engine(world, ledger=world.ledger.beside("owner-2"))


@pytest.mark.parametrize("error", TROUBLES)
@pytest.mark.parametrize(("number", "missed"), [(3, "step_done, steps_started"), (4, "step_done")])
def test_a_run_whose_state_table_fails_after_its_first_change_is_incomplete_and_names_what_is_missing(
    number: int, missed: str, error: Callable[[], CloudError]
) -> None:
    world = pair("ipv6")
    strike_at(world, number, error)
    with pytest.raises(Incomplete) as told:
        engine(world).run(world.group, by_hand(world, "db-2"))
    assert told.value.exit_code is ExitCode.INCOMPLETE
    assert f"the journal lacks {missed}" in str(told.value)
    assert str(error()) in str(told.value)
    assert "`failover resume --group db`" in str(told.value)
    assert world.ledger.history("db").unfinished()
    assert mended(world).resume(world.group).status == "done"
    assert set(held(world).values()) == {HeldBy("db-2")}


@pytest.mark.parametrize("error", TROUBLES)
def test_a_standing_run_whose_state_table_fails_after_its_first_change_is_no_other(
    error: Callable[[], CloudError],
) -> None:
    world = by_tcp(pair("eip"))
    world.prober.down.add("db-1")
    view = engine(world).view(world.group, on_failure(world))
    strike_at(world, 2, error)
    with pytest.raises(Incomplete, match="the journal lacks step_done"):
        engine(world).run(world.group, on_failure(world), standing=view)
    assert world.cloud.made


@pytest.mark.parametrize("error", TROUBLES)
def test_a_run_whose_opening_was_never_written_ends_by_what_happened_and_leaves_nothing_open(
    error: Callable[[], CloudError],
) -> None:
    world = pair("eip")
    strike_at(world, 2, error)
    with pytest.raises(type(error())):
        engine(world).run(world.group, by_hand(world, "db-2"))
    assert world.cloud.made == []
    assert world.ledger.history("db").unfinished() == ()


def test_a_run_whose_opening_may_have_been_written_may_be_open() -> None:
    world = pair("eip")
    strike_at(world, 2, no_answer)
    with pytest.raises(Incomplete, match="the journal may lack run_started, steps_started"):
        engine(world).run(world.group, by_hand(world, "db-2"))
    assert world.cloud.made == []
