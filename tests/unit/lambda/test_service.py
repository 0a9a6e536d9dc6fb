from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from payloads import corpus
from service import UnfinishedError
from support.function import Function
from support.rig import held
from toolkit.domain.errors import LeaseHeld
from toolkit.domain.events import EventName
from toolkit.domain.group import AutoFailback, ByTag
from toolkit.domain.holder import HeldBy
from toolkit.testing import Killed, pair, refused, unreachable

# Every shape that can tell of a failure, and what it moves when that is true.
FAILURES: Final = [
    name
    for name in corpus.names()
    if name.startswith(("alarm", "instance", "sqs", "spot", "autoscaling"))
    and not name.endswith(("-ok", "pending", "test"))
]
LEAVING: Final = ["spot-interruption", "spot-rebalance", "autoscaling-terminate", "autoscaling-sns"]


def at(function: Function) -> set[str]:
    """Where every address is."""
    found = set(held(function.world).values())
    assert all(isinstance(holder, HeldBy) for holder in found), found
    return {str(holder) for holder in found}


def moved_by(name: str) -> Function:
    function = Function()
    function.break_first()
    assert function(function.event(name))["status"] in {"done", "mixed"}
    return function


@pytest.mark.parametrize("name", [*FAILURES, "scheduler-reconcile", "scheduler-default", "rule-scheduled", "manual"])
def test_each_shape_moves_a_group_whose_holder_is_down(name: str) -> None:
    function = moved_by(name)
    assert at(function) == {"db-2"}
    assert function.metric("Moves") == 1


@pytest.mark.parametrize("name", [*FAILURES, "manual"])
def test_the_same_event_again_changes_nothing(name: str) -> None:
    function = moved_by(name)
    calls = len(function.world.cloud.made)
    again = function(function.event(name))
    assert again["status"] in {"hold", "done"}
    assert len(function.world.cloud.made) == calls


@pytest.mark.parametrize("name", [name for name in FAILURES if name not in {*LEAVING, "autoscaling-terminate-warm"}])
def test_an_event_about_a_healthy_holder_is_a_hold_that_says_so(name: str) -> None:
    function = Function()
    answer = function(function.event(name))["answers"][0]
    assert (answer["status"], answer["reason"].partition(":")[0]) == ("hold", "holder-healthy")


@pytest.mark.parametrize("name", LEAVING)
def test_a_node_that_will_be_taken_away_is_left_though_it_is_healthy(name: str) -> None:
    function = Function()
    function(function.event(name))
    assert at(function) == {"db-2"}


def test_old_news_of_a_node_that_will_be_taken_away_moves_nothing_off_a_healthy_one() -> None:
    function = Function()
    event = function.event("spot-interruption") | {"time": "2026-11-20T11:00:00Z"}
    assert function(event)["status"] == "hold"
    assert at(function) == {"db-1"}


def test_an_alarm_of_a_node_that_holds_nothing_is_a_hold() -> None:
    function = Function()
    function.world.prober.down.add("db-2")
    event = corpus.filled("alarm-direct", alarm="db-2-down", instance=function.world.node("db-2").instance)
    answer = function(event)["answers"][0]
    assert "db-1 holds everything and is healthy" in answer["reason"]


@pytest.mark.parametrize("name", ["alarm-direct-ok", "alarm-sns-ok", "alarm-eventbridge-ok"])
def test_good_news_moves_nothing_even_when_the_holder_is_down(name: str) -> None:
    function = Function()
    function.break_first()
    answer = function(function.event(name))["answers"][0]
    assert "failback is manual" in answer["reason"]
    assert not function.world.cloud.reads
    assert at(function) == {"db-1"}


def alarms(state: str, since: float) -> dict[str, Any]:
    updated = datetime.fromtimestamp(since, UTC)
    return {"MetricAlarms": [{"AlarmName": "db-1-down", "StateValue": state, "StateUpdatedTimestamp": updated}]}


def away(stable_seconds: float = 600.0, window: str | None = None) -> Function:
    """A group that may go back by itself, on db-2, with both nodes healthy."""
    function = Function(policy=replace(Function().group.policy, failback=AutoFailback(stable_seconds, window)))
    function.break_first()
    function(function.event("alarm-direct"))
    function.world.prober.down.clear()
    function.world.clock.advance(3600)
    assert at(function) == {"db-2"}
    return function


@pytest.mark.parametrize("name", ["alarm-direct-ok", "scheduler-reconcile"])
def test_a_group_goes_back_when_its_first_node_has_been_well_for_long_enough(name: str) -> None:
    function = away()
    function.connection.answers["DescribeAlarms"] = alarms("OK", function.world.clock.wall() - 700)
    function(function.event(name))
    assert at(function) == {"db-1"}


