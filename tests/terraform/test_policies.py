"""The policies of the function and of the nodes against what each really asked for while the whole suite ran.

``calls.txt`` has it; the suite holds itself to that list in both directions (``tests/support/calls.py``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, Final

import pytest

from support import calls
from terraform import actions
from terraform.controlled import ACCOUNT, NAME, REGION, Made
from toolkit.lab.iam import Policy

pytestmark = pytest.mark.terraform

Pair = tuple[str, str]

# What Lambda does in the function's name, so that no code of ours asks for it: its log and its dead-letter queue.
_OF_LAMBDA: Final[frozenset[Pair]] = frozenset(
    {("logs:CreateLogStream", "log-group"), ("logs:PutLogEvents", "log-group"), ("sqs:SendMessage", "queue")}
)
# Services whose ARNs name no type.
_TYPES: Final[Mapping[str, str]] = {"sns": "topic", "sqs": "queue"}
# Held by id: EC2 lets nobody say more of a route, and a topic, a table, a zone and the like are the controller's own.
_BY_ID: Final = frozenset(
    {"autoScalingGroup", "change", "hostedzone", "log-group", "parameter", "queue", "route-table", "table"} | {"topic"}
)
_WHATEVER_ITS_NAME: Final = frozenset({"autoScalingGroup", "change", "log-group"})


def _policy(controller: Made, role: str) -> str:
    return controller.function if role == "function" else controller.node


def _statements(controller: Made, role: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(_policy(controller, role))["Statement"]
    return found


def _type(arn: str) -> str:
    """The type of the resources that an ARN of a policy stands for."""
    if arn == "*":
        return arn
    _, _, service, _, _, rest = arn.split(":", 5)
    return _TYPES.get(service) or rest.replace("/", ":").partition(":")[0]


def _granted(controller: Made, role: str) -> set[Pair]:
    return {
        (action, _type(arn))
        for statement in _statements(controller, role)
        for action in statement["Action"]
        for arn in statement["Resource"]
    }


def _asked(role: str) -> Iterator[Pair]:
    for line in calls.listed():
        who, action, *types = line.split()
        if who == role:
            yield from ((action, kind) for kind in types)


@pytest.mark.parametrize("role", calls.ROLES)
def test_a_role_is_granted_what_it_asked_for_on_those_types_of_resources_and_nothing_more(
    controller: Made, role: str
) -> None:
    granted = _granted(controller, role) - (_OF_LAMBDA if role == "function" else set())
    asked = set(_asked(role))
    assert {"too much": granted - asked, "too little": asked - granted} == {"too much": set(), "too little": set()}


def test_lambda_may_do_its_own_part_in_the_name_of_the_function(controller: Made) -> None:
    assert _granted(controller, "function") >= _OF_LAMBDA
    assert not _granted(controller, "node") & _OF_LAMBDA


@pytest.mark.parametrize("role", calls.ROLES)
def test_every_resource_is_held_to_a_tag_or_an_id_and_every_read_but_that_of_alarms_to_the_region(
    controller: Made, role: str
) -> None:
    loose = []
    for statement in _statements(controller, role):
        condition = json.dumps(statement.get("Condition", {}))
        for arn in statement["Resource"]:
            kind = _type(arn)
            held = {
                # Whoever may read composite alarms may read all alarms (permissions.tf).
                "*": "ec2:Region" in condition
                or "cloudwatch:namespace" in condition
                or statement["Action"] == ["cloudwatch:DescribeAlarms"],
                "security-group": not arn.endswith("*"),
                "elastic-ip": not arn.endswith("*") and "aws:ResourceTag/failover:group" in condition,
            }.get(kind, "aws:ResourceTag/failover:group" in condition or kind in _BY_ID)
            if not held or (kind in _BY_ID - _WHATEVER_ITS_NAME and "*" in arn):
                loose.append((statement["Sid"], arn))
    assert loose == []


def test_the_types_of_resources_that_terraform_knows_are_those_that_the_lab_asks_for() -> None:
    table = actions.granted()["resources"]
    asked: dict[str, set[str]] = {}
    for action, kind in chain(_asked("node"), _asked("function")):
        asked.setdefault(action, set()).add(kind)
    assert {action: set(kinds) for action, kinds in table.items()} == {action: asked[action] for action in table}


@pytest.mark.parametrize("role", calls.ROLES)
@pytest.mark.parametrize(
    ("action", "resource", "context", "allowed"),
    [
        ("ec2:DescribeAddresses", "*", {"ec2:region": (REGION,)}, True),
        ("ec2:DescribeAddresses", "*", {"ec2:region": ("us-east-1",)}, False),
        ("ec2:AssociateAddress", "network-interface/eni-1", {"aws:resourcetag/failover:group": ("db",)}, True),
        ("ec2:AssociateAddress", "network-interface/eni-1", {"aws:resourcetag/failover:group": ("third",)}, False),
        ("ec2:AssociateAddress", "network-interface/eni-1", {}, False),
        ("ec2:AssociateAddress", "elastic-ip/eipalloc-1", {"aws:resourcetag/failover:group": ("db",)}, False),
        ("ec2:StopInstances", "instance/i-1", {"aws:resourcetag/failover:group": ("db",)}, True),
        ("ec2:TerminateInstances", "instance/i-1", {"aws:resourcetag/failover:group": ("db",)}, False),
    ],
)
def test_a_policy_looks_at_region_tag_and_id(
    controller: Made, role: str, action: str, resource: str, context: dict[str, tuple[str, ...]], *, allowed: bool
) -> None:
    arn = resource if resource == "*" else f"arn:aws:ec2:{REGION}:{ACCOUNT}:{resource}"
    here = {"ec2:region": (REGION,)} | context
    assert Policy(json.loads(_policy(controller, role))).allows(action, arn, here) is allowed


@pytest.mark.parametrize(
    ("action", "caller", "tag", "allowed"),
    [
        ("ec2:CreateNetworkInterface", None, None, True),
        ("ec2:CreateNetworkInterface", "code", None, False),
        ("ec2:DeleteNetworkInterface", "code", "db", False),
        ("ec2:UnassignPrivateIpAddresses", "code", "db", False),
        ("ec2:AssignPrivateIpAddresses", None, None, True),
        ("ec2:AssignPrivateIpAddresses", "code", "db", True),
        ("ec2:AssignPrivateIpAddresses", "code", "third", False),
        ("ec2:AssignPrivateIpAddresses", "code", None, False),
    ],
)
def test_what_lambda_may_do_to_attach_a_function_to_the_vpc_its_code_may_not(
    controller: Made, action: str, caller: str | None, tag: str | None, *, allowed: bool
) -> None:
    statements = [*_statements(controller, "function"), *json.loads(controller.vpc)["Statement"]]
    context: dict[str, tuple[str, ...]] = {"ec2:region": (REGION,)}
    if caller:
        context["lambda:sourcefunctionarn"] = (f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{NAME}-failover",)
    if tag:
        context["aws:resourcetag/failover:group"] = (tag,)
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:network-interface/eni-1"
    assert Policy({"Statement": statements}).allows(action, arn, context) is allowed
