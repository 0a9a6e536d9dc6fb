"""An interface that is on its way to an instance that is terminated goes back at once, not when the run is over."""

from support.rig import by_hand, engine, held
from toolkit.domain.holder import HeldBy
from toolkit.domain.steps import Call
from toolkit.testing import World, not_ready, pair

SOON_SECONDS = 10.0


def terminating(world: World) -> None:
    def strike(call: Call) -> None:
        if call.action == "AttachNetworkInterface" and call.params["InstanceId"] == world.node("db-2").instance:
            world.cloud.terminate(world.node("db-2").instance)

    world.cloud.before_call.append(strike)
    # What EC2 answers to an attachment to such an instance, whatever state it will never leave.
    world.cloud.fail("AttachNetworkInterface", not_ready, times=5)


def test_an_interface_is_put_back_soon_when_its_target_is_gone_for_good() -> None:
    world = pair("eni")
    terminating(world)
    began = world.clock.monotonic()
    result = engine(world).run(world.group, by_hand(world, "db-2"))
    assert result.status == "incomplete"
    assert set(held(world).values()) == {HeldBy("db-1")}
    assert world.clock.monotonic() - began < SOON_SECONDS
    assert "terminated" in result.reason
