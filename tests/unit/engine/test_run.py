"""A run from its trigger to its record, as each of its ends."""

import time
from dataclasses import replace

import pytest

from support.rig import by_hand, engine, held, on_failure, plan_to
from toolkit.domain.decision import Cause, Trigger
from toolkit.domain.errors import ExitCode, LeaseHeld, LeaseLost, Refused, Unreachable, UsageError
from toolkit.domain.events import Event, EventName
from toolkit.domain.group import ByTag, Node, TcpProbe, Verify
from toolkit.domain.holder import HeldBy
from toolkit.domain.steps import Call
from toolkit.testing import World, impossible, pair, refused, silent, throttled, unreachable


def watched(*kinds: str) -> World:
    """A pair whose health is a TCP look, so that the fake prober decides it."""
    world = pair(*kinds)
    world.group = replace(world.group, health=replace(world.group.health, probes=(TcpProbe(5432),)))
    return world


def failed(*kinds: str) -> World:
    """The same after the first node's service died."""
    world = watched(*kinds)
    world.prober.down.add("db-1")
    return world


def names(world: World) -> list[str]:
    return [event.name.value for event in world.ledger.history("db").events]


def at(world: World, node: str) -> bool:
    return set(held(world).values()) == {HeldBy(node)}


def test_a_persons_move_is_made_proven_and_recorded() -> None:
    world = watched()
    result = engine(world).run(world.group, by_hand(world, "db-2"))
    assert (result.status, result.exit_code, result.target) == ("done", ExitCode.DONE, "db-2")
    assert at(world, "db-2")
    assert names(world)[0] == "run_started"
    assert names(world)[-2:] == ["verified", "run_ended"]
    assert all(check.passed for check in result.checks)


def test_the_result_tells_where_everything_came_from() -> None:
    world = watched("eip", "route")
    result = engine(world).run(world.group, by_hand(world, "db-2"))
    assert result.origin == {"eip:eipalloc-00000001": "db-1", "route:10.99.0.10/32": "db-1"}


def test_a_move_back_is_as_good_as_a_move() -> None:
    world = watched()
    for target in ("db-2", "db-1", "db-2"):
        result = engine(world).run(world.group, by_hand(world, target))
        assert (result.status, at(world, target)) == ("done", True)


def test_a_move_to_where_everything_is_calls_nothing_and_writes_no_journal() -> None:
    world = watched()
    result = engine(world).run(world.group, by_hand(world, "db-1"))
    assert (result.status, result.exit_code, result.steps) == ("done", ExitCode.DONE, ())
    assert "nothing to do" in result.reason
    assert world.cloud.calls == []
    assert names(world) == []


def carried_by_hand(world: World, *, attach_seconds: float) -> None:
    """Somebody else detaches the interface and attaches it to the second node, which takes AWS its time."""
    card = next(card for card in world.cloud.store.cards.values() if card.id in str(world.group.addresses))
    attached = {"NetworkInterfaceId": card.id, "InstanceId": world.node("db-2").instance, "DeviceIndex": 1}
    assert card.attachment is not None
    world.cloud.call(Call("ec2", "DetachNetworkInterface", {"AttachmentId": card.attachment.id}))
    world.cloud.delays.attach_seconds = attach_seconds
    world.cloud.call(Call("ec2", "AttachNetworkInterface", attached))


def test_an_interface_on_its_way_to_the_target_is_waited_for_and_proven_without_a_call() -> None:
    world = watched("eni")
    carried_by_hand(world, attach_seconds=8.0)
    made, began = len(world.cloud.calls), world.clock.monotonic()
    result = engine(world).run(world.group, by_hand(world, "db-2"))
    assert (result.status, result.exit_code, result.steps) == ("done", ExitCode.DONE, ())
    assert result.reason == "everything is at db-2"
    assert result.checks
    assert all(check.passed for check in result.checks)
    assert world.clock.monotonic() - began >= 8.0
    assert len(world.cloud.calls) == made
    assert names(world) == ["run_started", "verified", "run_ended"]


