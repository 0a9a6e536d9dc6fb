"""An interface that is on its way to an instance that is terminated goes back at once, not when the run is over."""

import pytest

from support.rig import by_hand, engine, held
from toolkit.domain.errors import ExitCode
from toolkit.domain.holder import Free, HeldBy
from toolkit.domain.steps import Call
from toolkit.testing import World, not_ready, pair, refused

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


def test_an_interface_whose_target_dies_under_an_attachment_that_aws_had_taken_is_not_forgotten() -> None:
    world = pair("eni")
    world.cloud.delays.attach_seconds = 5.0

    def strike(call: Call) -> None:
        if call.action == "AttachNetworkInterface" and call.params["InstanceId"] == world.node("db-2").instance:
            world.clock.call_after(1.0, lambda: world.cloud.terminate(world.node("db-2").instance))

    world.cloud.after_call.append(strike)
    result = engine(world).run(world.group, by_hand(world, "db-2"))
    assert set(held(world).values()) == {Free()}
    assert (result.status, result.exit_code) == ("incomplete", ExitCode.INCOMPLETE)
    assert "nobody" in result.reason
    assert "failover resume --group db" in result.reason
    assert engine(world).resume(world.group).status == "done"
    assert set(held(world).values()) == {HeldBy("db-1")}


@pytest.mark.parametrize("seen_seconds", [0.0, 1.0])
def test_an_attachment_that_nobody_could_see_end_leaves_the_run_open(seen_seconds: float) -> None:
    world = pair("eni")
    world.cloud.delays.attach_seconds = 5.0

    def strike(call: Call) -> None:
        if call.action == "AttachNetworkInterface":
            world.clock.call_after(seen_seconds, lambda: world.cloud.fail("read", refused, times=1000))

    world.cloud.after_call.append(strike)
    result = engine(world).run(world.group, by_hand(world, "db-2"))
    assert (result.status, result.exit_code) == ("incomplete", ExitCode.INCOMPLETE)
    assert world.ledger.history("db").unfinished()


def test_a_record_that_leads_to_a_target_that_died_meanwhile_is_not_called_proven() -> None:
    world = pair("dns")
    world.cloud.after_call.append(lambda _: world.cloud.terminate(world.node("db-2").instance))
    result = engine(world).run(world.group, by_hand(world, "db-2"))
    assert (result.status, result.exit_code) == ("unverified", ExitCode.UNVERIFIED)
    assert "terminated" in result.reason
