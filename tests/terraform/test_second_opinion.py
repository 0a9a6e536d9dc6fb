"""ministack judges Terraform's policies too: its evaluator asked directly, and its endpoint with ``AUTH=true``.

Its endpoint knows neither the tags of EC2's resources nor EC2's condition keys, and looks at one resource of a
request; so there it is asked what it can judge, actions and ARNs. Its evaluator has no such limits.
"""

from __future__ import annotations

import functools
import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any, Final

import boto3  # type: ignore[import-untyped] # it ships no types
import pytest
from botocore.exceptions import ClientError

from support import ministack
from terraform.controlled import ACCOUNT, NAME, PARAMETER, REGION, Made
from toolkit.lab.iam import Policy

pytestmark = pytest.mark.terraform

Case = tuple[str, str, str, Mapping[str, list[str]]]
_OTHER: Final = "somebody-elses"
_ROLE: Final = "role"


def _policies(controller: Made) -> dict[str, str]:
    inside = [*json.loads(controller.function)["Statement"], *json.loads(controller.vpc)["Statement"]]
    return {
        "node": controller.node,
        "other": controller.other_node,
        "function": controller.function,
        "inside": json.dumps({"Statement": inside}),
    }


def _contexts(condition: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, list[str]]]:
    """What satisfies a condition, what lacks its keys, what has other values, what has both."""
    good = {key.lower(): [*wanted][:1] for keys in condition.values() for key, wanted in _listed(keys).items()}
    yield good
    yield {}
    yield {key: [_OTHER] for key in good}
    if any(operator.startswith("For") for operator in condition):
        yield {key: [*values, _OTHER] for key, values in good.items()}


def _listed(keys: Mapping[str, Any]) -> dict[str, list[str]]:
    return {key: [wanted] if isinstance(wanted, str) else list(wanted) for key, wanted in keys.items()}


def _cases(policies: Mapping[str, str]) -> Iterator[Case]:
    """Every action on every resource of every policy, near misses of each, judged by all policies."""
    for text in policies.values():
        for statement in json.loads(text)["Statement"]:
            pairs = product(statement["Action"], statement["Resource"], [*_contexts(statement.get("Condition", {}))])
            for action, pattern, context in pairs:
                arn = pattern.replace("*", "x1")
                arns = {"*", arn, f"{arn}9", arn.replace(REGION, "us-east-1"), arn.replace(ACCOUNT, "111122223333")}
                for each, name, asked in product((action, action.lower(), f"{action}s"), policies, sorted(arns)):
                    yield name, each, asked, context


def test_its_evaluator_agrees_with_the_labs_on_every_permission_and_its_near_misses(controller: Made) -> None:
    policies = _policies(controller)
    cases = list(_cases(policies))
    ended = subprocess.run(
        [ministack.program("python"), str(Path(__file__).with_name("opinion.py"))],
        input=json.dumps({"policies": policies, "cases": cases}),
        capture_output=True,
        text=True,
        check=True,
    )
    judges = {name: Policy(json.loads(text)) for name, text in policies.items()}
    ours = [judges[name].allows(action, arn, context) for name, action, arn, context in cases]
    theirs: list[bool] = json.loads(ended.stdout)
    assert [case for case, mine, other in zip(cases, ours, theirs, strict=True) if mine != other] == []
    assert 100 < sum(ours) < len(ours) / 2


@pytest.fixture(scope="module")
def allows(controller: Made, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., bool]]:
    """Whether the emulator lets the node make a call: service, method, parameters."""
    folder = tmp_path_factory.mktemp("ministack")
    with ministack.running(folder, account=ACCOUNT, AUTH="true") as url:
        root = boto3.Session("test", "test", region_name=REGION)
        iam = root.client("iam", endpoint_url=url)
        iam.create_user(UserName=_ROLE)
        iam.put_user_policy(UserName=_ROLE, PolicyName=_ROLE, PolicyDocument=_known_to_it(controller.node))
        key = iam.create_access_key(UserName=_ROLE)["AccessKey"]
        user = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=REGION)
        client = functools.cache(lambda service: user.client(service, endpoint_url=url))

        def ask(service: str, method: str, **asked: Any) -> bool:
            try:
                getattr(client(service), method)(**asked)
            except ClientError as error:
                return error.response["Error"]["Code"] not in {
                    "UnauthorizedOperation",
                    "AccessDenied",
                    "AccessDeniedException",
                    "AuthorizationError",
                }
            return True

        yield ask