def test_an_interface_that_is_on_its_way_to_the_target_for_too_long_is_not_called_done() -> None:
    world = watched("eni")
    carried_by_hand(world, attach_seconds=600.0)
    result = engine(world).run(world.group, by_hand(world, "db-2"))
    assert (result.status, result.exit_code) == ("unverified", ExitCode.UNVERIFIED)
    assert "~attaching" in result.reason


def test_a_failure_moves_everything_to_the_healthy_node() -> None:
    world = failed()
    result = engine(world).run(world.group, on_failure(world))
    assert (result.status, result.target) == ("done", "db-2")
    assert at(world, "db-2")


def test_the_same_failure_told_twice_moves_once() -> None:
    world = failed()
    trigger = on_failure(world)
    engine(world).run(world.group, trigger)
    calls = len(world.cloud.calls)
    again = engine(world).run(world.group, trigger)
    assert (again.status, again.exit_code, len(world.cloud.calls)) == ("hold", ExitCode.HOLD, calls)
    assert again.reason.startswith("holder-healthy")


def test_a_false_alarm_moves_nothing_and_the_hold_is_recorded() -> None:
    world = watched()
    result = engine(world).run(world.group, on_failure(world))
    assert (result.status, result.exit_code) == ("hold", ExitCode.HOLD)
    assert names(world) == ["run_held"]
    assert world.cloud.calls == []


def test_a_dead_target_is_not_moved_to() -> None:
    world = watched()
    world.prober.down.add("db-2")
    result = engine(world).run(world.group, by_hand(world, "db-2"))
    assert result.reason.startswith("target-not-healthy")
    assert at(world, "db-1")


def test_a_person_may_insist_on_an_unproven_target() -> None:
    world = watched()
    world.prober.down.add("db-2")
    result = engine(world).run(world.group, by_hand(world, "db-2", "target-not-healthy"))
    assert (result.status, at(world, "db-2")) == ("done", True)


def test_one_failed_look_is_not_a_failure() -> None:
    world = failed()
    world.clock.call_after(1.5, world.prober.down.clear)
    assert engine(world).run(world.group, on_failure(world)).status == "hold"


@pytest.mark.parametrize("end", ["stop", "terminate", "impair"])
def test_the_old_holders_state_does_not_hinder_the_move(end: str) -> None:
    world = pair()
    getattr(world.cloud, end)(world.node("db-1").instance)
    result = engine(world).run(world.group, on_failure(world))
    assert (result.status, at(world, "db-2")) == ("done", True)


def test_an_unknown_target_is_a_usage_error_that_names_the_nodes() -> None:
    world = watched("eip")
    with pytest.raises(UsageError, match="db-1, db-2"):
        engine(world).run(world.group, by_hand(world, "db-9"))
    assert world.ledger.owner("db") is None


def test_a_held_lease_ends_the_run_before_it_begins() -> None:
    world = watched("eip")
    world.ledger.beside("owner-2").acquire("db")
    with pytest.raises(LeaseHeld, match="owner-2"):
        engine(world).run(world.group, by_hand(world, "db-2"))
    assert world.cloud.calls == []


def test_a_held_lease_is_told_at_once_although_aws_does_not_answer() -> None:
    world = watched("eip")
    world.ledger.beside("owner-2").acquire("db")
    world.cloud.fail("read", unreachable, times=100_000)
    began = world.clock.monotonic()
    with pytest.raises(LeaseHeld, match="owner-2"):
        engine(world).run(world.group, by_hand(world, "db-2"))
    assert len(world.cloud.reads) <= 1
    assert world.clock.monotonic() == began


def test_the_lease_is_free_after_every_end() -> None:
    world = watched("eip")
    ends = [by_hand(world, "db-2"), by_hand(world, "db-2"), on_failure(world)]
    for trigger in ends:
        engine(world).run(world.group, trigger)
        assert world.ledger.owner("db") is None


def test_the_approved_plan_is_carried_out_by_its_digest() -> None:
    world = watched("eip")
    digest = plan_to(world, "db-2").digest
    assert engine(world).run(world.group, by_hand(world, "db-2"), digest=digest).status == "done"


def test_another_plan_than_the_approved_one_is_refused() -> None:
    world = watched("eip")
    digest = plan_to(world, "db-2").digest
    world.cloud.terminate(world.node("db-1").instance)
    with pytest.raises(UsageError, match="approved"):
        engine(world).run(world.group, by_hand(world, "db-2"), digest=digest)
    assert world.cloud.calls == []


