from __future__ import annotations

import json
from typing import Any, Final

import pytest

from fields import ForeignEventError, MalformedEventError, UnknownEventError
from notice import Home, Notice, Says
from payloads import corpus
from trigger import triggers

HOME: Final = Home(corpus.ACCOUNT, corpus.REGION)
NOW: Final = corpus.AT + 5

SAID: Final = {
    "alarm-direct": Says.DOWN,
    "alarm-direct-by-hand": Says.DOWN,
    "alarm-direct-composite": Says.DOWN,
    "alarm-direct-no-data": Says.LOOK,
    "alarm-direct-ok": Says.UP,
    "alarm-direct-query": Says.DOWN,
    "alarm-eventbridge": Says.DOWN,
    "alarm-eventbridge-composite": Says.DOWN,
    "alarm-eventbridge-ok": Says.UP,
    "alarm-sns": Says.DOWN,
    "alarm-sns-composite": Says.DOWN,
    "alarm-sns-expression": Says.DOWN,
    "alarm-sns-ok": Says.UP,
    "autoscaling-launch": Says.LOOK,
    "autoscaling-sns": Says.LEAVING,
    "autoscaling-sns-test": Says.NOTHING,
    "autoscaling-terminate": Says.LEAVING,
    "autoscaling-terminate-warm": Says.LEAVING,
    "autoscaling-terminated": Says.LOOK,
    "instance-pending": Says.NOTHING,
    "instance-running": Says.LOOK,
    "instance-shutting-down": Says.DOWN,
    "instance-stopped": Says.DOWN,
    "instance-stopping": Says.DOWN,
    "instance-terminated": Says.DOWN,
    "manual": Says.ASK,
    "rule-scheduled": Says.LOOK,
    "scheduler-default": Says.LOOK,
    "scheduler-reconcile": Says.LOOK,
    "spot-interruption": Says.LEAVING,
    "spot-rebalance": Says.LEAVING,
    "sqs-eventbridge": Says.DOWN,
    "sqs-sns": Says.DOWN,
}
NO_DIMENSIONS: Final = {
    "alarm-direct-composite",
    "alarm-direct-query",
    "alarm-eventbridge-composite",
    "alarm-sns-composite",
}
ALARMS: Final = [name for name in SAID if name.startswith("alarm-")]


def read(event: object) -> tuple[Notice, ...]:
    return triggers(event, HOME, now=NOW)


def only(name: str) -> Notice:
    (notice,) = read(corpus.payload(name))
    return notice


def changed(name: str, *path: str, value: Any) -> dict[str, Any]:
    event = corpus.payload(name)
    inner = event
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return event


def test_every_payload_of_the_corpus_has_an_origin_and_an_expectation() -> None:
    assert set(corpus.names()) == {*SAID, "sqs-batch"}
    assert all(corpus.origin(name) for name in corpus.names())


@pytest.mark.parametrize("name", SAID)
def test_each_payload_says_what_it_means(name: str) -> None:
    assert only(name).says is SAID[name]


@pytest.mark.parametrize("name", [name for name in SAID if "scheduled" not in name and "schedul" not in name])
def test_each_event_is_dated_by_itself(name: str) -> None:
    assert abs(only(name).at - corpus.AT) < 6


@pytest.mark.parametrize("name", [*ALARMS, "sqs-sns", "sqs-eventbridge"])
def test_an_alarm_names_itself_and_the_instance_of_its_metric_if_it_has_one(name: str) -> None:
    notice = only(name)
    assert notice.alarm == corpus.ALARM
    assert notice.instances == (() if name in NO_DIMENSIONS else (corpus.INSTANCE,))
    assert corpus.ALARM in notice.why


@pytest.mark.parametrize("name", [name for name in SAID if name.startswith(("instance-", "spot-"))])
def test_an_event_of_an_instance_names_it(name: str) -> None:
    assert only(name).instances == (corpus.INSTANCE,)


def test_a_lifecycle_action_keeps_what_completes_it() -> None:
    for name, terminating in (
        ("autoscaling-terminate", True),
        ("autoscaling-sns", True),
        ("autoscaling-launch", False),
    ):
        hook = only(name).hook
        assert hook is not None
        assert (hook.group, hook.name, hook.instance, hook.terminating) == (
            "db",
            "failover",
            corpus.INSTANCE,
            terminating,
        )


def test_a_batch_of_a_queue_says_all_that_its_messages_say() -> None:
    assert [notice.says for notice in read(corpus.payload("sqs-batch"))] == [Says.DOWN, Says.LEAVING]