@pytest.mark.parametrize(("state", "seconds"), [("OK", 10), ("ALARM", 700), ("INSUFFICIENT_DATA", 700)])
def test_a_group_stays_while_its_first_node_is_not_proven_well_for_long_enough(state: str, seconds: float) -> None:
    function = away()
    function.connection.answers["DescribeAlarms"] = alarms(state, function.world.clock.wall() - seconds)
    assert function(function.event("alarm-direct-ok"))["status"] == "hold"
    assert function(function.event("scheduler-reconcile"))["status"] == "hold"
    assert at(function) == {"db-2"}


def test_a_group_stays_outside_its_window() -> None:
    function = away(window="02:00-04:00")
    function.connection.answers["DescribeAlarms"] = alarms("OK", 0)
    assert "outside the failback window" in function(function.event("alarm-direct-ok"))["answers"][0]["reason"]


@pytest.mark.parametrize("event", [{}, None, {"Records": []}, {"detail-type": "x", "source": "y"}])
def test_an_unknown_event_is_told_in_log_metric_and_result_and_moves_nothing(event: object) -> None:
    function = Function()
    function.break_first()
    result = function(event)
    assert result["status"] == "refused"
    assert result["reason"] == function.logged[-1]["reason"]
    assert function.metric("EventsRefused") == 1
    assert not function.world.cloud.calls


def test_a_bad_message_in_a_queue_does_not_keep_the_others_from_moving_the_group() -> None:
    function = Function()
    function.break_first()
    event = function.event("sqs-batch")
    event["Records"].insert(0, {**event["Records"][0], "body": "hello"})
    assert [answer["status"] for answer in function(event)["answers"]] == ["refused", "done", "hold"]
    assert function.metric("EventsRefused") == 1
    assert at(function) == {"db-2"}


def test_an_alarm_that_no_group_knows_is_ignored_with_its_name() -> None:
    function = Function()
    function.break_first()
    result = function(corpus.filled("alarm-direct", alarm="another", instance="i-0fffffffffffffff0"))
    assert result["status"] == "ignored"
    assert "another" in result["answers"][0]["reason"]
    assert function.logged[-1]["status"] == "ignored"
    assert at(function) == {"db-1"}


def test_nodes_that_are_found_by_tag_are_asked_of_ec2() -> None:
    function = Function(nodes=ByTag("failover:group", "db"))
    function.break_first()
    function(function.event("instance-stopped"))
    assert at(function) == {"db-2"}


def test_a_group_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    assert "it has db" in Function()({"source": "failover.manual", "group": "dbx"})["reason"]


def test_what_a_repeat_may_cure_fails_the_invocation() -> None:
    function = Function()
    function.break_first()
    function.world.cloud.fail("AssociateAddress", unreachable, times=10_000)
    with pytest.raises(UnfinishedError, match="db"):
        function(function.event("alarm-direct"), seconds=30)
    function.world.cloud.faults.clear()
    function(function.event("alarm-direct"))
    assert at(function) == {"db-2"}


def test_what_no_repeat_can_cure_is_told_and_does_not_fail_the_invocation() -> None:
    function = Function()
    function.break_first()
    function.world.cloud.fail("AssociateAddress", refused, times=10_000)
    function.world.cloud.fail("ReplaceRoute", refused, times=10_000)
    assert function(function.event("alarm-direct"))["status"] == "failed"
    assert function.metric("Failures") == 1
    assert function.world.notifier.sent


def test_a_group_that_somebody_else_moves_now_is_left_to_him() -> None:
    function = Function()
    function.break_first()
    function.world.ledger.fail(LeaseHeld("db", "another"))
    assert function(function.event("alarm-direct"))["status"] == "lease_held"
    assert not function.published


def test_an_invocation_without_time_does_nothing_and_is_repeated() -> None:
    function = Function()
    function.break_first()
    with pytest.raises(UnfinishedError, match=r"only 7\.0 s"):
        function(function.event("alarm-direct"), seconds=7)
    assert not function.world.cloud.calls


def test_a_run_whose_time_ends_at_any_moment_stops_between_steps_and_the_next_one_finishes() -> None:
    stopped_halfway = 0
    for seconds in range(16, 80, 4):
        function = Function(pair())
        function.break_first()
        function.world.cloud.latency_seconds = 2.0
        try:
            function(function.event("alarm-direct"), seconds=seconds)
        except UnfinishedError:
            stopped_halfway += bool(function.world.cloud.made)
            function.world.cloud.latency_seconds = 0.0
            function(function.event("alarm-direct"))
        assert at(function) == {"db-2"}, seconds
    assert stopped_halfway > 0


def test_an_invocation_that_dies_at_any_point_is_finished_by_its_repeat() -> None:
    function = Function(pair())
    function.break_first()
    function(function.event("alarm-direct"))
    points = len(function.world.cloud.switch.passed)
    assert points > 15
    for point in range(1, points + 1):
        function = Function(pair())
        function.break_first()
        function.world.cloud.switch.revive(at=point)
        with pytest.raises(Killed):
            function(function.event("alarm-direct"))
        function.world.ledger.die()
        function.world.cloud.switch.revive()
        function(function.event("alarm-direct"))
        assert at(function) == {"db-2"}, point
        assert not function.world.ledger.history("db").unfinished(), point


