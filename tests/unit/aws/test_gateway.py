from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from threading import Barrier, Lock
from typing import Any

import pytest

from toolkit.aws.gateway import AwsCloud
from toolkit.domain.errors import Missing
from toolkit.domain.group import ByTag, Node
from toolkit.domain.snapshot import Reads, RecordKey
from toolkit.domain.steps import Call
from toolkit.testing.clock import FakeClock
from unit.aws.answers import Answer, Canned

ZONE = "Z0123456789ABCDEFGHIJ"
KEY = RecordKey(ZONE, "db.example.com", "A")
ROW = {"Name": "db.example.com.", "Type": "A", "TTL": 10, "ResourceRecords": [{"Value": "10.0.1.20"}]}
UPSERT = Call(
    "route53",
    "ChangeResourceRecordSets",
    {"HostedZoneId": ZONE, "ChangeBatch": {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": ROW}]}},
)


def cloud(answers: Mapping[str, Answer]) -> tuple[AwsCloud, Canned]:
    canned = Canned(answers)
    return AwsCloud(canned, FakeClock()), canned


def test_a_record_is_out_of_sync_until_its_change_is_on_all_name_servers() -> None:
    states = iter(["PENDING", "PENDING", "INSYNC"])
    aws, canned = cloud(
        {
            "ChangeResourceRecordSets": {"ChangeInfo": {"Id": "/change/C1", "Status": "PENDING"}},
            "ListResourceRecordSets": {"ResourceRecordSets": [ROW]},
            "GetChange": lambda _: {"ChangeInfo": {"Status": next(states)}},
        }
    )
    aws.call(UPSERT)
    reads = Reads(records=frozenset({KEY}))
    assert [aws.read(reads).records[KEY].in_sync for _ in range(4)] == [False, False, True, True]
    assert [params for action, params in canned.asked if action == "GetChange"] == [{"Id": "/change/C1"}] * 3


WORLD: dict[str, Any] = {
    "DescribeInstances": {
        "Reservations": [{"Instances": [{"InstanceId": "i-1", "InstanceType": "m5.large", "SubnetId": "subnet-1"}]}]
    },
    "DescribeInstanceTypes": {"InstanceTypes": [{"InstanceType": "m5.large"}]},
    "DescribeSubnets": {"Subnets": [{"SubnetId": "subnet-1"}]},
    "DescribeNetworkInterfaces": {"NetworkInterfaces": []},
    "DescribeAddresses": {"Addresses": []},
    "DescribeRouteTables": {"RouteTables": []},
    "DescribeInstanceStatus": {"InstanceStatuses": []},
    "DescribeAlarms": {},
    "ListResourceRecordSets": {"ResourceRecordSets": []},
}
ALL = Reads(
    instances=frozenset({"i-1"}),
    interfaces=frozenset({"eni-1"}),
    private_ips=frozenset({"10.0.1.50"}),
    ipv6s=frozenset({"2001:db8::1"}),
    allocations=frozenset({"eipalloc-1"}),
    tables=frozenset({"rtb-1"}),
    records=frozenset({KEY}),
    limits_of=frozenset({"i-1"}),
    subnets_of=frozenset({"i-1"}),
    status_of=frozenset({"i-1"}),
    alarms=frozenset({"db-down"}),
)


@pytest.mark.parametrize(
    ("reads", "rounds"),
    [(ALL, (10, 2)), (replace(ALL, limits_of=frozenset(), subnets_of=frozenset()), (10,)), (Reads(), ())],
    ids=["everything", "nothing of types and subnets", "nothing"],
)
def test_a_read_asks_all_it_can_at_once_and_never_in_more_than_two_rounds(
    reads: Reads, rounds: tuple[int, ...]
) -> None:
    gates = [Barrier(size, timeout=30.0) for size in rounds]
    places = iter([gate for gate, size in zip(gates, rounds, strict=True) for _ in range(size)])
    turn = Lock()

    def together(action: str) -> Answer:
        def answer(_: Mapping[str, Any]) -> dict[str, Any]:
            with turn:
                gate = next(places)
            gate.wait()
            found: dict[str, Any] = WORLD[action]
            return found

        return answer

    aws, canned = cloud({action: together(action) for action in WORLD})
    aws.read(reads)
    assert len(canned.asked) == sum(rounds)


def test_all_pages_are_read_and_the_token_is_passed_on() -> None:
    def page(params: Mapping[str, Any]) -> dict[str, Any]:
        number = int(params.get("NextToken", 0))
        rows = [{"RouteTableId": f"rtb-{number}"}]
        return {"RouteTables": rows} | ({"NextToken": str(number + 1)} if number < 2 else {})

    aws, _ = cloud({"DescribeRouteTables": page})
    assert set(aws.read(Reads(tables=frozenset({"rtb-0"}))).tables) == {"rtb-0", "rtb-1", "rtb-2"}


def test_instances_that_have_vanished_are_left_out_of_the_next_status_question() -> None:
    gone = "The instance IDs 'i-0a, i-0b' do not exist"

    def status(params: Mapping[str, Any]) -> dict[str, Any]:
        if len(params["InstanceIds"]) > 1:
            raise Missing("DescribeInstanceStatus", "InvalidInstanceID.NotFound", gone)
        return {"InstanceStatuses": [{"InstanceId": name} for name in params["InstanceIds"]]}

    aws, canned = cloud({"DescribeInstanceStatus": status})
    assert set(aws.read(Reads(status_of=frozenset({"i-0a", "i-0b", "i-0c"}))).status) == {"i-0c"}
    assert len(canned.asked) == 2


def test_a_missing_id_that_the_message_does_not_name_is_raised_and_not_asked_for_ever() -> None:
    aws, canned = cloud({"DescribeInstanceStatus": Missing("DescribeInstanceStatus", "x", "something is missing")})
    with pytest.raises(Missing):
        aws.read(Reads(status_of=frozenset({"i-0a"})))
    assert len(canned.asked) == 1


def test_what_another_account_holds_is_managed_by_that_account() -> None:
    nic = {"NetworkInterfaceId": "eni-1", "OwnerId": "444455556666"}
    eip = {"AllocationId": "eipalloc-1", "PublicIp": "203.0.113.1", "NetworkInterfaceOwnerId": "444455556666"}
    own = {"AllocationId": "eipalloc-2", "PublicIp": "203.0.113.2", "NetworkInterfaceOwnerId": "111122223333"}
    aws, _ = cloud(
        {
            "DescribeInstances": {"Reservations": [{"OwnerId": "111122223333", "Instances": [{"InstanceId": "i-1"}]}]},
            "DescribeNetworkInterfaces": {"NetworkInterfaces": [nic]},
            "DescribeAddresses": {"Addresses": [eip, own]},
        }
    )
    found = aws.read(Reads(instances=frozenset({"i-1"}), allocations=frozenset({"eipalloc-1", "eipalloc-2"})))
    assert found.interfaces["eni-1"].managed_by == "account 444455556666"
    assert found.eips["eipalloc-1"].managed_by == "account 444455556666"
    assert found.eips["eipalloc-2"].managed_by is None


def test_nodes_without_a_proper_name_of_their_own_are_named_by_their_id() -> None:
    def row(name: str, **tags: str) -> dict[str, Any]:
        return {"InstanceId": name, "Tags": [{"Key": key.replace("_", ":"), "Value": tags[key]} for key in tags]}

    rows = [
        row("i-1", team="blue", Name="db"),
        row("i-2", team="blue", Name="db"),
        row("i-3", team="blue", Name="has a blank", failover_priority="2"),
        row("i-4", team="blue", Name="vpn", failover_priority="10", failover_interface="eni-4"),
        row("i-5", team="blue", failover_priority="first"),
        row("i-6", team="blues"),
    ]
    aws, _ = cloud({"DescribeInstances": {"Reservations": [{"Instances": rows}]}})
    assert aws.nodes_by_tag(ByTag("team", "blue")) == (
        Node("i-3", "i-3"),
        Node("vpn", "i-4", "eni-4"),
        Node("i-1", "i-1"),
        Node("i-2", "i-2"),
        Node("i-5", "i-5"),
    )
