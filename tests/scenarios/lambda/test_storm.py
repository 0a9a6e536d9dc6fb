"""Issue 4, must show 2 and 4: many events for one failure, and invocations that die."""

from __future__ import annotations

import json
import random
from itertools import count
from pathlib import Path
from typing import Final

import pytest

from payloads import corpus
from support.deployed import Deployed
from support.witness import whole_at
from toolkit.lab import Fault, Kill, Lab
from toolkit.lab.alarms import Alarm, deliver

EVENTS: Final = 200
SIDE_BY_SIDE: Final = 20
SHAPES: Final = ("alarm-direct", "alarm-sns", "alarm-eventbridge", "instance-stopped", "sqs-sns")
SHARES: Final = 2
# A run of two addresses makes more calls than this; fewer would mean that positions were missed.
FEWEST_POSITIONS: Final = 12


@pytest.mark.timeout(300)
def test_many_events_of_one_failure_in_any_order_and_at_once_make_one_move(lab: Lab, unpacked: Path) -> None:
    deployed = Deployed(lab, unpacked)
    deployed.break_node()
    alarm = Alarm("db-1-down", deployed.world["db-1"])
    events: list[object] = [*alarm.turn("ALARM", late_seconds=3600.0), *alarm.turn("OK"), *alarm.turn("ALARM")]
    events += [corpus.filled(name, instance=deployed.world["db-1"]) for name in SHAPES]
    copies = EVENTS // len(events)
    endings = deliver(
        deployed.sandbox,
        events,
        copies=copies,
        side_by_side=SIDE_BY_SIDE,
        order=random.Random(20261121),  # noqa: S311 - an order, not a secret
    )
    whole_at(deployed.witness, deployed.world, "db-2")
    assert len(deployed.moves()) == 5
    results = [ending.result for ending in endings if ending.result is not None]
    assert len(results) == copies * len(events) == EVENTS
    answers = [answer for result in results for answer in result["answers"]]
    assert sum(bool(answer.get("steps")) for answer in answers) == 1
    assert {answer["status"] for answer in answers} <= {"done", "hold", "lease_held"}
    assert all(answer["reason"] for answer in answers)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("share", range(SHARES))
def test_an_invocation_that_is_killed_at_any_call_is_finished_by_the_next(lab: Lab, unpacked: Path, share: int) -> None:
    deployed = Deployed(lab, unpacked, kinds=("eip", "private_ip"), lease="3s")
    here, there = "db-1", "db-2"
    serving = deployed.sandbox()
    try:
        for position in count(share + 1, SHARES):
            deployed.break_node(here)
            event = corpus.filled("alarm-direct", alarm=f"{here}-down", instance=deployed.world[here])
            lab.fault(Fault(Kill(pid=serving.pid), user_agent="*failover*", first=position, count=1))
            died = serving.invoke(event).killed
            lab.clear_faults()
            if died:
                serving.stop()
                serving = deployed.sandbox()
                # Three times at most, as Lambda does; not at all when it died after its end.
                for _ in range(3):
                    if unfinished(deployed) or at(deployed) != there:
                        serving.invoke(event)
            whole_at(deployed.witness, deployed.world, there)
            assert not unfinished(deployed), position
            deployed.heal_node(here)
            here, there = there, here
            if not died:
                assert position > FEWEST_POSITIONS
                return
    finally:
        serving.stop()


def at(deployed: Deployed) -> str:
    """The node that holds the Elastic IP."""
    ((instance,), *_) = deployed.witness.holders(deployed.group["addresses"]).values()
    return next(node for node in ("db-1", "db-2") if deployed.world[node] == instance)


def unfinished(deployed: Deployed) -> bool:
    """Whether the journal's last run that began never ended, read as any DynamoDB client would."""
    rows = deployed.witness.client("dynamodb").query(
        TableName="failover-state",
        KeyConditionExpression="#g = :g",
        ExpressionAttributeNames={"#g": "group"},
        ExpressionAttributeValues={":g": {"S": "db"}},
        ConsistentRead=True,
    )["Items"]
    text = json.dumps(rows)
    return text.rfind("run_started") > text.rfind("run_ended")