def _known_to_it(policy: str) -> str:
    """The policy without the conditions on keys that its endpoint does not fill in."""
    document = json.loads(policy)
    for statement in document["Statement"]:
        statement.get("Condition", {}).pop("StringEquals", None)
    return json.dumps(document)


def _ids(controller: Made) -> dict[str, str]:
    addresses = controller.node_configuration["groups"]["db"]["addresses"]
    found = {address["kind"]: address for address in addresses}
    return {
        "eip": found["eip"]["id"],
        "table": found["route"]["tables"][0],
        "zone": found["dns"]["zone"],
        "topic": controller.node_configuration["groups"]["db"]["notify"]["sns"],
    }


def _requests(ids: Mapping[str, str]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """A request for each kind of resource that a policy names by its id."""
    key = {"group": {"S": "db"}, "item": {"S": "lease"}}
    records = {"Name": "db.internal.example.com", "Type": "A", "TTL": 10, "ResourceRecords": [{"Value": "10.0.0.1"}]}
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": records}]}
    return {
        "elastic-ip": ("ec2", "associate_address", {"AllocationId": ids["eip"]}),
        "route-table": (
            "ec2",
            "replace_route",
            {"RouteTableId": ids["table"], "DestinationCidrBlock": "10.9.0.0/16", "NetworkInterfaceId": "eni-1"},
        ),
        "hostedzone": (
            "route53",
            "change_resource_record_sets",
            {"HostedZoneId": ids["zone"], "ChangeBatch": batch},
        ),
        "topic": ("sns", "publish", {"TopicArn": ids["topic"], "Message": "m"}),
        "table": ("dynamodb", "get_item", {"TableName": ids.get("state", f"{NAME}-failover"), "Key": key}),
        "parameter": ("ssm", "get_parameter", {"Name": ids.get("parameter", PARAMETER)}),
    }


def test_its_endpoint_lets_the_node_read_and_touch_what_its_policy_names(
    controller: Made, allows: Callable[..., bool]
) -> None:
    reads = ("addresses", "instances", "instance_status", "instance_types", "network_interfaces", "route_tables")
    refused = [name for name in reads if not allows("ec2", f"describe_{name}")]
    asked = _requests(_ids(controller))
    refused += [kind for kind, (service, method, given) in asked.items() if not allows(service, method, **given)]
    assert refused == []


def test_its_endpoint_refuses_the_node_everybody_elses_resources(allows: Callable[..., bool]) -> None:
    ids = {
        "eip": "eipalloc-0123456789abcdef9",
        "table": "rtb-0123456789abcdef9",
        "zone": "Z999999999999999",
        "topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:another",
        "state": "another",
        "parameter": "/failover/another",
    }
    through = [kind for kind, (service, method, given) in _requests(ids).items() if allows(service, method, **given)]
    assert through == []


@pytest.mark.parametrize(
    ("service", "method", "asked"),
    [
        ("ec2", "terminate_instances", {"InstanceIds": ["i-0123456789abcdef0"]}),
        ("ec2", "create_tags", {"Resources": ["i-0123456789abcdef0"], "Tags": [{"Key": "a", "Value": "b"}]}),
        ("ec2", "release_address", {"AllocationId": "eipalloc-0123456789abcdef0"}),
        ("ec2", "delete_route", {"RouteTableId": "rtb-0123456789abcdef0", "DestinationCidrBlock": "10.9.0.0/16"}),
        ("dynamodb", "delete_table", {"TableName": f"{NAME}-failover"}),
        ("dynamodb", "scan", {"TableName": f"{NAME}-failover"}),
        ("iam", "list_users", {}),
        ("sns", "create_topic", {"Name": "x"}),
    ],
)
def test_its_endpoint_refuses_the_node_what_its_policy_does_not_name(
    allows: Callable[..., bool], service: str, method: str, asked: dict[str, Any]
) -> None:
    assert not allows(service, method, **asked)
