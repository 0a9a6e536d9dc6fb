"""Every call is recorded, in order, with what it asked and what it got."""

import pytest
from botocore.exceptions import ClientError

from toolkit.lab import Lab

from .conftest import Clients


def test_a_call_is_recorded_with_its_parameters_and_outcome(lab: Lab, client: Clients) -> None:
    with pytest.raises(ClientError):
        client("ec2").describe_addresses(AllocationIds=["eipalloc-0123456789abcdef0"])
    (call,) = lab.calls()
    assert (call.sequence, call.service, call.action) == (1, "ec2", "DescribeAddresses")
    assert call.params["AllocationId.1"] == "eipalloc-0123456789abcdef0"
    assert (call.status, call.error_code) == (400, "InvalidAllocationID.NotFound")
    assert call.region == "eu-west-1"
    assert "Botocore" in call.user_agent
    assert call.ended is not None
    assert call.ended >= call.started


def test_reads_and_writes_are_told_apart_in_every_protocol(lab: Lab, client: Clients) -> None:
    world = lab.seed("cross-az")
    client("ec2").describe_vpcs()
    client("ec2").create_tags(Resources=[world["vpc"]], Tags=[{"Key": "a", "Value": "b"}])
    key = {"group": {"S": "a"}, "item": {"S": "b"}}
    client("dynamodb").get_item(TableName="failover-state", Key=key)
    client("dynamodb").put_item(TableName="failover-state", Item=key)
    client("route53").list_hosted_zones()
    client("route53").create_hosted_zone(Name="example.com", CallerReference="1")
    client("sts").get_caller_identity()
    assert [(call.service, call.action, call.mutating) for call in lab.calls()] == [
        ("ec2", "DescribeVpcs", False),
        ("ec2", "CreateTags", True),
        ("dynamodb", "GetItem", False),
        ("dynamodb", "PutItem", True),
        ("route53", "ListHostedZones", False),
        ("route53", "CreateHostedZone", True),
        ("sts", "GetCallerIdentity", False),
    ]


def test_objects_put_and_copied_have_their_own_names(lab: Lab, client: Clients) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="failover-state", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="failover-state", Key="a", Body=b"x")
    s3.copy_object(Bucket="failover-state", Key="b", CopySource="failover-state/a")
    s3.list_objects_v2(Bucket="failover-state")
    assert [call.action for call in lab.calls()] == [
        "CreateBucket",
        "PutObject",
        "CopyObject",
        "ListObjectsV2",
    ]


def test_a_dry_run_is_no_write(lab: Lab, client: Clients) -> None:
    with pytest.raises(ClientError, match="DryRunOperation"):
        client("ec2").allocate_address(Domain="vpc", DryRun=True)
    assert not lab.calls()[0].mutating


def test_seeding_and_power_leave_no_trace(lab: Lab) -> None:
    world = lab.seed("cross-az")
    lab.stop_instance(world["app-1"])
    assert lab.calls() == []


def test_cleared_calls_are_counted_from_one_again(lab: Lab, client: Clients) -> None:
    client("ec2").describe_addresses()
    lab.clear_calls()
    client("ec2").describe_vpcs()
    assert [(call.sequence, call.action) for call in lab.calls()] == [(1, "DescribeVpcs")]