def test_a_look_changes_nothing_and_takes_no_lease() -> None:
    world = watched()
    world.ledger.beside("owner-2").acquire("db")
    view = engine(world).view(world.group, by_hand(world, "db-2"))
    assert view.plan is not None
    assert view.plan.digest == plan_to(world, "db-2").digest
    assert world.cloud.calls == []


def test_a_half_done_move_is_finished() -> None:
    world = failed()
    world.cloud.by_another_hand(plan_to(world, "db-2").stages[0][0].call)
    result = engine(world).run(world.group, on_failure(world))
    assert (result.status, at(world, "db-2")) == ("done", True)


def test_a_permission_that_is_missing_ends_the_run_with_its_own_code() -> None:
    world = watched("eip")
    world.cloud.fail("AssociateAddress", refused)
    result = engine(world).run(world.group, by_hand(world, "db-2"))
    assert (result.status, result.exit_code) == ("failed", ExitCode.REFUSED)
    assert "ec2:AssociateAddress" in result.reason
    assert names(world)[-1] == "run_ended"


def test_a_read_that_is_refused_ends_the_run_and_frees_the_lease() -> None:
    world = watched("eip")
    world.cloud.fail("read", refused)
    with pytest.raises(Refused):
        engine(world).run(world.group, by_hand(world, "db-2"))
    assert world.ledger.owner("db") is None


def test_reads_that_fail_for_a_while_are_repeated() -> None:
    world = watched("eip")
    world.cloud.fail("read", throttled, times=4)
    assert engine(world).run(world.group, by_hand(world, "db-2")).status == "done"


def test_an_endpoint_that_stays_away_is_reported_as_unreachable() -> None:
    world = watched("eip")
    world.cloud.fail("read", unreachable, times=100_000)
    with pytest.raises(Unreachable):
        engine(world).run(world.group, by_hand(world, "db-2"))


def test_a_run_that_could_not_finish_is_left_open_and_resume_finishes_it() -> None:
    world = watched("eip", "ipv6")
    world.cloud.fail("AssociateAddress", impossible)
    result = engine(world).run(world.group, by_hand(world, "db-2"))
    assert (result.status, result.exit_code) == ("incomplete", ExitCode.INCOMPLETE)
    assert "failover resume" in result.reason
    assert "run_ended" not in names(world)
    assert engine(world).resume(world.group).status == "done"
    assert at(world, "db-2")


def test_a_change_that_may_still_come_leaves_the_run_open() -> None:
    world = watched("eni")
    world.cloud.stick("eni-f0000001")
    world.ledger.lease_seconds = 1_000.0
    result = engine(world).run(world.group, by_hand(world, "db-2"))
    assert (result.status, result.exit_code) == ("incomplete", ExitCode.INCOMPLETE)
    assert world.ledger.history("db").unfinished() != ()


def test_a_lost_answer_that_nobody_can_read_about_leaves_the_run_open() -> None:
    world = watched("ipv6")
    world.cloud.fail("UnassignIpv6Addresses", silent, effect="happens")
    world.cloud.after_call.append(lambda _call: world.cloud.fail("read", unreachable, times=100_000))
    result = engine(world).run(world.group, by_hand(world, "db-2"))
    assert result.status == "incomplete"
    world.cloud.faults.clear()
    world.cloud.after_call.clear()
    assert engine(world).resume(world.group).status == "done"
    assert at(world, "db-2")


def test_a_resume_with_nothing_open_does_nothing() -> None:
    world = watched("eip")
    result = engine(world).resume(world.group)
    assert (result.status, world.cloud.calls) == ("done", [])


def test_a_resume_goes_to_another_healthy_node_when_the_target_has_died_meanwhile() -> None:
    world = watched("eip", "ipv6")
    world.cloud.fail("AssociateAddress", impossible)
    engine(world).run(world.group, by_hand(world, "db-2"))
    world.cloud.terminate(world.node("db-2").instance)
    assert engine(world).resume(world.group).status == "done"
    assert at(world, "db-1")