def test_people_are_told_why_nothing_was_moved_although_something_is_wrong() -> None:
    function = Function()
    function.world.prober.down |= {"db-1", "db-2"}
    function(function.event("alarm-direct"))
    (message,) = function.published
    assert message["Subject"] == "failover db: hold, no-node-healthy"
    assert json.loads(message["Message"])["group"] == "db"


def test_people_are_told_that_a_second_failure_waits_for_the_cooldown() -> None:
    function = Function()
    function.break_first()
    function(function.event("alarm-direct"))
    function.world.prober.down = {"db-2"}
    other = corpus.filled("alarm-direct", alarm="db-2-down", instance=function.world.node("db-2").instance)
    assert function(other)["answers"][0]["reason"].startswith("cooldown: ")
    (message,) = function.published
    assert message["Subject"] == "failover db: hold, cooldown"


def test_nobody_is_told_of_a_hold_that_says_that_all_is_well() -> None:
    function = Function()
    function(function.event("alarm-direct"))
    function(function.event("scheduler-reconcile"))
    assert not function.published


@pytest.mark.parametrize(
    ("name", "result"), [("autoscaling-terminate", "CONTINUE"), ("autoscaling-launch", "CONTINUE")]
)
def test_a_lifecycle_action_is_completed_after_the_look(name: str, result: str) -> None:
    function = Function()
    function(function.event(name))
    (asked,) = function.completed
    assert (asked["LifecycleActionResult"], asked["InstanceId"]) == (result, function.world.node("db-1").instance)


def test_a_lifecycle_action_of_an_instance_that_is_nobodys_here_is_left_to_others() -> None:
    function = Function()
    function(corpus.filled("autoscaling-terminate", instance="i-0fffffffffffffff0"))
    assert not function.completed


def test_a_lifecycle_action_is_abandoned_when_the_addresses_cannot_be_brought_away() -> None:
    function = Function()
    function.world.cloud.fail("AssociateAddress", refused, times=10_000)
    function.world.cloud.fail("ReplaceRoute", refused, times=10_000)
    function(function.event("autoscaling-terminate"))
    assert function.completed[0]["LifecycleActionResult"] == "ABANDON"


def test_a_lifecycle_action_waits_while_a_repeat_may_still_bring_the_addresses_away() -> None:
    function = Function()
    function.world.cloud.fail("AssociateAddress", unreachable, times=10_000)
    with pytest.raises(UnfinishedError):
        function(function.event("autoscaling-terminate"), seconds=30)
    assert not function.completed


def test_every_line_is_json_with_the_request_and_the_move_is_told_step_by_step() -> None:
    function = moved_by("alarm-direct")
    assert all(line["request_id"] == "request-1" for line in function.lines)
    told = [line["event"] for line in function.logged]
    assert told[0] == "trigger"
    assert {EventName.RUN_STARTED.value, EventName.STEP_DONE.value, EventName.VERIFIED.value} <= set(told)
    answered = function.logged[-1]
    assert (answered["event"], answered["group"], answered["trigger"]) == ("answered", "db", "alarm")
    assert answered["run_id"] == function.logged[1]["run_id"]


def test_metrics_have_the_embedded_format_with_a_dimension_for_each_that_they_name() -> None:
    function = moved_by("alarm-direct")
    function(function.event("alarm-direct"))
    for line in (line for line in function.lines if "_aws" in line):
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert isinstance(line["_aws"]["Timestamp"], int)
        assert directive["Namespace"] == "Failover"
        assert all(name in line for names in directive["Dimensions"] for name in names)
        assert all(isinstance(line[metric["Name"]], int | float) for metric in directive["Metrics"])
    assert (function.metric("Moves"), function.metric("Holds"), function.metric("VerificationFailures")) == (1, 1, 0)
    assert [line["Rule"] for line in function.lines if "Rule" in line] == ["holder-healthy"]


def test_the_event_itself_is_never_printed() -> None:
    function = Function()
    event = function.event("alarm-sns")
    event["Records"][0]["Sns"]["Signature"] = "s3cr3t"
    function(event)
    assert "s3cr3t" not in function.out.getvalue()


def test_a_changed_configuration_is_taken_over_by_the_next_scheduled_look() -> None:
    function = Function()
    renamed = replace(function.configuration, groups=(replace(function.group, name="renamed"),))
    function.source.settings = replace(function.source.settings, configuration=renamed, version="2")
    assert function(function.event("alarm-direct"))["answers"][0]["group"] == "db"
    assert function(function.event("scheduler-default"))["answers"][0]["group"] == "renamed"
