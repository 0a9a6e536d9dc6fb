"""The ladder of fences, by the installed command: each rung, the climb to the next, and the hold when none holds."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from support.command import Command
from support.witness import Witness, whole_at
from toolkit.lab import Deny, Fault, Lab, World


def _fenced(lab: Lab, folder: Path, ladder: list[Any], *, data: bool = False) -> tuple[World, Command]:
    world = lab.seed("pair", kinds=("eip",))
    configuration = copy.deepcopy(dict(world.configuration))
    (group,) = configuration["groups"].values()
    group["policy"]["fence"] = ladder
    if data:
        for node in group["nodes"]:
            node["interface"] = world[f"{node['name']}-data"]
    return world, Command(lab, folder, configuration)


def _isolation(lab: Lab, world: World) -> str:
    made = Witness(lab).ec2.create_security_group(GroupName="isolation", Description="-", VpcId=world["vpc"])
    return str(made["GroupId"])


def test_the_rung_stop_has_the_old_holder_stopped_before_anything_moves(
    lab: Lab, witness: Witness, tmp_path: Path
) -> None:
    world, failover = _fenced(lab, tmp_path, ["stop"])
    lab.clear_calls()
    ended = failover("run", "--to", "db-2", "--yes", "--fence", "--json")
    assert ended.code == 0, ended
    whole_at(witness, world, "db-2")
    changes = [c.action for c in lab.calls() if c.mutating and c.service == "ec2"]
    assert changes == ["StopInstances", "AssociateAddress"]
    row = witness.ec2.describe_instances(InstanceIds=[world["db-1"]])["Reservations"][0]["Instances"][0]
    assert row["State"]["Name"] == "stopped"


def test_the_rung_isolate_leaves_the_old_interface_with_one_security_group(
    lab: Lab, witness: Witness, tmp_path: Path
) -> None:
    world, _ = _fenced(lab, tmp_path, [])
    group_id = _isolation(lab, world)
    configuration = copy.deepcopy(dict(world.configuration))
    configuration["groups"]["db"]["policy"]["fence"] = [{"isolate": group_id}]
    ended = Command(lab, tmp_path, configuration)("run", "--to", "db-2", "--yes", "--fence", "--json")
    assert ended.code == 0, ended
    whole_at(witness, world, "db-2")
    rows = witness.ec2.describe_network_interfaces(NetworkInterfaceIds=[world["db-1-eni"]])["NetworkInterfaces"]
    assert [group["GroupId"] for group in rows[0]["Groups"]] == [group_id]


def test_the_rung_detach_takes_the_data_interface_off_the_old_holder(
    lab: Lab, witness: Witness, tmp_path: Path
) -> None:
    world, failover = _fenced(lab, tmp_path, ["detach"], data=True)
    ended = failover("run", "--to", "db-2", "--yes", "--fence", "--json")
    assert ended.code == 0, ended
    whole_at(witness, world, "db-2")
    rows = witness.ec2.describe_network_interfaces(NetworkInterfaceIds=[world["db-1-data"]])["NetworkInterfaces"]
    assert (rows[0]["Status"], "Attachment" in rows[0]) == ("available", False)


def test_a_move_by_hand_fences_nobody_unless_asked_to(lab: Lab, witness: Witness, tmp_path: Path) -> None:
    world, failover = _fenced(lab, tmp_path, ["stop"])
    assert failover.move("db-2").code == 0
    row = witness.ec2.describe_instances(InstanceIds=[world["db-1"]])["Reservations"][0]["Instances"][0]
    assert row["State"]["Name"] == "running"


@pytest.mark.parametrize(
    ("ladder", "code"),
    [([{"isolate": {"security_group": "sg-0123456789abcdef0", "timeout": "1s"}}, "stop"], 0), (["stop"], 3)],
    ids=["the next rung is climbed", "no rung is left"],
)
def test_a_rung_that_fails_leads_to_the_next_or_to_a_hold(
    lab: Lab, witness: Witness, tmp_path: Path, ladder: list[Any], code: int
) -> None:
    world, failover = _fenced(lab, tmp_path, ladder)
    if code:
        lab.fault(Fault(Deny(), service="ec2", action="StopInstances"))
        world.configuration["groups"]["db"]["policy"]["fence"] = [{"stop": {"timeout": "1s"}}]
        failover = Command(lab, tmp_path, world.configuration)
    ended = failover("run", "--to", "db-2", "--yes", "--fence", "--json")
    assert ended.code == code, ended
    whole_at(witness, world, "db-1" if code else "db-2")
    assert ended.body["reason"].startswith("not-fenced" if code else "everything is at db-2")
