"""IAM as far as the policies here use it: what a call demands, and whether a policy allows it.

A request is allowed when every resource in it is allowed by some statement; there are no Deny statements.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from toolkit.lab import Call

ACCOUNT: Final = "111122223333"
_PARTS: Final = {"ForAllValues:StringEquals", "StringEquals"}

# The parameter that names a resource, its type in ARNs (AWS.md §9), and the actions that it must allow.
_NAMED: Final = {
    "elastic-ip": ("AllocationId", ("AssociateAddress",)),
    "network-interface": (
        "NetworkInterfaceId",
        (
            "AssociateAddress",
            "AssignPrivateIpAddresses",
            "AssignIpv6Addresses",
            "UnassignIpv6Addresses",
            "AttachNetworkInterface",
            "ModifyNetworkInterfaceAttribute",
        ),
    ),
    "instance": ("InstanceId", ("AttachNetworkInterface", "StopInstances")),
    "security-group": ("SecurityGroupId", ("ModifyNetworkInterfaceAttribute",)),
    "route-table": ("RouteTableId", ("ReplaceRoute", "CreateRoute")),
}


@dataclass(frozen=True)
class Demand:
    """One resource of a request: the action, its ARN, and the context that conditions look at."""

    action: str
    arn: str
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)


class Policy:
    """A policy document of Allow statements."""

    def __init__(self, text: str) -> None:
        self._statements: list[dict[str, Any]] = json.loads(text)["Statement"]

    @property
    def actions(self) -> set[str]:
        return {action for statement in self._statements for action in statement["Action"]}

    def allows(self, demand: Demand) -> bool:
        return any(_matches(statement, demand) for statement in self._statements)


def _matches(statement: Mapping[str, Any], demand: Demand) -> bool:
    return (
        statement["Effect"] == "Allow"
        and demand.action in statement["Action"]
        and any(fnmatch.fnmatchcase(demand.arn, pattern) for pattern in statement["Resource"])
        and all(_holds(operator, keys, demand) for operator, keys in statement.get("Condition", {}).items())
    )


def _holds(operator: str, keys: Mapping[str, str | list[str]], demand: Demand) -> bool:
    if operator not in _PARTS:
        raise ValueError(f"this evaluator does not know {operator}")
    for key, wanted in keys.items():
        allowed = {wanted} if isinstance(wanted, str) else set(wanted)
        given = set(demand.context.get(key, ()))
        if not given <= allowed or (operator == "StringEquals" and not given):
            return False
    return True


def demands(call: Call, group: str, *, records: Sequence[str], zone: str, region: str) -> Iterator[Demand]:
    """What a call that the lab recorded asks of a policy; ``group`` is the tag on everything that it names."""
    match call.service:
        case "ec2":
            yield from _of_ec2(call, group, region)
        case "dynamodb":
            yield from _of_dynamodb(call, region)
        case "route53" if call.action == "GetChange":
            yield Demand("route53:GetChange", "arn:aws:route53:::change/C1")
        case "route53":
            names = {"route53:ChangeResourceRecordSetsNormalizedRecordNames": records}
            yield Demand(f"route53:{call.action}", f"arn:aws:route53:::hostedzone/{zone}", names)
        case _:
            raise ValueError(f"no rule for {call.service} {call.action}")


def _of_ec2(call: Call, group: str, region: str) -> Iterator[Demand]:
    place = {"ec2:Region": [region]}
    if call.action.startswith("Describe"):
        yield Demand(f"ec2:{call.action}", "*", place)
        return
    tagged = place | {"aws:ResourceTag/failover:group": [group]}
    for kind, (parameter, actions) in _NAMED.items():
        if call.action in actions:
            named = call.params.get(parameter) or call.params[f"{parameter}.1"]
            yield Demand(f"ec2:{call.action}", _arn(region, kind, str(named)), tagged)
    if call.action == "DetachNetworkInterface":
        # The request names the attachment; IAM asks for both of its ends.
        for kind in ("instance", "network-interface"):
            yield Demand("ec2:DetachNetworkInterface", _arn(region, kind, "any"), tagged)


def _arn(region: str, kind: str, name: str) -> str:
    return f"arn:aws:ec2:{region}:{ACCOUNT}:{kind}/{name}"


def _of_dynamodb(call: Call, region: str) -> Iterator[Demand]:
    table = f"arn:aws:dynamodb:{region}:{ACCOUNT}:table/demo-failover"
    params: Any = call.params
    match call.action:
        case "GetItem":
            keys = [("GetItem", params["Key"]["group"]["S"])]
        case "Query":
            keys = [("Query", params["ExpressionAttributeValues"][":g"]["S"])]
        case "TransactWriteItems":
            keys = [("PutItem", item["Put"]["Item"]["group"]["S"]) for item in params["TransactItems"]]
        case _:
            raise ValueError(f"no rule for dynamodb {call.action}")
    for action, group in keys:
        yield Demand(f"dynamodb:{action}", table, {"dynamodb:LeadingKeys": [group]})
