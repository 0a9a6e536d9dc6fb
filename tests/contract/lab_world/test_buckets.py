"""Buckets of EC2's real sizes (AWS.md §3), by a clock of the test's own."""

from dataclasses import dataclass

import pytest

from toolkit.lab.buckets import Buckets, Size, TokenBucket
from toolkit.lab.exchange import Request

SCOPE = "AWS4-HMAC-SHA256 Credential=lab/20261121/eu-west-1/ec2/aws4_request, SignedHeaders=host"


@dataclass
class Hand:
    """A clock that the test turns."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def call(query: str) -> Request:
    headers = {"authorization": SCOPE, "content-type": "application/x-www-form-urlencoded"}
    return Request(method="POST", target="/", headers=headers, body=query.encode())


def admitted(buckets: Buckets, query: str, *, attempts: int = 200) -> int:
    return sum(buckets.admits(call(query)) for _ in range(attempts))


@pytest.mark.parametrize(
    ("query", "capacity"),
    [
        ("Action=AssociateAddress", 50),
        ("Action=ReplaceRoute", 50),
        ("Action=AttachNetworkInterface", 50),
        ("Action=AssignPrivateIpAddresses", 100),
        ("Action=UnassignIpv6Addresses", 50),
        ("Action=DescribeAddresses", 100),
        ("Action=DescribeNetworkInterfaces", 50),
        ("Action=DescribeNetworkInterfaces&NetworkInterfaceId.1=eni-0123456789abcdef0", 100),
        ("Action=DescribeInstances&MaxResults=100", 100),
        ("Action=StartInstances&InstanceId.1=i-0123456789abcdef0", 5),
    ],
)
def test_a_full_bucket_admits_its_capacity_at_once(query: str, capacity: int) -> None:
    assert admitted(Buckets(Hand()), query) == capacity


def test_a_bucket_refills_at_its_rate() -> None:
    hand = Hand()
    buckets = Buckets(hand)
    admitted(buckets, "Action=AssociateAddress")
    hand.now = 2.0
    assert admitted(buckets, "Action=AssociateAddress") == 10


def test_actions_do_not_share_a_bucket() -> None:
    buckets = Buckets(Hand())
    admitted(buckets, "Action=AssociateAddress")
    assert admitted(buckets, "Action=DisassociateAddress") == 50


def test_stopping_draws_one_token_for_each_instance() -> None:
    buckets = Buckets(Hand(), scale=0.01)
    many = "Action=TerminateInstances&" + "&".join(f"InstanceId.{n}=i-{n}" for n in range(11))
    assert not buckets.admits(call(many))


def test_a_bucket_never_holds_more_than_its_capacity() -> None:
    hand = Hand()
    bucket = TokenBucket(Size(2, 1), hand)
    hand.now = 100.0
    assert [bucket.take() for _ in range(3)] == [True, True, False]


def test_other_services_have_no_ec2_bucket() -> None:
    request = Request(method="POST", target="/", headers={"x-amz-target": "DynamoDB_20120810.PutItem"})
    buckets = Buckets(Hand(), scale=0.0)
    assert buckets.admits(request)
