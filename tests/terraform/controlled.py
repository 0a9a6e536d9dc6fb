"""A world of the lab under what Terraform's controller makes for it: policies, configurations, names, tags."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from support.command import Command
from support.witness import Witness
from terraform import outcomes
from terraform.outcomes import State
from terraform.workspace import Workspace
from toolkit.lab import Control, Lab, World
from toolkit.lab.alarms import Sandbox, own_runtime
from toolkit.lab.worlds import KINDS

ACCOUNT: Final = "123456789012"
REGION: Final = "eu-west-1"
NAME: Final = "demo"
AUTOSCALING_GROUP: Final = "db-nodes"
PARAMETER: Final = f"/failover/{NAME}"
# Stands in Terraform's plan for a security group that each world makes anew.
ISOLATION: Final = "sg-0123456789abcdef0"

# The interfaces and addresses that the modules tag with their group.
_TAGGED: Final = ("eip", "vip-eni", "db-1-eni", "db-2-eni", "db-1-data", "db-2-data")
_ALARM: Final = re.compile(r'ALARM\("([^"]+)"\)')
_TEST: Final = """
mock_provider "aws" {{
  source = "../../../tests/terraform/mocks/aws"
}}

run "policies" {{
  override_data {{
    target = data.aws_caller_identity.current
    values = {{ account_id = "{account}" }}
  }}
  variables {{
    name                   = "{name}"
    lambda_zip             = "versions.tf"
    function_configuration = "parameter"
    autoscaling_groups     = ["{autoscaling}"]
    groups                 = {groups}
  }}
}}

