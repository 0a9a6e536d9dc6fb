"""A caller with a policy may do what it allows and nothing else, as AWS says no."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from toolkit.lab import Lab, LabError

KEY = "someone"
# One for all: it keeps the models of services that it has read.
SESSION = botocore.session.get_session()
REGION = "eu-west-1"
ACCOUNT = "123456789012"
TAGGED = {"StringEquals": {"aws:ResourceTag/team": "a"}}


def allow(action: str, resource: str = "*", condition: dict[str, Any] | None = None) -> str:
    """A policy of one statement."""
    statement = {"Effect": "Allow", "Action": [action], "Resource": [resource]}
    return json.dumps({"Statement": [statement | ({"Condition": condition} if condition else {})]})


def caller(lab: Lab, service: str, key: str) -> Any:
    return SESSION.create_client(
        service,
        endpoint_url=lab.url,
        region_name=REGION,
        aws_access_key_id=key,
        aws_secret_access_key="x",  # noqa: S106 - the lab checks none
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def root(lab: Lab) -> Iterator[Any]:
    """EC2 for a caller without a policy."""
    client = caller(lab, "ec2", "root")
    yield client
    client.close()


@pytest.fixture
def ec2(lab: Lab) -> Iterator[Any]:
    """EC2 for the caller who gets a policy."""
    client = caller(lab, "ec2", KEY)
    yield client
    client.close()


def refused(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    """Code and message."""
    answer: Any = error.value.response["Error"]
    return answer["Code"], answer["Message"]


def allowed(call: Callable[..., Any], **asked: Any) -> bool:
    """Whether the call came through, whatever became of it."""
    try:
        call(**asked)
    except ClientError as error:
        return "AccessDenied" not in error.response["Error"]["Code"]
    return True


def test_a_caller_without_a_policy_may_do_everything(lab: Lab, root: Any) -> None:
    lab.grant(KEY, allow("ec2:DescribeAddresses"))
    assert root.allocate_address(Domain="vpc")["AllocationId"]


def test_what_the_policy_does_not_allow_is_refused_by_name_and_has_no_effect(lab: Lab, root: Any, ec2: Any) -> None:
    world = lab.seed("pair", kinds=["eip"])
    lab.grant(KEY, allow("ec2:DescribeAddresses"))
    assert ec2.describe_addresses(AllocationIds=[world["eip"]])["Addresses"]
    with pytest.raises(ClientError) as error:
        ec2.associate_address(AllocationId=world["eip"], NetworkInterfaceId=world["db-2-eni"], AllowReassociation=True)
    code, message = refused(error)
    assert code == "UnauthorizedOperation"
    assert "ec2:AssociateAddress" in message
    (row,) = root.describe_addresses(AllocationIds=[world["eip"]])["Addresses"]
    assert row["NetworkInterfaceId"] == world["db-1-eni"]


def test_each_resource_of_a_request_must_be_allowed(lab: Lab, root: Any, ec2: Any) -> None:
    world = lab.seed("pair", kinds=["eip"])
    lab.grant(KEY, allow("ec2:AssociateAddress", "*", TAGGED))
    root.create_tags(Resources=[world["eip"]], Tags=[{"Key": "team", "Value": "a"}])
    asked = {"AllocationId": world["eip"], "NetworkInterfaceId": world["db-2-eni"], "AllowReassociation": True}
    with pytest.raises(ClientError):
        ec2.associate_address(**asked)
    root.create_tags(Resources=[world["db-2-eni"]], Tags=[{"Key": "team", "Value": "a"}])
    assert ec2.associate_address(**asked)["AssociationId"]


def test_a_detachment_asks_for_both_ends_of_the_attachment(lab: Lab, root: Any, ec2: Any) -> None:
    world = lab.seed("pair", kinds=["eni"])
    rows = root.describe_network_interfaces(NetworkInterfaceIds=[world["vip-eni"]])["NetworkInterfaces"]
    attachment = rows[0]["Attachment"]["AttachmentId"]
    lab.grant(KEY, allow("ec2:DetachNetworkInterface", "*", TAGGED))
    for resource in (world["db-1"], world["vip-eni"]):
        with pytest.raises(ClientError, match="UnauthorizedOperation"):
            ec2.detach_network_interface(AttachmentId=attachment)
        root.create_tags(Resources=[resource], Tags=[{"Key": "team", "Value": "a"}])
    ec2.detach_network_interface(AttachmentId=attachment)


def test_the_target_of_a_route_is_not_asked_about(lab: Lab, ec2: Any) -> None:
    world = lab.seed("pair", kinds=["route"])
    lab.grant(KEY, allow("ec2:ReplaceRoute", f"arn:aws:ec2:{REGION}:{ACCOUNT}:route-table/{world['table-1']}"))
    change = {"DestinationCidrBlock": world["overlay"], "NetworkInterfaceId": world["foreign-eni"]}
    ec2.replace_route(RouteTableId=world["table-1"], **change)
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        ec2.replace_route(RouteTableId=world["table-2"], **change)


def test_a_dry_run_tells_of_a_missing_permission(lab: Lab, ec2: Any) -> None:
    world = lab.seed("pair", kinds=["eip"])
    lab.grant(KEY, allow("ec2:StopInstances"))
    with pytest.raises(ClientError, match="DryRunOperation"):
        ec2.stop_instances(InstanceIds=[world["db-1"]], DryRun=True)
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        ec2.start_instances(InstanceIds=[world["db-1"]], DryRun=True)


def test_a_row_of_a_table_is_held_to_its_partition_key(lab: Lab) -> None:
    lab.seed("pair", kinds=["eip"])
    lab.grant(KEY, allow("dynamodb:*", "*", {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["db"]}}))
    table = caller(lab, "dynamodb", KEY)

    def rights(group: str) -> list[bool]:
        key = {"group": {"S": group}, "item": {"S": "x"}}
        query = {
            "TableName": "failover-state",
            "KeyConditionExpression": "#g = :g",
            "ExpressionAttributeNames": {"#g": "group"},
            "ExpressionAttributeValues": {":g": {"S": group}},
        }
        put = {"TransactItems": [{"Put": {"TableName": "failover-state", "Item": key}}]}
        return [
            allowed(table.get_item, TableName="failover-state", Key=key),
            allowed(table.transact_write_items, **put),
            allowed(table.query, **query),
        ]

    assert rights("db") == [True] * 3
    assert rights("other") == [False] * 3
    table.close()


def test_a_record_is_held_to_its_normalised_name(lab: Lab) -> None:
    world = lab.seed("pair", kinds=["dns"])
    key = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
    condition = {"ForAllValues:StringEquals": {key: [world["record"]]}}
    lab.grant(
        KEY, allow("route53:ChangeResourceRecordSets", f"arn:aws:route53:::hostedzone/{world['zone']}", condition)
    )
    route53 = caller(lab, "route53", KEY)

    def change(name: str) -> Any:
        rows = {"Name": name, "Type": "A", "TTL": 10, "ResourceRecords": [{"Value": "10.0.1.20"}]}
        batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": rows}]}
        return route53.change_resource_record_sets(HostedZoneId=world["zone"], ChangeBatch=batch)

    assert change(world["record"] + ".")["ChangeInfo"]
    with pytest.raises(ClientError, match="AccessDenied"):
        change("other." + world["record"])
    route53.close()


HERE = f"{REGION}:{ACCOUNT}"
OTHERS: Mapping[str, tuple[str, dict[str, Any], str, str]] = {
    "cloudwatch": (
        "describe_alarms",
        {"AlarmNames": ["a", "b"]},
        f"arn:aws:cloudwatch:{HERE}:alarm:?",
        f"arn:aws:cloudwatch:{HERE}:alarm:a",
    ),
    "ssm": (
        "get_parameter",
        {"Name": "/failover/x"},
        f"arn:aws:ssm:{HERE}:parameter/failover/x",
        f"arn:aws:ssm:{HERE}:parameter/failover/y",
    ),
    "s3": ("get_object", {"Bucket": "b", "Key": "k/l"}, "arn:aws:s3:::b/k/*", "arn:aws:s3:::b/m/*"),
    "sns": (
        "publish",
        {"TopicArn": f"arn:aws:sns:{HERE}:t", "Message": "m"},
        f"arn:aws:sns:{HERE}:t",
        f"arn:aws:sns:{HERE}:u",
    ),
    "autoscaling": (
        "complete_lifecycle_action",
        {"AutoScalingGroupName": "g", "LifecycleHookName": "h", "LifecycleActionResult": "CONTINUE"},
        f"arn:aws:autoscaling:{HERE}:autoScalingGroup:*:autoScalingGroupName/g",
        f"arn:aws:autoscaling:{HERE}:autoScalingGroup:*:autoScalingGroupName/gg",
    ),
}


@pytest.mark.parametrize("service", OTHERS)
def test_the_resource_of_every_service_that_a_failover_uses_is_judged(lab: Lab, service: str) -> None:
    method, asked, good, bad = OTHERS[service]
    client = caller(lab, service, KEY)
    lab.grant(KEY, allow(f"{service}:*", good))
    assert allowed(getattr(client, method), **asked)
    lab.grant(KEY, allow(f"{service}:*", bad))
    assert not allowed(getattr(client, method), **asked)
    client.close()


def test_a_permission_for_certain_alarms_is_none_for_composite_ones(lab: Lab) -> None:
    """botocore, DescribeAlarms: it must be "scoped to ``*``"."""
    cloudwatch = caller(lab, "cloudwatch", KEY)
    asked = {"AlarmNames": ["a"], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}
    for resource, enough in (("arn:aws:cloudwatch:*:*:alarm:*", False), ("*", True)):
        lab.grant(KEY, allow("cloudwatch:DescribeAlarms", resource))
        assert allowed(cloudwatch.describe_alarms, **asked) is enough
    cloudwatch.close()


def test_a_request_that_the_lab_cannot_judge_is_refused_aloud(lab: Lab, ec2: Any) -> None:
    lab.grant(KEY, allow("*"))
    with pytest.raises(ClientError, match="LabDoesNotJudge"):
        ec2.create_vpc(CidrBlock="10.1.0.0/16")


def test_a_policy_that_the_lab_cannot_judge_is_refused_when_it_is_given(lab: Lab) -> None:
    with pytest.raises(LabError, match="does not judge the operator Bool"):
        lab.grant(KEY, allow("ec2:*", "*", {"Bool": {"x": "true"}}))


def test_a_reset_ends_all_policies(lab: Lab, ec2: Any) -> None:
    lab.grant(KEY, allow("ec2:StopInstances"))
    lab.reset()
    assert ec2.describe_addresses() is not None
