"""What a VPC's own settings do to its names, shown by the installed command on the lab."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.command import Command
from support.witness import Witness
from toolkit.lab import Lab, World


def checked(lab: Lab, world: World, folder: Path, name: str) -> dict[str, dict[str, Any]]:
    """What ``failover dns check`` says of the name, by side, with its exit code as the third."""
    ended = Command(lab, folder, world.configuration)("dns", "check", name, "--json")
    assert ended.code in {0, 5}, ended
    return {row["view"]: row for row in ended.body["judgements"]} | {"exit": {"code": ended.code}}


@pytest.mark.parametrize("off", ["EnableDnsHostnames", "EnableDnsSupport"])
def test_a_vpc_with_an_attribute_off_has_no_names_and_the_check_says_which_to_enable(
    lab: Lab, world: World, tmp_path: Path, name: str, off: str
) -> None:
    """The cure is what the remedy says: with the attribute on again the name is right on both sides."""
    ec2 = Witness(lab).ec2
    ec2.modify_vpc_attribute(VpcId=world["vpc"], **{off: {"Value": False}})
    told = checked(lab, world, tmp_path, name)
    assert told["exit"]["code"] == 5
    assert told["inside"]["standing"] == "missing"
    assert off[0].lower() + off[1:] in told["inside"]["remedy"]
    ec2.modify_vpc_attribute(VpcId=world["vpc"], **{off: {"Value": True}})
    cured = checked(lab, world, tmp_path, name)
    assert [cured[side]["standing"] for side in ("inside", "outside")] == ["right", "right"]
    assert cured["exit"]["code"] == 0


def test_a_peered_vpc_without_remote_resolution_gets_the_public_view(
    lab: Lab, world: World, tmp_path: Path, name: str
) -> None:
    """The cure: the VPC that has the names allows it on the peering; the other side's word is not enough."""
    ec2 = Witness(lab).ec2
    peer = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=peer, EnableDnsHostnames={"Value": True})
    row = ec2.create_vpc_peering_connection(VpcId=peer, PeerVpcId=world["vpc"])["VpcPeeringConnection"]
    peering = row["VpcPeeringConnectionId"]
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    lab.set(inside_vpc=peer)
    allow = {"AllowDnsResolutionFromRemoteVpc": True}
    ec2.modify_vpc_peering_connection_options(VpcPeeringConnectionId=peering, RequesterPeeringConnectionOptions=allow)
    told = checked(lab, world, tmp_path, name)["inside"]
    assert (told["standing"], told["answer"]["addresses"]) == ("wrong view", [world["eip-ip"]])
    assert "a peering has no remote resolution" in told["cause"]
    assert "AllowDnsResolutionFromRemoteVpc on the peering" in told["remedy"]
    ec2.modify_vpc_peering_connection_options(VpcPeeringConnectionId=peering, AccepterPeeringConnectionOptions=allow)
    assert checked(lab, world, tmp_path, name)["inside"]["standing"] == "right"