run "inside_the_vpc" {{
  override_data {{
    target = data.aws_caller_identity.current
    values = {{ account_id = "{account}" }}
  }}
  variables {{
    name       = "{name}"
    lambda_zip = "versions.tf"
    vpc        = {{ subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"] }}
    groups     = {groups}
  }}
}}
"""


@dataclass(frozen=True)
class Made:
    """What Terraform made."""

    node: str
    other_node: str
    function: str
    vpc: str
    node_configuration: Mapping[str, Any]
    function_configuration: Mapping[str, Any]
    alarm_rules: Mapping[str, str]


def made(space: Workspace, lab: Lab) -> Made:
    """The controller of the lab's pair, with everything in it that the modules can grant, and of a group beside it."""
    lab.reset()
    world = lab.seed("pair", kinds=tuple(KINDS))
    group = world.configuration["groups"]["db"]
    place = {"availability_zone": "eu-west-1a", "subnet_cidr": "10.0.1.0/24", "source_dest_check": False}
    nodes = [node | place for node in group["nodes"]]
    addresses = [a | ({"create": True} if a["kind"] == "route" else {}) for a in group["addresses"]]
    ladder = [{"rung": "detach"}, {"rung": "isolate", "security_group": ISOLATION}, {"rung": "stop"}]
    shared = {
        "nodes": nodes,
        "health": {"probes": [{"tcp": 8080}, {"ec2_status": True}, {"alarm": f"{NAME}-db-{{node}}"}]},
        "policy": {"fence": ladder, "cooldown": "0s", "max_moves": {"count": 1000, "window": "1h"}},
        "heartbeat": {"namespace": "Failover", "metric": "Heartbeat"},
    }
    other = [{"kind": "eip", "id": world["foreign-eip"]}, *addresses[1:4]]
    groups = {"db": shared | {"addresses": addresses}, "other": shared | {"addresses": other}}
    outside, inside = _applied(space, groups)
    outputs = outside.outputs
    return Made(
        outputs["node_policies"]["db"],
        outputs["node_policies"]["other"],
        outputs["function_policy"],
        next(found.values["policy"] for found in inside.resources if found.address == "aws_iam_role_policy.vpc[0]"),
        _alone(outputs["failover_config"]),
        _alone(outputs["lambda_config"]),
        {
            found.values["alarm_name"]: found.values["alarm_rule"]
            for found in outside.resources
            if found.type == "aws_cloudwatch_composite_alarm"
        },
    )


def _alone(configuration: Mapping[str, Any]) -> dict[str, Any]:
    return {**configuration, "groups": {"db": configuration["groups"]["db"]}}


def _applied(space: Workspace, groups: Mapping[str, Any]) -> Sequence[State]:
    target = "modules/controller"
    for path in (space.terraform / target / "tests").glob("*.tftest.hcl"):
        path.unlink()
    text = _TEST.format(account=ACCOUNT, name=NAME, autoscaling=AUTOSCALING_GROUP, groups=json.dumps(groups))
    (space.terraform / target / "tests/policies.tftest.hcl").write_text(text)
    space.init(target)
    outcome = outcomes.read(space.run(target, "test", "-json", "-verbose").out)
    assert outcome.faults == ()
    return outcome.states


class Controlled:
    """That world, fresh; whoever signs as ``node``, ``function`` or ``other`` is held to that policy."""

    def __init__(self, lab: Control, made_: Made, witness: Witness, *, folder: Path) -> None:
        lab.reset()
        self.lab = lab
        self.world: World = lab.seed("pair", kinds=tuple(KINDS))
        self.witness = witness
        self._folder = folder
        self._made = made_
        self.isolation = str(
            self.witness.ec2.create_security_group(GroupName="isolation", Description="-", VpcId=self.world["vpc"])[
                "GroupId"
            ]
        )
        self.tag([*(self.world[role] for role in _TAGGED), self.isolation], "db")
        self._table()
        self.topic = self.witness.client("sns").create_topic(Name=f"{NAME}-failover")["TopicArn"]
        self._alarms(made_.alarm_rules)
        for role, policy in (("node", made_.node), ("other", made_.other_node), ("function", made_.function)):
            lab.grant(role, self._here(policy))
        lab.clear_calls()

    def tag(self, resources: Collection[str], group: str) -> None:
        self.witness.ec2.create_tags(Resources=list(resources), Tags=[{"Key": "failover:group", "Value": group}])

    def lose_a_route(self) -> None:
        """Somebody deletes one of the routes that the group moves."""
        table, destination = self.world["table-1"], self.world["overlay"]
        self.witness.ec2.delete_route(RouteTableId=table, DestinationCidrBlock=destination)

    def alarm(self, node: str, state: str) -> None:
        """Put the node's status alarm, on which its composite alarm stands, into a state."""
        self._put_state(f"{NAME}-db-{node}-status", state)

    def configuration(self) -> dict[str, Any]:
        """The nodes' configuration, reaching the world through the lab's own network."""
        found = self._configured(self._made.node_configuration)
        group, real = found["groups"]["db"], self.world.configuration["groups"]["db"]
        group["health"] |= {key: real["health"][key] for key in ("interval", "fall", "rise", "via")}
        group["health"]["probes"][0]["timeout"] = "5s"
        group["verify"] = real["verify"]
        return found

    def function_configuration(self) -> dict[str, Any]:
        """The function's configuration, with less patience for its proof."""
        found = self._configured(self._made.function_configuration)
        found["groups"]["db"]["verify"] = {"timeout": "5s"}
        return found

    def sandbox(self, folder: Path, configuration: Mapping[str, Any]) -> Sandbox:
        """The unpacked function, cold, signed by its role, its configuration where Terraform puts it."""
        self.parameter(f"{PARAMETER}/function", configuration)
        environment = {
            **self.lab.environment(),
            "AWS_ACCESS_KEY_ID": "function",
            "FAILOVER_CONFIG_SSM": f"{PARAMETER}/function",
        }
        runtime = own_runtime(folder.with_name(f"{folder.name}-runtime"))
        return Sandbox(folder, runtime=runtime, environment=environment)

    def parameter(self, name: str, configuration: Mapping[str, Any]) -> None:
        """Keep a configuration where SSM gives it."""
        ssm = self.witness.client("ssm")
        ssm.put_parameter(Name=name, Value=json.dumps(configuration), Type="String", Overwrite=True)

    def command(self, configuration: Mapping[str, Any] | None = None, *, role: str = "node") -> Command:
        """The installed command, signed by a role."""
        failover = Command(self.lab, self._folder, configuration or self.configuration())
        failover.environment["AWS_ACCESS_KEY_ID"] = role
        return failover

    def refused(self) -> list[str]:
        """Every call so far that a policy refused."""
        return [f"{c.service}:{c.action}" for c in self.lab.calls() if c.error_code and _is_refusal(c.error_code)]

    def changes(self) -> list[str]:
        """Every change of an address or a node so far."""
        return [
            c.action for c in self.lab.calls() if c.mutating and c.status == 200 and c.service in {"ec2", "route53"}
        ]

    def _configured(self, configuration: Mapping[str, Any]) -> dict[str, Any]:
        text = self._here(json.dumps(copy.deepcopy(configuration)))
        found: dict[str, Any] = json.loads(text)
        found["groups"]["db"]["policy"]["fence"] = []
        return found

    def _here(self, text: str) -> str:
        return text.replace(ISOLATION, self.isolation)

    def _alarms(self, rules: Mapping[str, str]) -> None:
        """Every composite alarm of Terraform's, by its own rule, and the alarms that it stands on."""
        cloudwatch = self.witness.client("cloudwatch")
        for name, rule in rules.items():
            for below in _ALARM.findall(rule):
                cloudwatch.put_metric_alarm(
                    AlarmName=below,
                    MetricName="StatusCheckFailed",
                    Namespace="AWS/EC2",
                    Statistic="Maximum",
                    Period=60,
                    EvaluationPeriods=2,
                    Threshold=1.0,
                    ComparisonOperator="GreaterThanOrEqualToThreshold",
                )
                self._put_state(below, "OK")
            cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule=rule)

    def _put_state(self, alarm: str, state: str) -> None:
        self.witness.client("cloudwatch").set_alarm_state(AlarmName=alarm, StateValue=state, StateReason="a test")

    def _table(self) -> None:
        keys = {"group": "HASH", "item": "RANGE"}
        self.witness.client("dynamodb").create_table(
            TableName=f"{NAME}-failover",
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
            BillingMode="PAY_PER_REQUEST",
        )


def _is_refusal(code: str) -> bool:
    return code.startswith(("Unauthorized", "AccessDenied", "LabDoesNotJudge"))
