"""Status, reason, remedy, exit code and journal of a run that did not arrive say the same."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from support.rig import by_hand, engine, on_failure, ports
from support.watch_sim import by_tcp
from toolkit.domain.errors import CloudError, Conflict, ExitCode, Missing, Refused
from toolkit.engine.engine import Engine
from toolkit.engine.outcome import Result
from toolkit.pacing import Pace
from toolkit.testing import (
    Killed,
    World,
    broken,
    impossible,
    not_ready,
    pair,
    refused,
    silent,
    throttled,
    unreachable,
)

MANY = 100_000


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


def moved_by_another_hand(action: str) -> CloudError:
    return Conflict(action, "Resource.AlreadyAssociated", "it is associated already")


def is_open(world: World) -> bool:
    return world.ledger.history("db").unfinished() != ()


def is_over(world: World, result: Result) -> bool:
    """Whether everything says that nothing was changed and that nothing is left to resume."""
    told = f"{result.reason}; {result.remedy}"
    return result.status == "failed" and not is_open(world) and "failover run" in told and "resume" not in told


def is_left_open(world: World, result: Result) -> bool:
    """Whether everything says that a resume takes it up."""
    told = f"{result.reason}; {result.remedy}"
    return (
        result.status == "incomplete" and is_open(world) and "failover resume" in told and "`failover run" not in told
    )


NOTHING_DONE = [
    (refused, ExitCode.REFUSED),
    (impossible, ExitCode.REFUSED),
    (missing, ExitCode.USAGE),
    (throttled, ExitCode.UNREACHABLE),
    (unreachable, ExitCode.UNREACHABLE),
    (not_ready, ExitCode.UNREACHABLE),
]


@pytest.mark.parametrize(("error", "code"), NOTHING_DONE)
def test_a_run_that_certainly_changed_nothing_is_over_and_its_code_says_why(
    error: Callable[[str], CloudError], code: ExitCode
) -> None:
    world = pair("eip")
    world.cloud.fail("AssociateAddress", error, times=MANY)
    result = engine(world, run_seconds=20.0).run(world.group, by_hand(world, "db-2"))
    assert is_over(world, result), result
    assert result.exit_code is code
    assert world.cloud.made == []


@pytest.mark.parametrize("error", [silent, broken])
def test_a_run_whose_only_call_may_have_had_its_effect_is_left_open(error: Callable[[str], CloudError]) -> None:
    world = pair("eip")
    world.cloud.fail("AssociateAddress", error, times=MANY)
    result = engine(world, run_seconds=20.0).run(world.group, by_hand(world, "db-2"))
    assert is_left_open(world, result), result
    assert result.exit_code is ExitCode.UNREACHABLE


def test_a_run_that_another_hand_crossed_before_its_first_change_moved_nothing() -> None:
    world = pair("eip")
    elastic = world.store.elastics["eipalloc-00000001"]
    elsewhere = replace(elastic, private_ip="10.0.1.99")
    world.cloud.fail("AssociateAddress", moved_by_another_hand, times=MANY)
    world.cloud.before_call.append(lambda _call: world.store.elastics.update({elastic.allocation: elsewhere}))
    result = engine(world).run(world.group, by_hand(world, "db-2"))
    assert is_over(world, result), result
    assert result.exit_code is ExitCode.HOLD


def test_a_run_that_was_never_given_a_token_is_over_and_was_not_refused() -> None:
    world = pair("eip")
    pace = Pace()
    now = world.clock.monotonic()
    for _ in range(20):
        pace.refused("AssociateAddress", asked_at=now, now=now)
    slow = Engine(replace(ports(world), pace=pace), run_seconds=1.0)
    result = slow.run(world.group, by_hand(world, "db-2"))
    assert world.cloud.calls == []
    assert "AWS admits too few calls" in result.reason
    assert is_over(world, result), result
    assert result.exit_code is ExitCode.UNREACHABLE


def test_a_run_whose_time_was_over_before_its_first_step_is_over() -> None:
    world = pair("eip")
    world.ledger.lease_seconds = 10_000.0
    world.cloud.before_read.append(lambda _reads: world.clock.advance(10.0))
    result = engine(world, run_seconds=5.0).run(world.group, by_hand(world, "db-2"))
    assert world.cloud.calls == []
    assert is_over(world, result), result
    assert result.exit_code is ExitCode.UNREACHABLE


def test_what_a_person_had_named_stands_in_the_command_that_runs_it_again() -> None:
    world = pair("eip")
    world.cloud.fail("AssociateAddress", refused)
    assert "`failover run --group db --to db-2`" in engine(world).run(world.group, by_hand(world, "db-2")).reason


def test_a_run_after_a_failure_is_run_again_without_a_node() -> None:
    world = by_tcp(pair("eip"))
    world.prober.down.add("db-1")
    world.cloud.fail("AssociateAddress", refused)
    assert "`failover run --group db`" in engine(world).run(world.group, on_failure(world)).reason


def test_an_end_that_could_not_be_written_leaves_open_what_changed_nothing() -> None:
    world = pair("eip")
    world.cloud.fail("AssociateAddress", refused)

    def strike(name: str) -> None:
        if name == "release":
            raise Refused("TransactWriteItems", "AccessDeniedException", "the permission dynamodb:PutItem is missing")

    world.ledger.before_write.append(strike)
    result = engine(world).run(world.group, by_hand(world, "db-2"))
    assert is_left_open(world, result), result
    assert result.exit_code is ExitCode.INCOMPLETE
    assert "could not be recorded" in result.reason
