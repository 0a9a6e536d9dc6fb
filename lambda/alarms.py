"""CloudWatch alarms, in the three shapes in which they arrive (``AWS.md`` §5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fields import ACCOUNT, NAME, REGION, MalformedEventError
from notice import Home, Notice, Says

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fields import Fields

INSTANCE: Final = re.compile(r"i-[0-9a-f]{8,17}")
_ARN: Final = re.compile(r"arn:aws[a-z-]*:cloudwatch:([a-z0-9-]{1,40}):([0-9]{12}):alarm:(.{1,255})")
_LONGEST_REASON: Final = 200
# A stopped instance sends no data (AWS.md §5), so the lack of it is a reason to look.
_STATES: Final = {"ALARM": Says.DOWN, "OK": Says.UP, "INSUFFICIENT_DATA": Says.LOOK}


def invoked(event: Fields, home: Home) -> Notice:
    """The alarm calls the function itself: ``alarmData`` beside the alarm's ARN."""
    data = event.inner("alarmData")
    name = data.text("alarmName", NAME)
    account, region = event.text("accountId", ACCOUNT), event.text("region", REGION)
    if (region, account, name) != _parts(event, "alarmArn"):
        raise MalformedEventError(f"{event.path}: alarm, account and Region are not those of alarmArn")
    home.check(account, region)
    return _notice("alarm", name, data)


def state_change(event: Fields, home: Home) -> Notice:
    """EventBridge's ``CloudWatch Alarm State Change``; account and Region were checked with its envelope."""
    detail = event.inner("detail")
    name = detail.text("alarmName", NAME)
    arn = next(iter(event.texts("resources")), "")
    if not _ARN.fullmatch(arn) or not arn.endswith(f":{home.region}:{home.account}:alarm:{name}"):
        raise MalformedEventError(f"{event.path}.resources does not begin with the ARN of alarm {name} here")
    return _notice("alarm by EventBridge", name, detail)


def published(message: Fields, home: Home) -> Notice:
    """What an alarm publishes to SNS: the Region is a display name there, so the ARN tells it."""
    region, account, name = _parts(message, "AlarmArn")
    if message.text("AlarmName") != name:
        raise MalformedEventError(f"{message.path}.AlarmName is not the one of AlarmArn")
    home.check(account, region)
    state = message.one_of("NewStateValue", *_STATES)
    trigger = message.inner("Trigger") if message.has("Trigger") else None
    found: list[str] = []
    if trigger is not None:
        found = [d.text("value") for d in _dimension_rows(trigger) if d.has("name") and d.text("name") == "InstanceId"]
    why = _why(name, state, message.maybe_text("NewStateReason"))
    return Notice(
        _STATES[state], "alarm by SNS", why, message.moment("StateChangeTime"), alarm=name, instances=_valid(found)
    )


def _notice(shape: str, name: str, data: Fields) -> Notice:
    state = data.inner("state")
    value = state.one_of("value", *_STATES)
    found = _dimensions(data.inner("configuration")) if data.has("configuration") else []
    why = _why(name, value, state.maybe_text("reason"))
    return Notice(_STATES[value], shape, why, state.moment("timestamp"), alarm=name, instances=_valid(found))


def _dimensions(configuration: Fields) -> list[str]:
    """The instance that each metric is about; a composite alarm has no metrics, a query no dimensions."""
    found: list[str] = []
    for metric in configuration.each("metrics"):
        if metric.has("metricStat"):
            body = metric.inner("metricStat").inner("metric")
            instance = body.inner("dimensions").maybe_text("InstanceId") if body.has("dimensions") else None
            found += [instance] if instance else []
    return found


def _dimension_rows(trigger: Fields) -> Iterable[Fields]:
    """The dimensions of the alarm's one metric, or of each metric of an expression."""
    yield from trigger.each("Dimensions")
    for metric in trigger.each("Metrics"):
        if metric.has("MetricStat"):
            yield from metric.inner("MetricStat").inner("Metric").each("Dimensions")


def _valid(instances: Iterable[str]) -> tuple[str, ...]:
    """A dimension is the publisher's own text: what is no instance id leads nowhere."""
    return tuple(dict.fromkeys(found for found in instances if INSTANCE.fullmatch(found)))


def _parts(event: Fields, name: str) -> tuple[str, str, str]:
    arn = _ARN.fullmatch(event.text(name, _ARN))
    if arn is None:
        raise MalformedEventError(f"{event.path}.{name} is no ARN of an alarm")
    return arn.group(1), arn.group(2), arn.group(3)


def _why(name: str, state: str, reason: str | None) -> str:
    told = " ".join((reason or "").split())[:_LONGEST_REASON]
    return f"alarm {name} is in {state}" + (f": {told}" if told else "")
