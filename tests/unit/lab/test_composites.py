"""The rules of composite alarms, as CloudWatch reads them (botocore, PutCompositeAlarm)."""

from __future__ import annotations

import pytest

from toolkit.lab.composites import holds

_STATES = {"down": "ALARM", "well": "OK", "new": "INSUFFICIENT_DATA"}


@pytest.mark.parametrize(
    ("rule", "true"),
    [
        ('ALARM("down")', True),
        ("ALARM(well)", False),
        ('OK ( "well" )', True),
        ("INSUFFICIENT_DATA(new)", True),
        ("ALARM(arn:aws:cloudwatch:eu-west-1:123456789012:alarm:down)", True),
        ("ALARM(well) OR ALARM(down)", True),
        ("ALARM(down) AND ALARM(well)", False),
        ("ALARM(down) OR ALARM(well) AND ALARM(well)", True),
        ("(ALARM(down) OR ALARM(well)) AND ALARM(well)", False),
        ("NOT ALARM(well) AND TRUE", True),
        ("FALSE", False),
    ],
)
def test_a_rule_is_true_or_false_of_the_states_of_alarms(rule: str, *, true: bool) -> None:
    assert holds(rule, _STATES) is true


@pytest.mark.parametrize(
    "rule", ["", "ALARM", "ALARM(down) ALARM(well)", "(ALARM(down)", "ALARM(down) XOR OK(well)", "AND"]
)
def test_what_is_no_rule_is_refused(rule: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        holds(rule, _STATES)


def test_an_alarm_that_there_is_not_has_no_state() -> None:
    with pytest.raises(KeyError, match="nobody"):
        holds("ALARM(nobody)", _STATES)
