"""An incomplete run never ends with a code that a script reads as something else."""

import pytest

from support.rig import by_hand, engine
from toolkit.domain.errors import CloudError, ExitCode, Missing
from toolkit.testing import Killed, World, pair


def missing(action: str) -> CloudError:
    return Missing(action, "InvalidNetworkInterfaceID.NotFound", "it does not exist")


def left_open() -> World:
    """A run that died just before its first change."""
    world = pair("eip")

    def die(_call: object) -> None:
        world.cloud.switch.revive(at=1)
        world.cloud.switch.point("before the call")

    world.cloud.before_call.append(die)
    with pytest.raises(Killed):
        engine(world).run(world.group, by_hand(world, "db-2"))
    world.cloud.before_call.clear()
    world.cloud.switch.revive()
    world.ledger.die()
    return world


def test_a_resume_that_meets_an_id_that_is_gone_is_incomplete_and_not_a_wrong_call() -> None:
    world = left_open()
    world.cloud.fail(None, missing, times=100)
    result = engine(world, ledger=world.ledger.beside("owner-2")).resume(world.group)
    assert (result.status, result.exit_code) == ("incomplete", ExitCode.INCOMPLETE)


def test_a_run_that_changed_nothing_and_meets_an_id_that_is_gone_is_a_wrong_call() -> None:
    world = pair("eip")
    world.cloud.fail(None, missing, times=100)
    result = engine(world).run(world.group, by_hand(world, "db-2"))
    assert (result.status, result.exit_code) == ("failed", ExitCode.USAGE)
