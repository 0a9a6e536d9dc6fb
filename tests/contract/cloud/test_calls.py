"""``AwsCloud.call`` and the connection under it: one request, never two, and every end of it told."""

from __future__ import annotations

import pytest

from toolkit.aws.gateway import AwsCloud
from toolkit.aws.session import Connection
from toolkit.domain.errors import CloudError, Conflict, Missing, Refused, Transient, Unreachable
from toolkit.domain.snapshot import Reads, RecordKey
from toolkit.domain.steps import Call
from toolkit.lab import Lab
from toolkit.lab.fault import BlackHole, Deny, Drop, Expire, Fault, Refusal
from toolkit.lab.world import World
from toolkit.testing.clock import FakeClock


@pytest.fixture
def world(lab: Lab) -> World:
    world = lab.seed("pair")
    lab.clear_calls()
    return world


def move(world: World, *, allow: bool = True) -> Call:
    """The Elastic IP to the second node."""
    params = {"AllocationId": world["eip"], "NetworkInterfaceId": world["db-2-eni"], "AllowReassociation": allow}
    return Call("ec2", "AssociateAddress", params)


def upsert(world: World, value: str) -> Call:
    row = {"Name": world["record"], "Type": "A", "TTL": 10, "ResourceRecords": [{"Value": value}]}
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": row}]}
    return Call("route53", "ChangeResourceRecordSets", {"HostedZoneId": world["zone"], "ChangeBatch": batch})


def holder(cloud: AwsCloud, world: World) -> str | None:
    return cloud.read(Reads(allocations=frozenset({world["eip"]}))).eips[world["eip"]].interface


def test_a_change_is_made_with_one_request(cloud: AwsCloud, world: World, lab: Lab) -> None:
    cloud.call(move(world))
    assert [call.action for call in lab.calls()] == ["AssociateAddress"]
    assert holder(cloud, world) == world["db-2-eni"]


def test_each_request_names_the_toolkit_and_the_run(cloud: AwsCloud, world: World, lab: Lab) -> None:
    cloud.call(move(world))
    agent = lab.calls()[0].user_agent
    assert "failover-toolkit/" in agent
    assert "run/run-1" in agent


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_change_whose_answer_is_lost_is_unknown_and_not_repeated(
    cloud: AwsCloud, world: World, lab: Lab, when: str
) -> None:
    lab.fault(Fault(Drop(when="after" if when == "after" else "before"), action="AssociateAddress"))
    with pytest.raises(Unreachable) as lost:
        cloud.call(move(world))
    assert lost.value.outcome_unknown
    assert [call.action for call in lab.calls()] == ["AssociateAddress"]
    assert holder(cloud, world) == world["db-2-eni" if when == "after" else "db-1-eni"]


def test_a_throttled_change_is_not_repeated_here(cloud: AwsCloud, world: World, lab: Lab) -> None:
    lab.fault(Fault(Refusal(code="RequestLimitExceeded", status=503), action="AssociateAddress"))
    with pytest.raises(Transient) as refused:
        cloud.call(move(world))
    assert not refused.value.outcome_unknown
    assert len(lab.calls()) == 1


def test_an_endpoint_that_never_answers_is_unreachable_after_the_read_timeout(
    impatient: Connection, world: World, lab: Lab
) -> None:
    lab.fault(Fault(BlackHole(), action="AssociateAddress"))
    cloud = AwsCloud(impatient, FakeClock())
    with pytest.raises(Unreachable) as silent:
        cloud.call(move(world))
    assert silent.value.code == "ReadTimeoutError"
    lab.clear_faults()
    cloud.close()


def test_a_refused_permission_is_named(cloud: AwsCloud, world: World, lab: Lab) -> None:
    lab.fault(Fault(Deny(), action="AssociateAddress"))
    with pytest.raises(Refused, match="ec2:AssociateAddress"):
        cloud.call(move(world))


def test_expired_credentials_are_refused(cloud: AwsCloud, world: World, lab: Lab) -> None:
    lab.fault(Fault(Expire()))
    with pytest.raises(Refused):
        cloud.call(move(world))


def test_an_address_that_was_taken_meanwhile_is_a_conflict(cloud: AwsCloud, world: World) -> None:
    with pytest.raises(Conflict):
        cloud.call(move(world, allow=False))


def test_an_unknown_id_in_a_change_is_missing(cloud: AwsCloud, world: World) -> None:
    params = {**move(world).params, "AllocationId": "eipalloc-0fffffffffffffff0"}
    with pytest.raises(Missing, match="eipalloc-0fffffffffffffff0"):
        cloud.call(Call("ec2", "AssociateAddress", params))


def test_the_cause_of_an_error_is_kept(cloud: AwsCloud, world: World) -> None:
    with pytest.raises(CloudError) as refused:
        cloud.call(move(world, allow=False))
    assert type(refused.value.__cause__).__name__ == "ClientError"


def test_a_changed_record_is_in_sync_once_route_53_says_so(cloud: AwsCloud, world: World, lab: Lab) -> None:
    cloud.call(upsert(world, "10.0.1.20"))
    lab.clear_calls()
    key = RecordKey(world["zone"], world["record"], "A")
    record = cloud.read(Reads(records=frozenset({key}))).records[key]
    assert (record.values, record.in_sync) == (("10.0.1.20",), True)
    assert sorted(call.action for call in lab.calls()) == ["GetChange", "ListResourceRecordSets"]
    lab.clear_calls()
    cloud.read(Reads(records=frozenset({key})))
    assert [call.action for call in lab.calls()] == ["ListResourceRecordSets"]
