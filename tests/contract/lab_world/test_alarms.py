"""Composite alarms, which moto cannot make (MOTO.md §6)."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Clients


@pytest.fixture
def cloudwatch(client: Clients) -> Any:
    """A metric alarm, a composite one that stands on it, and one that stands on that."""
    made = client("cloudwatch")
    made.put_metric_alarm(
        AlarmName="status",
        MetricName="StatusCheckFailed",
        Namespace="AWS/EC2",
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=2,
        Threshold=1.0,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    made.put_composite_alarm(AlarmName="down", AlarmRule='ALARM("status")')
    made.put_composite_alarm(AlarmName="all", AlarmRule="NOT ALARM(down)")
    return made


def _states(cloudwatch: Any, **asked: Any) -> dict[str, str]:
    found = cloudwatch.describe_alarms(**asked)
    return {
        row["AlarmName"]: row["StateValue"]
        for kind in ("MetricAlarms", "CompositeAlarms")
        for row in found.get(kind, ())
    }


def test_a_composite_alarm_follows_the_alarms_that_it_stands_on(cloudwatch: Any) -> None:
    assert _states(cloudwatch, AlarmTypes=["CompositeAlarm"]) == {"down": "OK", "all": "ALARM"}
    cloudwatch.set_alarm_state(AlarmName="status", StateValue="ALARM", StateReason="a test")
    assert _states(cloudwatch, AlarmTypes=["CompositeAlarm"]) == {"down": "ALARM", "all": "OK"}


def test_its_rule_can_be_read(cloudwatch: Any) -> None:
    [row] = cloudwatch.describe_alarms(AlarmNames=["down"], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert row["AlarmRule"] == 'ALARM("status")'


def test_only_alarms_of_the_types_asked_for_are_shown_and_metric_alarms_by_default(cloudwatch: Any) -> None:
    assert set(_states(cloudwatch)) == {"status"}
    assert set(_states(cloudwatch, AlarmNames=["down", "status"])) == {"status"}
    assert set(_states(cloudwatch, AlarmTypes=["MetricAlarm", "CompositeAlarm"])) == {"status", "down", "all"}


@pytest.mark.parametrize("rule", ["ALARM(nobody)", "whatever"])
def test_a_rule_that_cannot_be_judged_is_refused(cloudwatch: Any, rule: str) -> None:
    with pytest.raises(ClientError, match="ValidationError"):
        cloudwatch.put_composite_alarm(AlarmName="bad", AlarmRule=rule)
    assert "bad" not in _states(cloudwatch, AlarmTypes=["CompositeAlarm"])
