"""The zip on an emulator that is not ours: it runs Lambda code and keeps the leases; EC2 alone is the lab."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped] # it ships no types
import pytest

from payloads import corpus
from support.deployed import Deployed
from support.ministack import running, until
from support.witness import whole_at
from toolkit.lab import Lab


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Callable[[str], Any]]:
    """Clients of a running ministack."""
    session = boto3.Session("test", "test", region_name=corpus.REGION)
    with running(tmp_path, account=corpus.ACCOUNT) as url:
        yield lambda service: session.client(service, endpoint_url=url)


def deploy(emulator: Callable[[str], Any], deployed: Deployed, built: Path) -> str:
    """The function with its table, as Terraform would make them; its ARN."""
    keys = {"group": "HASH", "item": "RANGE"}
    emulator("dynamodb").create_table(
        TableName="failover-state",
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
        BillingMode="PAY_PER_REQUEST",
    )
    deployed.group["health"] = {"probes": ["ec2_status"]}
    del deployed.group["notify"]
    variables = {"FAILOVER_CONFIG": json.dumps(deployed.configuration), "AWS_ENDPOINT_URL_EC2": deployed.lab.url}
    made = emulator("lambda").create_function(
        FunctionName="failover",
        Runtime="python3.13",
        Role=f"arn:aws:iam::{corpus.ACCOUNT}:role/failover",
        Handler="handler.handler",
        Code={"ZipFile": built.read_bytes()},
        Timeout=60,
        Environment={"Variables": variables},
    )
    return str(made["FunctionArn"])


@pytest.mark.timeout(300)
def test_a_topic_and_a_rule_of_another_emulator_start_the_function_and_its_table_keeps_the_leases(
    lab: Lab, built: Path, emulator: Callable[[str], Any]
) -> None:
    deployed = Deployed(lab, built.parent, kinds=("eip",))
    function = deploy(emulator, deployed, built)
    deployed.break_node("db-1")
    topic = emulator("sns").create_topic(Name="alarms")["TopicArn"]
    emulator("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)
    record = corpus.filled("alarm-sns", instance=deployed.world["db-1"])["Records"][0]
    emulator("sns").publish(TopicArn=topic, Message=record["Sns"]["Message"])
    until(lambda: ended(emulator) == 1, "the run that SNS started has ended")
    whole_at(deployed.witness, deployed.world, "db-2")

    deployed.heal_node("db-1")
    deployed.break_node("db-2")
    # Nobody but AWS may send an event whose source begins with "aws."; a target's own input stands for it.
    stopped = json.dumps(corpus.filled("instance-stopped", instance=deployed.world["db-2"]))
    emulator("events").put_rule(Name="stopped", EventPattern=json.dumps({"source": ["a.test"]}))
    emulator("events").put_targets(Rule="stopped", Targets=[{"Id": "1", "Arn": function, "Input": stopped}])
    emulator("events").put_events(Entries=[{"Source": "a.test", "DetailType": "x", "Detail": "{}"}])
    until(lambda: ended(emulator) == 2, "the run that EventBridge started has ended")
    whole_at(deployed.witness, deployed.world, "db-1")
    assert deployed.moves() == ["AssociateAddress", "AssociateAddress"]


def ended(emulator: Callable[[str], Any]) -> int:
    """How many runs have ended, as the emulator's table tells."""
    rows = emulator("dynamodb").scan(TableName="failover-state", ConsistentRead=True)["Items"]
    return sum("run_ended" in json.dumps(row) for row in rows)
