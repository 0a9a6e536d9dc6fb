"""The policies against the calls that the installed command makes at the lab's endpoint."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from support.command import Command
from support.witness import Witness
from terraform import outcomes, workspace
from terraform.iam import Demand, Policy, demands
from terraform.workspace import Workspace
from toolkit.lab import Call, Lab
from toolkit.lab.worlds import KINDS

pytestmark = pytest.mark.terraform

_REGION: Final = "eu-west-1"
_SIDES: Final = ("node", "function")

# Granted, and not asked for by a run like this one.
_OTHER_WORK: Final = {
    "ssm:GetParameter",  # the bootstrap of a node
    "sns:Publish",  # this world names no topic
    "ec2:DescribeInstanceStatus",  # the probe ec2_status
}

_TEST: Final = """
mock_provider "aws" {{
  source = "../../../tests/terraform/mocks/aws"
}}

run "policies" {{
  variables {{
    name       = "demo"
    lambda_zip = "versions.tf"
    groups     = {groups}
  }}
}}
"""


@dataclass(frozen=True)
class _Seen:
    """What was called, and what the policies of this world are."""

    calls: tuple[Call, ...]
    node: Policy
    function: Policy
    other: Policy
    records: tuple[str, ...]
    zone: str

    def demands(self, *, mutating_only: bool = False) -> list[tuple[str, Demand]]:
        return [
            (f"{call.service} {call.action}", demand)
            for call in self.calls
            if call.mutating or not mutating_only
            for demand in demands(call, "db", records=self.records, zone=self.zone, region=_REGION)
        ]

    def policy(self, side: str) -> Policy:
        return self.node if side == "node" else self.function


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> _Seen:
    """All kinds moved, with a route missing and with fences, and the policies of that very group."""
    providers = workspace.offline()
    if providers is None:
        pytest.skip("needs shared/terraform-offline beside the repository")
    folder = tmp_path_factory.mktemp("iam")
    with Lab.start() as lab:
        world = lab.seed("pair", kinds=tuple(KINDS))
        isolation = _isolation(lab, world["db-1"])
        calls = _moves(lab, folder, world.configuration, isolation)
    group: dict[str, Any] = world.configuration["groups"]["db"]
    names = [address for address in group["addresses"] if address["kind"] == "dns"]
    policies = _policies(Workspace(folder / "copy", providers), group, isolation)
    return _Seen(
        calls,
        Policy(policies["node_policies"]["db"]),
        Policy(policies["function_policy"]),
        Policy(policies["node_policies"]["other"]),
        tuple(address["name"] for address in names),
        names[0]["zone"],
    )


def _moves(lab: Lab, folder: Path, configuration: Any, isolation: str) -> tuple[Call, ...]:
    group = configuration["groups"]["db"]
    routes = [address for address in group["addresses"] if address["kind"] == "route"]
    for route in routes:
        route["create"] = True
    lab.clear_calls()
    assert Command(lab, folder, configuration).move("db-2").code == 0
    calls = [*lab.calls()]
    Witness(lab).ec2.delete_route(RouteTableId=routes[0]["tables"][0], DestinationCidrBlock=routes[0]["destination"])
    for target, rung in (("db-1", {"isolate": isolation}), ("db-2", "stop")):
        group["policy"]["fence"] = [rung]
        lab.clear_calls()
        assert Command(lab, folder, configuration).move(target, "--fence").code == 0
        calls += lab.calls()
    return tuple(calls)


def _isolation(lab: Lab, instance: str) -> str:
    ec2 = Witness(lab).ec2
    [found] = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"]
    made: dict[str, str] = ec2.create_security_group(GroupName="isolation", Description="-", VpcId=found["VpcId"])
    return made["GroupId"]


def _policies(copy: Workspace, group: dict[str, Any], isolation: str) -> dict[str, Any]:
    place = {"availability_zone": "eu-west-1a", "subnet_cidr": "10.0.1.0/24"}
    nodes = [node | place for node in group["nodes"]]
    ladder = {"fence": [{"rung": "isolate", "security_group": isolation}, {"rung": "stop"}]}
    others = [{"kind": "eip", "id": "eipalloc-0123456789abcdef9"}, *group["addresses"][1:4]]
    groups = {
        "db": {"nodes": nodes, "addresses": group["addresses"], "policy": ladder},
        "other": {"nodes": nodes, "addresses": others, "policy": ladder},
    }
    target = "modules/controller"
    for path in (copy.terraform / target / "tests").glob("*.tftest.hcl"):
        path.unlink()
    (copy.terraform / target / "tests/policies.tftest.hcl").write_text(_TEST.format(groups=json.dumps(groups)))
    copy.init(target)
    outcome = outcomes.read(copy.run(target, "test", "-json", "-verbose").out)
    assert outcome.faults == ()
    return dict(outcome.states[0].outputs)


@pytest.mark.parametrize("side", _SIDES)
def test_the_policy_allows_every_call_that_a_run_makes(seen: _Seen, side: str) -> None:
    refused = {(what, demand.arn) for what, demand in seen.demands() if not seen.policy(side).allows(demand)}
    assert not refused
    assert len(seen.calls) > len(KINDS)


def test_the_policy_of_a_node_allows_not_one_action_more(seen: _Seen) -> None:
    assert seen.node.actions - {demand.action for _, demand in seen.demands()} == _OTHER_WORK


def test_another_groups_policy_refuses_every_change_of_this_group(seen: _Seen) -> None:
    by_request: dict[str, list[bool]] = {}
    for what, demand in seen.demands(mutating_only=True):
        by_request.setdefault(what, []).append(seen.other.allows(demand))
    assert {what for what, allowed in by_request.items() if any(allowed)} == set()
    assert {"ec2 AssociateAddress", "ec2 ModifyNetworkInterfaceAttribute", "ec2 StopInstances"} <= set(by_request)


@pytest.mark.parametrize("side", _SIDES)
def test_an_untagged_interface_is_out_of_reach(seen: _Seen, side: str) -> None:
    arn = "arn:aws:ec2:eu-west-1:111122223333:network-interface/eni-0123456789abcdef9"
    assert not seen.policy(side).allows(Demand("ec2:AssociateAddress", arn, {"ec2:Region": [_REGION]}))


@pytest.mark.parametrize("side", _SIDES)
def test_an_elastic_ip_that_is_not_listed_is_out_of_reach_even_with_the_tag(seen: _Seen, side: str) -> None:
    arn = "arn:aws:ec2:eu-west-1:111122223333:elastic-ip/eipalloc-0123456789abcdef8"
    tagged = Demand("ec2:AssociateAddress", arn, {"aws:ResourceTag/failover:group": ["db"]})
    assert not seen.policy(side).allows(tagged)


def test_reads_in_another_region_are_refused(seen: _Seen) -> None:
    assert seen.node.allows(Demand("ec2:DescribeAddresses", "*", {"ec2:Region": [_REGION]}))
    assert not seen.node.allows(Demand("ec2:DescribeAddresses", "*", {"ec2:Region": ["us-east-1"]}))


def test_an_operator_that_is_not_understood_is_never_taken_for_a_yes() -> None:
    statement = {"Effect": "Allow", "Action": ["a:B"], "Resource": ["*"], "Condition": {"StringLike": {"k": "v"}}}
    with pytest.raises(ValueError, match="does not know StringLike"):
        Policy(json.dumps({"Statement": [statement]})).allows(Demand("a:B", "*"))
