"""Issue 4, must show 1 and 6: an event comes in, the addresses move, and the same event again moves nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from payloads import corpus
from support.deployed import Deployed
from support.witness import whole_at
from toolkit.lab import Lab
from toolkit.lab.alarms import Ending, Sandbox

# Every shape that can move a group, by its sender; those of a healthy node that will be taken away stand apart.
FAILED: Final = {
    "alarms": ("alarm-direct", "alarm-direct-composite", "alarm-direct-query", "alarm-sns", "alarm-eventbridge"),
    "instances and queues": ("instance-stopped", "sqs-eventbridge", "sqs-sns"),
    "schedules and people": ("scheduler-reconcile", "scheduler-default", "manual"),
}
LEAVING: Final = ("spot-interruption", "spot-rebalance", "autoscaling-terminate", "autoscaling-sns")
NOW: Final = "2026-11-20T12:36"


def recent(name: str, deployed: Deployed) -> object:
    """The payload about db-1, as of now: an old warning would be old news."""
    text = json.dumps(corpus.filled(name, instance=deployed.world["db-1"]))
    return json.loads(text.replace(NOW, f"{datetime.now(UTC):%Y-%m-%dT%H:%M}"))


def told(ending: Ending, status: str) -> None:
    """The result, the log and the metric say the same."""
    assert ending.result is not None, ending.error
    assert ending.result["status"] == status
    answered = [line for line in ending.log if line.get("event") == "answered"]
    assert [line["status"] for line in answered] == [status]
    assert all(line["request_id"] == ending.result["request_id"] for line in ending.log)
    moved = sum(line.get("Moves", 0) for line in ending.log if "_aws" in line)
    assert moved == (status == "done" and bool(answered[0]["steps"]))


def moves_once(deployed: Deployed, sandbox: Sandbox, name: str) -> None:
    """The event moves the group and is told; the same event again moves nothing."""
    event = recent(name, deployed)
    told(sandbox.invoke(event), "done")
    whole_at(deployed.witness, deployed.world, "db-2")
    first = deployed.moves()
    assert sorted(first) == ["AssociateAddress", "ReplaceRoute", "ReplaceRoute", "ReplaceRoute", "ReplaceRoute"]
    (message,) = deployed.published()
    assert message["Subject"] == "failover db: done at db-2"
    assert json.loads(str(message["Message"]))["to"] == "db-2"
    told(sandbox.invoke(event), "done" if name == "manual" else "hold")
    assert deployed.moves() == first


def bring_back(deployed: Deployed, sandbox: Sandbox) -> None:
    deployed.heal_node()
    told(sandbox.invoke({"source": "failover.manual", "group": "db", "to": "db-1"}), "done")
    deployed.lab.clear_calls()


def reason(ending: Ending) -> str:
    assert ending.result is not None
    return str(ending.result["answers"][0]["reason"])


@pytest.mark.parametrize("sender", FAILED)
def test_each_shape_that_tells_of_a_failure_moves_the_group_once(lab: Lab, unpacked: Path, sender: str) -> None:
    deployed = Deployed(lab, unpacked)
    with deployed.sandbox() as sandbox:
        for name in FAILED[sender]:
            deployed.break_node()
            moves_once(deployed, sandbox, name)
            bring_back(deployed, sandbox)


def test_each_shape_that_tells_of_a_node_that_will_be_taken_away_moves_the_group_once(lab: Lab, unpacked: Path) -> None:
    deployed = Deployed(lab, unpacked)
    with deployed.sandbox() as sandbox:
        for name in LEAVING:
            moves_once(deployed, sandbox, name)
            bring_back(deployed, sandbox)


def test_what_is_true_no_more_moves_nothing_and_says_why(lab: Lab, unpacked: Path) -> None:
    """Good news, an alarm of an instance that is healthy again, and one of a node that holds nothing."""
    deployed = Deployed(lab, unpacked)
    with deployed.sandbox() as sandbox:
        for name in ("alarm-direct-ok", "instance-running", "autoscaling-launch", "alarm-direct"):
            ending = sandbox.invoke(recent(name, deployed))
            told(ending, "hold")
        assert reason(ending) == "holder-healthy: db-1 holds everything and is healthy"
        deployed.break_node("db-2")
        other = corpus.filled("alarm-direct", alarm="db-2-down", instance=deployed.world["db-2"])
        told(sandbox.invoke(other), "hold")
    assert not deployed.moves()
    completed = [call for call in lab.calls() if call.action == "CompleteLifecycleAction"]
    assert len(completed) == 1


def test_an_event_that_nobody_knows_is_refused_in_result_and_log_and_moves_nothing(lab: Lab, unpacked: Path) -> None:
    deployed = Deployed(lab, unpacked)
    deployed.break_node()
    with deployed.sandbox() as sandbox:
        ending = sandbox.invoke({"detail-type": "Something Else", "source": "aws.else"})
    assert ending.result is not None
    assert ending.result["status"] == "refused"
    assert [line["level"] for line in ending.log if "level" in line] == ["error"]
    assert not deployed.moves()
