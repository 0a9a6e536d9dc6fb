from __future__ import annotations

import pytest

from support.look_groups import A, B, group
from toolkit.domain.group import AlarmProbe, StatusProbe
from toolkit.domain.health import Observation, Outcome
from toolkit.domain.snapshot import Snapshot, StatusView
from toolkit.probes import Probes


def status(view: StatusView | None) -> Observation:
    snapshot = Snapshot(status={A.instance: view} if view else {})
    (seen,) = Probes().look(group(StatusProbe(), nodes=(A,)), {}, snapshot)
    return seen


@pytest.mark.parametrize(
    ("view", "outcome", "why"),
    [
        (StatusView("running", "ok", "ok"), Outcome.PASSED, "running, status checks ok"),
        (StatusView("running", "ok", "initializing"), Outcome.PASSED, "running, status checks still initializing"),
        (StatusView("running", "ok", "not-applicable"), Outcome.PASSED, "running, status checks ok"),
        (StatusView("running", "impaired", "ok"), Outcome.FAILED, "system status check impaired"),
        (StatusView("running", "ok", "impaired"), Outcome.FAILED, "instance status check impaired"),
        (StatusView("running", "impaired", "impaired"), Outcome.FAILED, "system and instance status check impaired"),
        (StatusView("stopped", "not-applicable", "not-applicable"), Outcome.FAILED, "the instance is stopped"),
        (StatusView("running", "insufficient-data", "ok"), Outcome.NOT_MADE, "EC2 has no data for its status checks"),
        (None, Outcome.NOT_MADE, "EC2 gave no status for i-0123456789abcdef0"),
    ],
)
def test_each_state_of_the_status_checks_has_its_meaning(view: StatusView | None, outcome: Outcome, why: str) -> None:
    seen = status(view)
    assert (seen.outcome, seen.why) == (outcome, why)


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        ("OK", Outcome.PASSED),
        ("ALARM", Outcome.FAILED),
        ("INSUFFICIENT_DATA", Outcome.NOT_MADE),
        (None, Outcome.NOT_MADE),
    ],
)
def test_each_state_of_an_alarm_has_its_meaning(state: str | None, outcome: Outcome) -> None:
    snapshot = Snapshot(alarms={"db-1-down": state} if state else {})
    (seen,) = Probes().look(group(AlarmProbe("{node}-down"), nodes=(A,)), {}, snapshot)
    assert (seen.probe, seen.outcome) == ("alarm {node}-down", outcome)


def test_an_alarm_is_that_of_the_node_it_names() -> None:
    snapshot = Snapshot(alarms={"db-1-down": "ALARM", "db-2-down": "OK"})
    seen = Probes().look(group(AlarmProbe("{node}-down"), nodes=(A, B)), {}, snapshot)
    assert [look.outcome for look in seen] == [Outcome.FAILED, Outcome.PASSED]