def test_the_same_thing_twice_in_a_batch_is_said_once() -> None:
    event = corpus.payload("sqs-eventbridge")
    event["Records"] *= 3
    assert len(read(event)) == 1


def test_a_bad_message_among_good_ones_is_refused_alone() -> None:
    event = corpus.payload("sqs-batch")
    event["Records"].insert(1, {**event["Records"][0], "body": "hello"})
    assert [notice.says for notice in read(event)] == [Says.DOWN, Says.REFUSED, Says.LEAVING]


def test_a_person_asks_for_a_group_a_target_and_overrides() -> None:
    notice = only("manual")
    assert (notice.groups, notice.target, notice.overrides) == (("db",), "db-2", frozenset({"cooldown"}))


def test_what_a_person_asks_is_not_taken_from_a_topic_or_a_queue() -> None:
    body = json.dumps(corpus.payload("manual"))
    queue = corpus.payload("sqs-eventbridge")
    queue["Records"][0]["body"] = body
    topic = corpus.payload("alarm-sns")
    topic["Records"][0]["Sns"]["Message"] = body
    for event in (queue, topic):
        with pytest.raises(UnknownEventError):
            read(event)


@pytest.mark.parametrize("name", [n for n in SAID if n not in {"manual", "scheduler-reconcile"}])
def test_an_event_of_another_account_is_refused(name: str) -> None:
    with pytest.raises(ForeignEventError, match="444455556666"):
        read(corpus.filled(name, account="444455556666"))


@pytest.mark.parametrize("name", [n for n in SAID if n not in {"manual", "scheduler-reconcile"} and "g-sns" not in n])
def test_an_event_of_another_region_is_refused(name: str) -> None:
    with pytest.raises(ForeignEventError, match="eu-central-1"):
        read(corpus.filled(name, region="eu-central-1"))


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"Records": [{"eventSource": "aws:sqs", "body": "hello"}]},
        {"detail-type": "EC2 Instance State-change Notification", "source": "my.app", "account": corpus.ACCOUNT},
        {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": "ALARM"}}]},
        {"eventSource": "aws:s3", "s3": {}},
    ],
)
def test_a_shape_that_nobody_knows_is_an_error_that_says_so(event: object) -> None:
    with pytest.raises(UnknownEventError, match=r"^event"):
        read(event)


@pytest.mark.parametrize(
    ("event", "place"),
    [
        (None, "event"),
        ([], "event"),
        ("ALARM", "event"),
        ({"Records": []}, "event.Records"),
        ({"Records": [1]}, "event.Records[0]"),
        ({"Records": [{"eventSource": "aws:s3"}]}, "event.Records[0].eventSource"),
        (changed("alarm-direct", "source", value="aws.ec2"), "event.source"),
        (changed("alarm-direct", "alarmArn", value=[]), "event.alarmArn"),
        (changed("alarm-direct", "alarmData", "alarmName", value="another"), "alarmArn"),
        (changed("alarm-direct", "alarmData", "state", value="ALARM"), "event.alarmData.state"),
        (changed("alarm-direct", "alarmData", "state", "value", value="alarm"), "event.alarmData.state.value"),
        (changed("alarm-direct", "alarmData", "state", "timestamp", value="now"), "event.alarmData.state.timestamp"),
        (changed("alarm-eventbridge", "resources", value=[]), "event.resources"),
        (changed("instance-stopped", "detail", "instance-id", value="i-0 or 1=1"), "event.detail.instance-id"),
        (changed("instance-stopped", "detail", "state", value="gone"), "event.detail.state"),
        (changed("instance-stopped", "time", value="2026-11-20T12:36:16"), "event.time"),
        (changed("autoscaling-terminate", "detail", "LifecycleTransition", value="x"), "LifecycleTransition"),
        (changed("manual", "force", value=True), "force"),
        (changed("manual", "overrides", value="cooldown"), "event.overrides"),
        (changed("scheduler-reconcile", "groups", value=[None]), "event.groups"),
    ],
)
def test_a_wrong_value_is_named_by_its_place(event: object, place: str) -> None:
    with pytest.raises(MalformedEventError) as caught:
        read(event)
    assert place in str(caught.value)


def test_nesting_has_an_end() -> None:
    event = corpus.payload("alarm-eventbridge")
    for _ in range(6):
        event = {"Type": "Notification", "TopicArn": "t", "Message": json.dumps(event)}
    with pytest.raises(UnknownEventError, match="wrapped"):
        read(event)


def test_a_dimension_that_is_no_instance_id_leads_nowhere() -> None:
    event = corpus.filled("alarm-direct", instance="${INSTANCE}")
    assert read(event)[0].instances == ()
