"""An open run whose target died before anything reached it: the group is whole where it is, and that closes it."""

import pytest

from support.rig import by_hand, engine, held
from toolkit.domain.holder import HeldBy
from toolkit.testing import Killed, World, pair


def left_open() -> World:
    """A run to ``db-2`` that wrote its plan and died before its first change; then ``db-2`` is terminated."""
    world = pair("eip")
    world.cloud.before_call.append(lambda _call: _die(world))
    with pytest.raises(Killed):
        engine(world).run(world.group, by_hand(world, "db-2"))
    world.cloud.before_call.clear()
    world.ledger.die()
    world.cloud.switch.revive()
    world.cloud.terminate(world.node("db-2").instance)
    assert world.ledger.history("db").unfinished()
    return world


def _die(world: World) -> None:
    world.cloud.switch.revive(at=1)
    world.cloud.switch.point("before the call")


def test_resume_closes_the_run_when_a_healthy_node_holds_everything() -> None:
    world = left_open()
    result = engine(world, ledger=world.ledger.beside("owner-2")).resume(world.group)
    assert (result.status, result.target) == ("done", "db-1"), result.reason
    assert set(held(world).values()) == {HeldBy("db-1")}
    assert world.ledger.history("db").unfinished() == ()
    assert not world.cloud.made


def test_resume_leaves_the_run_open_when_the_holder_is_down_too() -> None:
    world = left_open()
    world.prober.down.add("db-1")
    result = engine(world, ledger=world.ledger.beside("owner-2")).resume(world.group)
    assert (result.status, result.exit_code) == ("hold", 3)
    assert world.ledger.history("db").unfinished()