def test_what_cannot_be_proven_in_time_is_moved_but_unverified() -> None:
    world = watched("eip")
    world.group = replace(world.group, verify=Verify(through=True, timeout_seconds=10.0))
    world.prober.silent_addresses.add("203.0.113.1")
    result = engine(world).run(world.group, by_hand(world, "db-2"))
    assert (result.status, result.exit_code) == ("unverified", ExitCode.UNVERIFIED)
    assert "203.0.113.1" in result.reason
    assert names(world)[-2:] == ["verification_failed", "run_ended"]


def test_names_are_proven_on_both_sides_of_the_horizon() -> None:
    world = watched("eip")
    world.resolver.aliases["db.example.com"] = "ec2-203-0-113-1.eu-west-1.compute.amazonaws.com"
    proof = Verify(names=("db.example.com",), inside=("10.0.0.2",), outside=("9.9.9.9",))
    world.group = replace(world.group, verify=proof)
    result = engine(world).run(world.group, by_hand(world, "db-2"))
    said = {(check.subject, check.where): check.detail for check in result.checks if check.where != "api"}
    assert result.status == "done"
    assert said[("db.example.com", "dns inside 10.0.0.2")] == "10.0.1.11"
    assert said[("db.example.com", "dns outside 9.9.9.9")] == "203.0.113.1"
    assert len(said) == 4


def test_a_name_that_answers_wrongly_is_not_proven() -> None:
    world = watched("eip")
    world.group = replace(
        world.group, verify=Verify(names=("db.example.com",), outside=("9.9.9.9",), timeout_seconds=5.0)
    )
    world.resolver.answers[("db.example.com", "9.9.9.9")] = ("198.51.100.1",)
    result = engine(world).run(world.group, by_hand(world, "db-2"))
    assert (result.status, result.exit_code) == ("unverified", ExitCode.UNVERIFIED)
    assert "198.51.100.1" in result.reason


def test_verify_proves_a_group_at_the_node_that_holds_it() -> None:
    world = watched()
    result = engine(world).verify(world.group)
    assert (result.status, result.target, world.cloud.calls) == ("done", "db-1", [])


def test_verify_says_when_the_addresses_are_not_together() -> None:
    world = watched("eip", "private_ip")
    world.cloud.by_another_hand(plan_to(world, "db-2").steps[0].call)
    result = engine(world).verify(world.group)
    assert result.exit_code == ExitCode.UNVERIFIED
    assert "not together" in result.reason


def test_nodes_by_tag_are_found_at_each_run() -> None:
    world = watched("eip")
    world.group = replace(world.group, nodes=ByTag("failover:group", "db"))
    result = engine(world).run(world.group, by_hand(world, "db-2"))
    assert (result.status, result.target) == ("done", "db-2")


def test_people_are_told_of_what_was_done_and_of_nothing_else() -> None:
    world = watched("eip")
    world.group = replace(world.group, notify_sns="arn:aws:sns:eu-west-1:111122223333:failover")
    engine(world).run(world.group, by_hand(world, "db-1"))
    engine(world).run(world.group, by_hand(world, "db-2"))
    assert [subject for _, subject, _ in world.notifier.sent] == ["failover db: done at db-2"]


def test_a_failed_notification_does_not_change_the_result() -> None:
    world = watched("eip")
    world.group = replace(world.group, notify_sns="arn:aws:sns:eu-west-1:111122223333:failover")
    world.notifier.problem = "topic not found"
    assert engine(world).run(world.group, by_hand(world, "db-2")).status == "done"


def test_an_end_that_could_not_be_recorded_is_reported_as_incomplete() -> None:
    world = watched("eip")

    def steal(name: str) -> None:
        if name == "release":
            world.ledger.die()
            world.ledger.beside("owner-2").acquire("db")

    world.ledger.before_write.append(steal)
    result = engine(world).run(world.group, by_hand(world, "db-2"))
    assert (result.status, result.exit_code) == ("incomplete", ExitCode.INCOMPLETE)
    assert "could not be recorded" in result.reason


def test_a_hold_that_could_not_be_recorded_stays_a_hold_as_nothing_is_left_to_finish() -> None:
    world = watched("eip")

    def steal(name: str) -> None:
        if name == "release":
            world.ledger.die()
            world.ledger.beside("owner-2").acquire("db")

    world.ledger.before_write.append(steal)
    world.cloud.stop(world.node("db-2").instance)
    result = engine(world).run(world.group, by_hand(world, "db-2"))
    assert (result.status, result.exit_code) == ("hold", ExitCode.HOLD)
    assert "could not be recorded" in result.reason


