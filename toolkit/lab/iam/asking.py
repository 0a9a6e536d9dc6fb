"""What IAM is asked for a request: an action on each resource that must allow it (``AWS.md`` §9)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from toolkit.lab.exchange import Request

ANYTHING: Final = "*"
PARTITION_KEY: Final = "group"

# The parameter that names a resource of each type.
_NAMES: Final[Mapping[str, str]] = {
    "elastic-ip": "AllocationId",
    "instance": "InstanceId",
    "network-interface": "NetworkInterfaceId",
    "route-table": "RouteTableId",
    "security-group": "SecurityGroupId",
    "vpc": "VpcId",
}
# The types that each action of EC2 asks about, where the request names one. Any other Describe knows no resource.
_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "AssignIpv6Addresses": ("network-interface",),
    "AssignPrivateIpAddresses": ("network-interface",),
    "AssociateAddress": ("elastic-ip", "instance", "network-interface"),
    "AttachNetworkInterface": ("instance", "network-interface"),
    # The target of a route cannot be constrained.
    "CreateRoute": ("route-table",),
    "DeleteRoute": ("route-table",),
    "DescribeVpcAttribute": ("vpc",),
    "ModifyNetworkInterfaceAttribute": ("network-interface", "security-group"),
    "ReplaceRoute": ("route-table",),
    "RebootInstances": ("instance",),
    "StartInstances": ("instance",),
    "StopInstances": ("instance",),
    "UnassignIpv6Addresses": ("network-interface",),
    "UnassignPrivateIpAddresses": ("network-interface",),
}
_WRITES_OF_A_TRANSACTION: Final[Mapping[str, str]] = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
_QUERIED: Final = re.compile(r"=\s*(:\w+)")
_RECORD_NAME: Final = re.compile(r"<Name>([^<]+)</Name>")


class NoRuleError(LookupError):
    """Nothing here says what IAM asks for that request."""


class Facts(Protocol):
    """What IAM knows of the resources that a request names."""

    account: str

    def tags(self, resource_id: str) -> Mapping[str, str]:
        """The tags of an EC2 resource; none for one that there is not."""
        ...

    def ends(self, attachment_id: str) -> Mapping[str, str]:
        """The instance and the interface of an attachment, by their types in ARNs."""
        ...


@dataclass(frozen=True)
class Demand:
    """An action on one resource: the resource's type (``*``: the action knows none), its ARN, the context's keys."""

    action: str
    type: str
    arn: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def demands(request: Request, facts: Facts) -> tuple[Demand, ...]:
    """Everything that must be allowed for the request.

    Raises:
        NoRuleError: the service or the action is not one that the lab judges.
    """
    asks = {
        "autoscaling": _autoscaling,
        "cloudwatch": _cloudwatch,
        "monitoring": _cloudwatch,
        "dynamodb": _dynamodb,
        "ec2": _ec2,
        "route53": _route53,
        "s3": _s3,
        "sns": _sns,
        "ssm": _ssm,
    }.get(request.service)
    if asks is None:
        raise NoRuleError(f"no rule for {request.service}")
    return tuple(asks(request, facts))


def _arn(request: Request, facts: Facts, service: str, rest: str) -> str:
    return f"arn:aws:{service}:{request.region}:{facts.account}:{rest}"


def _ec2(request: Request, facts: Facts) -> Iterator[Demand]:
    action, place = f"ec2:{request.action}", {"ec2:region": (request.region,)}
    types = _TYPES.get(request.action)
    if types is None and request.action.startswith("Describe"):
        yield Demand(action, ANYTHING, ANYTHING, place)
        return
    # The request names the attachment; IAM asks for both of its ends.
    ends = facts.ends(str(request.params["AttachmentId"])) if request.action == "DetachNetworkInterface" else {}
    found = [*ends.items(), *((kind, name) for kind in types or () for name in _named(request, kind))]
    if not found:
        raise NoRuleError(f"no rule for {action}")
    for kind, name in found:
        tags = {f"aws:resourcetag/{key}".lower(): (value,) for key, value in facts.tags(name).items()}
        yield Demand(action, kind, _arn(request, facts, "ec2", f"{kind}/{name}"), place | tags)


def _named(request: Request, kind: str) -> Iterator[str]:
    """The resources of a type that a request names, alone or as a list (``InstanceId.1``)."""
    for key, value in request.params.items():
        head, _, number = key.partition(".")
        if head == _NAMES[kind] and (not number or number.isdigit()):
            yield str(value)


def _dynamodb(request: Request, facts: Facts) -> Iterator[Demand]:
    params: Any = request.params
    match request.action:
        case "TransactWriteItems":
            # A transaction needs the right of each of its parts and none of its own.
            parts = [
                (_WRITES_OF_A_TRANSACTION[kind], part)
                for item in params["TransactItems"]
                for kind, part in item.items()
            ]
        case "GetItem" | "PutItem" | "UpdateItem" | "DeleteItem" | "Query" | "DescribeTable":
            parts = [(request.action, params)]
        case _:
            raise NoRuleError(f"no rule for dynamodb:{request.action}")
    for action, part in parts:
        table = _arn(request, facts, "dynamodb", f"table/{part['TableName']}")
        leading = tuple(_leading(part))
        yield Demand(f"dynamodb:{action}", "table", table, {"dynamodb:leadingkeys": leading} if leading else {})


def _leading(part: Mapping[str, Any]) -> Iterator[str]:
    """The values of the partition key that a part of a request names."""
    row = part.get("Key") or part.get("Item") or {}
    if PARTITION_KEY in row:
        yield str(row[PARTITION_KEY]["S"])
    queried = _QUERIED.search(part.get("KeyConditionExpression", ""))
    if queried:
        yield str(part["ExpressionAttributeValues"][queried.group(1)]["S"])


def _route53(request: Request, _: Facts) -> Iterator[Demand]:
    parts = request.path.strip("/").split("/")
    kind, name = parts[1], parts[2]
    if request.action not in {"ChangeResourceRecordSets", "GetChange", "GetHostedZone", "ListResourceRecordSets"}:
        raise NoRuleError(f"no rule for route53:{request.action}")
    names = tuple(found.lower().removesuffix(".") for found in _RECORD_NAME.findall(request.body.decode()))
    context = {"route53:changeresourcerecordsetsnormalizedrecordnames": names} if names else {}
    yield Demand(f"route53:{request.action}", kind, f"arn:aws:route53:::{kind}/{name}", context)


def _cloudwatch(request: Request, facts: Facts) -> Iterator[Demand]:
    action = f"cloudwatch:{request.action}"
    match request.action:
        case "DescribeAlarms" if "CompositeAlarm" in request.members("AlarmTypes"):
            # "You can't return information about composite alarms if your cloudwatch:DescribeAlarms permission has a
            # narrower scope" than * (botocore, DescribeAlarms).
            yield Demand(action, ANYTHING, ANYTHING)
        case "DescribeAlarms":
            for name in request.members("AlarmNames") or [ANYTHING]:
                yield Demand(action, "alarm", _arn(request, facts, "cloudwatch", f"alarm:{name}"))
        case "PutMetricData":
            namespace = str(request.params.get("Namespace", ""))
            yield Demand(action, ANYTHING, ANYTHING, {"cloudwatch:namespace": (namespace,)})
        case _:
            raise NoRuleError(f"no rule for {action}")


def _autoscaling(request: Request, facts: Facts) -> Iterator[Demand]:
    name = request.params["AutoScalingGroupName"]
    rest = f"autoScalingGroup:8a1f0c9e-1b2c-4d3e-9f4a-5b6c7d8e9f0a:autoScalingGroupName/{name}"
    yield Demand(f"autoscaling:{request.action}", "autoScalingGroup", _arn(request, facts, "autoscaling", rest))


def _sns(request: Request, _: Facts) -> Iterator[Demand]:
    yield Demand(f"sns:{request.action}", "topic", str(request.params["TopicArn"]))


def _ssm(request: Request, facts: Facts) -> Iterator[Demand]:
    name = str(request.params["Name"]).removeprefix("/")
    yield Demand(f"ssm:{request.action}", "parameter", _arn(request, facts, "ssm", f"parameter/{name}"))


def _s3(request: Request, _: Facts) -> Iterator[Demand]:
    yield Demand(f"s3:{request.action}", "object", f"arn:aws:s3:::{request.path.removeprefix('/')}")
