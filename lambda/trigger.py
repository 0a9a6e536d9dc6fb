"""From whatever AWS sends to what it says; a hint only, as the world is judged again before anything moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import alarms
import asks
import instances
from fields import ACCOUNT, REGION, Fields, MalformedEventError, UnknownEventError, shown
from notice import Home, Notice, Says
from toolkit.domain.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# An event in a notification in a queue's message is the deepest that AWS nests; one level is to spare.
DEEPEST: Final = 4
# SQS gives a function up to 10,000 messages at once; one failover needs one.
MOST_RECORDS: Final = 10_000

_EVENTS: Final[Mapping[tuple[str, str], Callable[[Fields, Home], Notice]]] = {
    ("aws.cloudwatch", "CloudWatch Alarm State Change"): alarms.state_change,
    ("aws.ec2", "EC2 Instance State-change Notification"): instances.changed_state,
    ("aws.ec2", "EC2 Spot Instance Interruption Warning"): instances.spot_warning,
    ("aws.ec2", "EC2 Instance Rebalance Recommendation"): instances.rebalance,
    ("aws.autoscaling", "EC2 Instance-launch Lifecycle Action"): instances.lifecycle,
    ("aws.autoscaling", "EC2 Instance-terminate Lifecycle Action"): instances.lifecycle,
    ("aws.autoscaling", "EC2 Instance Launch Successful"): instances.scaled,
    ("aws.autoscaling", "EC2 Instance Terminate Successful"): instances.scaled,
    ("aws.events", "Scheduled Event"): lambda event, _: asks.scheduled(event),
    ("aws.scheduler", "Scheduled Event"): lambda event, _: asks.scheduled(event),
}


def triggers(event: object, home: Home, *, now: float) -> tuple[Notice, ...]:
    """Everything that an event says, in its order; equal things once.

    ``now`` dates what carries no time. Raises UnknownEventError, MalformedEventError or ForeignEventError; among
    several records, the one that is refused stands as a notice that says so.
    """
    return tuple(dict.fromkeys(_read(Fields(event), home, now, depth=0)))


def _read(event: Fields, home: Home, now: float, *, depth: int) -> Iterator[Notice]:
    if depth > DEEPEST:
        raise UnknownEventError(f"{event.path}: wrapped more than {DEEPEST} times")
    if event.has("Records"):
        yield from _records(event, home, now, depth=depth)
    elif event.has("TopicArn", "Message"):
        event.one_of("Type", "Notification")
        yield from _inside(event, "Message", home, now, depth=depth)
    elif event.has("alarmData"):
        event.one_of("source", "aws.cloudwatch")
        yield alarms.invoked(event, home)
    elif event.has("detail-type"):
        yield _event(event, home)
    elif event.has("AlarmArn"):
        yield alarms.published(event, home)
    elif event.has("AutoScalingGroupName", "AccountId"):
        yield instances.lifecycle_message(event, home)
    elif event.has("source") and depth == 0:
        yield asks.asked(event, now)
    else:
        raise UnknownEventError(f"{event.path} has no shape that is known here: {_keys(event)}")


def _records(event: Fields, home: Home, now: float, *, depth: int) -> Iterator[Notice]:
    records = list(event.each("Records"))
    if not 0 < len(records) <= MOST_RECORDS:
        raise MalformedEventError(f"{event.path}.Records holds {len(records)} records")
    for record in records:
        try:
            yield from tuple(_record(record, home, now, depth=depth))
        except UsageError as error:
            # A queue's batch is taken or given back whole: one bad message must not cost the good ones.
            if len(records) == 1:
                raise
            yield Notice(Says.REFUSED, "refused", str(error), now)


def _record(record: Fields, home: Home, now: float, *, depth: int) -> Iterator[Notice]:
    if record.has("Sns"):
        record.one_of("EventSource", "aws:sns")
        yield from _inside(record.inner("Sns"), "Message", home, now, depth=depth)
    else:
        record.one_of("eventSource", "aws:sqs")
        yield from _inside(record, "body", home, now, depth=depth)


def _inside(event: Fields, name: str, home: Home, now: float, *, depth: int) -> Iterator[Notice]:
    yield from _read(Fields(event.unwrapped(name), f"{event.path}.{name}"), home, now, depth=depth + 1)


def _event(event: Fields, home: Home) -> Notice:
    """An event of EventBridge: only AWS itself can send one whose source begins with ``aws.``."""
    source, what = event.text("source"), event.text("detail-type")
    read = _EVENTS.get((source, what))
    if read is None:
        raise UnknownEventError(f"{event.path}: {shown(what)} of {shown(source)} is no event that is known here")
    home.check(event.text("account", ACCOUNT), event.text("region", REGION))
    return read(event, home)


def _keys(event: Fields) -> str:
    return f"its keys are {shown(sorted(event.names()))}" if event.names() else "it is empty"