def test_a_lease_lost_in_the_middle_ends_the_run_and_leaves_the_new_owner_alone() -> None:
    world = watched("ipv6")
    other = world.ledger.beside("owner-2")

    def steal(_call: Call) -> None:
        world.ledger.die()
        other.acquire("db")

    world.cloud.after_call.append(steal)
    with pytest.raises(LeaseLost):
        engine(world).run(world.group, by_hand(world, "db-2"))
    assert len(world.cloud.calls) == 1
    assert world.ledger.records.leases["db"].owner == "owner-2"


def test_what_another_run_did_while_this_one_waited_for_the_lease_is_seen() -> None:
    world = watched("eip")
    other = world.ledger.beside("owner-2")
    theirs = other.acquire("db")
    move = plan_to(world, "db-2").steps[0].call
    done: list[bool] = []
    before = len(world.cloud.reads)

    def finish_first(name: str) -> None:
        """Another run ends between this one's read and its lease."""
        if name == "acquire" and not done:
            done.append(True)
            wait_for_read(world, before)
            world.cloud.by_another_hand(move)
            at_now = world.clock.wall()
            started = Event(EventName.RUN_STARTED, "run-0", at_now, {"target": "db-2"})
            step = Event(EventName.STEP_DONE, "run-0", at_now, {})
            ended = Event(EventName.RUN_ENDED, "run-0", at_now, {"status": "done"})
            other.release(theirs, [started, step, ended])

    world.ledger.before_write.append(finish_first)
    result = engine(world).run(world.group, by_hand(world, "db-1"))
    assert (result.status, at(world, "db-1")) == ("done", True)


def test_a_failure_that_another_run_dealt_with_meanwhile_moves_nothing_again() -> None:
    world = failed("eip")
    other = world.ledger.beside("owner-2")
    move = plan_to(world, "db-2").steps[0].call
    before = len(world.cloud.reads)
    done: list[bool] = []

    def finish_first(name: str) -> None:
        if name == "acquire" and not done:
            done.append(True)
            wait_for_read(world, before)
            world.cloud.by_another_hand(move)
            other.release(other.acquire("db"))

    world.ledger.before_write.append(finish_first)
    result = engine(world).run(world.group, on_failure(world))
    assert (result.status, world.cloud.calls) == ("hold", [])
    assert result.reason.startswith("holder-healthy")


def wait_for_read(world: World, before: int) -> None:
    """Until the run has read the world once, in its other thread."""
    for _ in range(2_000):
        if len(world.cloud.reads) > before:
            return
        time.sleep(0.001)


def test_a_failback_waits_for_the_cooldown() -> None:
    world = watched("eip")
    engine(world).run(world.group, by_hand(world, "db-2"))
    back = Trigger(Cause.FAILBACK, "a test", world.clock.wall())
    assert engine(world).run(world.group, back).reason.startswith("cooldown")
    world.clock.sleep(300.0)
    assert engine(world).run(world.group, back).status == "done"
    assert at(world, "db-1")


def test_a_node_whose_interface_is_named_is_moved_to_by_that_interface() -> None:
    world = watched("eip")
    world.group = replace(
        world.group, nodes=(world.node("db-1"), Node("db-2", world.node("db-2").instance, "eni-00000002"))
    )
    assert engine(world).run(world.group, by_hand(world, "db-2")).status == "done"


def test_nothing_to_do_is_read_under_the_lease_even_when_the_other_runs_clock_is_behind() -> None:
    world = watched("eip")
    move = plan_to(world, "db-2").steps[0].call
    before = len(world.cloud.reads)
    done: list[bool] = []

    def finish_first(name: str) -> None:
        if name == "acquire" and not done:
            done.append(True)
            wait_for_read(world, before)
            world.cloud.by_another_hand(move)

    world.ledger.before_write.append(finish_first)
    result = engine(world).run(world.group, by_hand(world, "db-1"))
    assert (result.status, at(world, "db-1")) == ("done", True)
