"""Terraform's policies in force at the lab's endpoint: the installed command and the built function under them."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Collection
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import boto3  # type: ignore[import-untyped] # it ships no types
import pytest
from botocore.exceptions import ClientError

from payloads import corpus
from scenarios.watch.watching import watching
from support.booting import Machines
from support.command import COMMAND
from support.witness import whole_at
from terraform.controlled import AUTOSCALING_GROUP, ISOLATION, PARAMETER, REGION, Controlled
from terraform.workspace import ROOT
from toolkit.lab.alarms import Ending

pytestmark = pytest.mark.terraform
_LADDER: Final[dict[str, Any]] = {"detach": "detach", "isolate": {"isolate": ISOLATION}, "stop": "stop"}
_LOOKS: Final = (
    ("status", "--json"),
    ("plan", "--to", "db-2", "--json"),
    ("explain", "--json"),
    ("verify", "--json"),
    ("resume", "--json"),
    ("dns", "check", "--json"),
)


def _with_rung(configuration: dict[str, Any], controlled: Controlled, rung: str) -> dict[str, Any]:
    """The configuration with that one fence; a data interface is what there is to detach."""
    fenced = deepcopy(configuration)
    group = fenced["groups"]["db"]
    group["policy"]["fence"] = [{"isolate": controlled.isolation} if rung == "isolate" else rung]
    if rung == "detach":
        group["addresses"] = [address for address in group["addresses"] if address["kind"] == "eip"]
        for node in group["nodes"]:
            node["interface"] = controlled.world[f"{node['name']}-data"]
    return fenced


def _moved(controlled: Controlled, ending: Ending) -> None:
    """The function has moved the group, and no policy was in its way."""
    assert ending.result is not None, ending.error
    assert ending.result["status"] == "done", ending.result
    assert controlled.refused() == []


def _at(controlled: Controlled, configuration: dict[str, Any], role: str) -> None:
    found = controlled.witness.holders(configuration["groups"]["db"]["addresses"])
    assert {key: at for key, at in found.items() if at != [controlled.world[role]]} == {}


def test_a_node_moves_every_kind_and_makes_a_missing_route(controlled: Controlled) -> None:
    controlled.lose_a_route()
    ended = controlled.command().move("db-2")
    assert ended.code == 0, ended
    whole_at(controlled.witness, controlled.world, "db-2")
    assert controlled.refused() == []
    assert "CreateRoute" in controlled.changes()


@pytest.mark.parametrize("rung", _LADDER)
def test_a_node_climbs_each_rung_of_its_ladder(controlled: Controlled, rung: str) -> None:
    configuration = _with_rung(controlled.configuration(), controlled, rung)
    ended = controlled.command(configuration).move("db-2", "--fence")
    assert ended.code == 0, ended
    _at(controlled, configuration, "db-2")
    assert controlled.refused() == []


def test_every_command_that_only_looks_is_allowed_what_it_reads(controlled: Controlled) -> None:
    failover = controlled.command()
    ends = {" ".join(arguments): failover(*arguments).code for arguments in _LOOKS}
    assert {name: code for name, code in ends.items() if code in {1, 2, 6, 8}} == {}
    assert controlled.refused() == []


def test_a_watcher_moves_its_group_when_the_service_dies(controlled: Controlled) -> None:
    configuration = controlled.configuration()
    configuration["groups"]["db"]["health"]["probes"] = configuration["groups"]["db"]["health"]["probes"][:1]
    with watching(controlled.command(configuration)) as watcher:
        for node in ("db-1", "db-2"):
            watcher.until(f"verdict of {node}", words="is healthy")
        controlled.lab.hang_up(controlled.world["db-1"], 8080)
        watcher.until("ended", words="done")
    whole_at(controlled.witness, controlled.world, "db-2")
    assert controlled.refused() == []


def test_a_node_reclaims_a_free_address_at_boot(controlled: Controlled) -> None:
    configuration = controlled.configuration()
    group = configuration["groups"]["db"]
    group["addresses"] = group["addresses"][:1]
    ec2 = controlled.witness.ec2
    (row,) = ec2.describe_addresses(AllocationIds=[controlled.world["eip"]])["Addresses"]
    ec2.disassociate_address(AssociationId=row["AssociationId"])
    nodes = Machines(controlled.lab, controlled.command(configuration))
    ended = nodes.run(controlled.world["db-1"], "reclaim", "--json")
    assert ended.code == 0, ended
    _at(controlled, configuration, "db-1")
    assert controlled.refused() == []


def test_a_node_reads_its_configuration_when_it_starts(controlled: Controlled, tmp_path: Path) -> None:
    controlled.parameter(PARAMETER, controlled.configuration())
    (tmp_path / "home/bin").mkdir(parents=True)
    python = tmp_path / "home/bin/python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    environment = controlled.command().environment | {
        "FAILOVER_ETC": str(tmp_path / "etc"),
        "FAILOVER_HOME": str(tmp_path / "home"),
        "FAILOVER_BIN": str(COMMAND.parent),
        "FAILOVER_PROFILE": str(tmp_path / "profile.sh"),
        "FAILOVER_PARAMETER": PARAMETER,
        "FAILOVER_SERVICES": "",
        "FAILOVER_TRIES": "1",
        "AWS_EC2_METADATA_DISABLED": "",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": controlled.lab.imds(controlled.world["db-1"]),
    }
    script = ROOT / "terraform/modules/node/files/bootstrap.sh"
    ended = subprocess.run([str(script), "configure"], env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended
    assert json.loads((tmp_path / "etc/failover.json").read_text()) == controlled.configuration()


def test_a_node_sends_the_heartbeat_that_the_guide_shows_and_no_other_metric(controlled: Controlled) -> None:
    (line,) = re.findall(r"aws cloudwatch put-metric-data (.*)", (ROOT / "docs/terraform.md").read_text())
    words = shlex.split(line)
    given = dict(zip(words[::2], words[1::2], strict=True))
    metric = {
        "MetricName": given["--metric-name"],
        "Dimensions": [{"Name": "InstanceId", "Value": controlled.world["db-1"]}],
        "Value": float(given["--value"]),
        "StorageResolution": int(given["--storage-resolution"]),
    }
    assert given["--dimensions"].startswith("InstanceId=")
    session = boto3.Session("node", "node", region_name=REGION)
    cloudwatch = session.client("cloudwatch", endpoint_url=controlled.lab.url)
    cloudwatch.put_metric_data(Namespace=given["--namespace"], MetricData=[metric])
    with pytest.raises(ClientError, match="AccessDenied"):
        cloudwatch.put_metric_data(Namespace="AnotherOne", MetricData=[metric])


def test_the_function_moves_every_kind_and_lets_auto_scaling_go_on(controlled: Controlled, unpacked: Path) -> None:
    event = json.dumps(corpus.filled("autoscaling-terminate", instance=controlled.world["db-1"]))
    (name,) = re.findall(r'"AutoScalingGroupName": "([^"]+)"', event)
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    event = re.sub(r'"time": "[^"]+"', f'"time": "{now}"', event.replace(f'"{name}"', f'"{AUTOSCALING_GROUP}"'))
    controlled.lose_a_route()
    with controlled.sandbox(unpacked, controlled.function_configuration()) as sandbox:
        _moved(controlled, sandbox.invoke(json.loads(event)))
    whole_at(controlled.witness, controlled.world, "db-2")
    assert [c.action for c in controlled.lab.calls() if c.service == "autoscaling"] == ["CompleteLifecycleAction"]


@pytest.mark.parametrize("rung", _LADDER)
def test_the_function_climbs_each_rung_of_a_ladder(controlled: Controlled, unpacked: Path, rung: str) -> None:
    configuration = _with_rung(controlled.function_configuration(), controlled, rung)
    controlled.lab.impair(controlled.world["db-1"])
    controlled.alarm("db-1", "ALARM")
    event = corpus.filled("alarm-direct", alarm="demo-db-db-1", instance=controlled.world["db-1"])
    with controlled.sandbox(unpacked, configuration) as sandbox:
        _moved(controlled, sandbox.invoke(event))
    _at(controlled, configuration, "db-2")


def test_the_lease_of_another_group_is_out_of_reach(controlled: Controlled) -> None:
    ended = controlled.command(role="other").move("db-2")
    assert ended.code == 6
    assert "dynamodb:" in ended.body["reason"]
    assert controlled.changes() == []


def _foreign(controlled: Controlled, configuration: dict[str, Any], *, tags: Collection[str] = ()) -> dict[str, Any]:
    """The configuration with nothing but a free address that Terraform made for another group."""
    ec2, address = controlled.witness.ec2, controlled.world["foreign-eip"]
    (row,) = ec2.describe_addresses(AllocationIds=[address])["Addresses"]
    ec2.disassociate_address(AssociationId=row["AssociationId"])
    for tag in tags:
        controlled.tag([address], tag)
    controlled.lab.clear_calls()
    configuration["groups"]["db"]["addresses"] = [{"kind": "eip", "id": address}]
    configuration["groups"]["db"].pop("verify", None)
    return configuration


@pytest.mark.parametrize("tags", [(), ("db",)])
def test_an_address_of_another_group_is_refused_to_a_node_by_name(
    controlled: Controlled, tags: tuple[str, ...]
) -> None:
    """Whether it bears no tag or the wrong one: its id is not in the policy."""
    configuration = _foreign(controlled, controlled.configuration(), tags=tags)
    ended = controlled.command(configuration).move("db-2")
    assert ended.code == 6, ended
    assert "ec2:AssociateAddress" in ended.body["reason"]
    assert controlled.changes() == []


def test_an_address_with_the_tag_of_another_group_is_not_even_tried(controlled: Controlled) -> None:
    configuration = _foreign(controlled, controlled.configuration(), tags=("other",))
    ended = controlled.command(configuration).move("db-2")
    assert (ended.code, controlled.refused(), controlled.changes()) == (3, [], [])
    assert "not of this group" in ended.body["reason"]


def test_an_address_of_another_group_is_refused_to_the_function_by_name(controlled: Controlled, unpacked: Path) -> None:
    with controlled.sandbox(unpacked, _foreign(controlled, controlled.function_configuration())) as sandbox:
        ending = sandbox.invoke({"source": "failover.manual", "group": "db", "to": "db-2"})
    assert ending.result is not None, ending.error
    assert "ec2:AssociateAddress" in json.dumps(ending.result)
    assert controlled.refused() == ["ec2:AssociateAddress"]
    assert controlled.changes() == []


def test_an_interface_without_the_tag_of_the_group_gets_no_address(controlled: Controlled) -> None:
    interface = controlled.world["db-2-eni"]
    controlled.witness.ec2.delete_tags(Resources=[interface], Tags=[{"Key": "failover:group"}])
    controlled.lab.clear_calls()
    configuration = controlled.configuration()
    configuration["groups"]["db"]["addresses"] = configuration["groups"]["db"]["addresses"][:1]
    ended = controlled.command(configuration).move("db-2")
    assert ended.code == 6, ended
    assert "ec2:AssociateAddress" in ended.body["reason"]
    assert controlled.changes() == []
