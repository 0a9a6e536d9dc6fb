"""``AwsCloud.read`` over HTTP: what it asks, in how many rounds, and what it makes of the answers."""

from __future__ import annotations

import pytest

from support.witness import Witness
from toolkit.aws.gateway import AwsCloud
from toolkit.aws.session import Connection
from toolkit.domain.errors import Missing, Transient, Unreachable
from toolkit.domain.group import ByTag
from toolkit.domain.snapshot import Reads, RecordKey
from toolkit.lab import Lab
from toolkit.lab.fault import Fault, Refusal
from toolkit.lab.world import World
from toolkit.testing.clock import FakeClock

NOWHERE = "i-0fffffffffffffff0"


@pytest.fixture
def world(lab: Lab) -> World:
    world = lab.seed("pair")
    lab.clear_calls()
    return world


def nodes(world: World) -> frozenset[str]:
    return frozenset({world["db-1"], world["db-2"]})


def everything(world: World) -> Reads:
    return Reads(
        instances=nodes(world),
        interfaces=frozenset({world["vip-eni"]}),
        private_ips=frozenset({world["private_ip"]}),
        ipv6s=frozenset({world["ipv6"]}),
        allocations=frozenset({world["eip"]}),
        tables=frozenset({world["table-1"], world["table-2"]}),
        records=frozenset({RecordKey(world["zone"], world["record"], "A")}),
        limits_of=nodes(world),
        subnets_of=nodes(world),
        status_of=nodes(world),
    )


def test_the_world_of_a_mixed_group_is_read_in_one_go(cloud: AwsCloud, world: World) -> None:
    found = cloud.read(everything(world))
    first = found.instances[world["db-1"]]
    assert first.state == "running"
    assert first.interfaces[0] == world["db-1-eni"]
    assert found.interfaces[world["db-1-eni"]].holds(world["private_ip"])
    assert found.interfaces[world["db-1-eni"]].holds(world["ipv6"])
    assert found.interfaces[world["db-2-eni"]].primary_ip == world["db-2-ip"]
    assert found.interfaces[world["vip-eni"]].instance == world["db-1"]
    assert found.eips[world["eip"]].private_ip == world["db-1-ip"]
    route = found.tables[world["table-1"]].route(world["overlay"])
    assert route
    assert route.target == world["db-1-eni"]
    assert found.records[RecordKey(world["zone"], world["record"], "A")].values == (world["db-1-ip"],)
    assert found.limits[first.type].interfaces > 1
    assert found.subnets[world["subnet"]].cidr == "10.0.1.0/24"
    assert found.subnets[world["subnet"]].ipv6_cidrs
    assert found.status[world["db-2"]].system == "ok"


def test_the_limits_of_a_type_are_asked_once_in_a_process(cloud: AwsCloud, world: World, lab: Lab) -> None:
    wanted = Reads(limits_of=nodes(world))
    first, second = cloud.read(wanted), cloud.read(wanted)
    assert first.limits == second.limits
    assert [call.action for call in lab.calls()].count("DescribeInstanceTypes") == 1


def test_nothing_is_asked_when_nothing_is_wanted(cloud: AwsCloud, lab: Lab) -> None:
    lab.clear_calls()
    cloud.read(Reads())
    assert lab.calls() == []


def test_every_list_is_asked_with_ids_or_filters(cloud: AwsCloud, world: World, lab: Lab) -> None:
    cloud.read(everything(world))
    asked = [call for call in lab.calls() if call.service == "ec2"]
    assert len(asked) > 5
    for call in asked:
        assert any(key.startswith(("Filter.1.Value", "InstanceId.1")) for key in call.params), call


def test_ids_that_do_not_exist_are_absent_and_the_others_are_there(cloud: AwsCloud, world: World) -> None:
    found = cloud.read(
        Reads(
            instances=frozenset({world["db-1"], NOWHERE}),
            interfaces=frozenset({world["vip-eni"], "eni-0fffffffffffffff0"}),
            allocations=frozenset({world["eip"], "eipalloc-0fffffffffffffff0"}),
            tables=frozenset({world["table-1"], "rtb-0fffffffffffffff0"}),
            status_of=frozenset({world["db-1"], NOWHERE}),
            limits_of=frozenset({NOWHERE}),
            alarms=frozenset({"no-such-alarm"}),
        )
    )
    assert set(found.instances) == {world["db-1"]}
    assert world["vip-eni"] in found.interfaces
    assert set(found.eips) == {world["eip"]}
    assert set(found.tables) == {world["table-1"]}
    assert set(found.status) == {world["db-1"]}
    assert found.alarms == {}


def test_the_status_of_instances_that_are_all_gone_is_empty(cloud: AwsCloud, world: World) -> None:
    assert world.name == "pair"
    assert cloud.read(Reads(status_of=frozenset({NOWHERE}))).status == {}


def test_an_impaired_and_a_stopped_instance_are_told_apart(cloud: AwsCloud, world: World, lab: Lab) -> None:
    lab.impair(world["db-1"], check="system")
    lab.stop_instance(world["db-2"])
    status = cloud.read(Reads(status_of=nodes(world))).status
    assert (status[world["db-1"]].state, status[world["db-1"]].system) == ("running", "impaired")
    assert status[world["db-2"]].state == "stopped"


def test_a_private_ip_is_found_wherever_it_is(cloud: AwsCloud, world: World) -> None:
    found = cloud.read(Reads(private_ips=frozenset({world["foreign-secondary-ip"]})))
    assert [view.id for view in found.interfaces.values()] == [world["foreign-eni"]]


def test_the_interface_that_kept_an_elastic_ip_when_its_instance_was_terminated_is_seen_unasked(
    cloud: AwsCloud, world: World, lab: Lab
) -> None:
    ec2 = Witness(lab).ec2
    interface = world["db-1-eni"]
    (row,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"]
    kept = {"AttachmentId": row["Attachment"]["AttachmentId"], "DeleteOnTermination": False}
    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Attachment=kept)
    ec2.associate_address(AllocationId=world["eip"], NetworkInterfaceId=interface, AllowReassociation=True)
    ec2.terminate_instances(InstanceIds=[world["db-1"]])
    for more in (Reads(), Reads(instances=nodes(world)), Reads(limits_of=nodes(world))):
        found = cloud.read(Reads(allocations=frozenset({world["eip"]})) | more)
        assert found.eips[world["eip"]].interface == interface
        assert found.interfaces[interface].status == "available"


def test_an_ipv6_address_is_found_in_any_spelling(cloud: AwsCloud, world: World) -> None:
    longhand = world["ipv6"].upper().replace("::", ":0:0:0:")
    found = cloud.read(Reads(ipv6s=frozenset({longhand})))
    assert [view.instance for view in found.interfaces.values()] == [world["db-1"]]


def test_an_elastic_ip_of_a_nat_gateway_shows_who_manages_its_interface(cloud: AwsCloud, world: World) -> None:
    eip = cloud.read(Reads(allocations=frozenset({world["nat-eip"]}))).eips[world["nat-eip"]]
    assert eip.interface
    interface = cloud.read(Reads(interfaces=frozenset({eip.interface}))).interfaces[eip.interface]
    assert interface.managed_by == "nat_gateway"


def test_more_ids_than_a_filter_takes_are_asked_in_several_requests(cloud: AwsCloud, world: World, lab: Lab) -> None:
    many = frozenset({f"eipalloc-{number:017x}" for number in range(450)} | {world["eip"]})
    assert set(cloud.read(Reads(allocations=many)).eips) == {world["eip"]}
    assert [call.action for call in lab.calls()] == ["DescribeAddresses"] * 3


def test_a_record_that_does_not_exist_is_absent_even_beside_its_neighbours(cloud: AwsCloud, world: World) -> None:
    keys = frozenset(
        {RecordKey(world["zone"], "aa.internal.example.com", "A"), RecordKey(world["zone"], world["record"], "AAAA")}
    )
    assert cloud.read(Reads(records=keys)).records == {}


def test_a_hosted_zone_that_does_not_exist_is_missing(cloud: AwsCloud, world: World) -> None:
    with pytest.raises(Missing):
        cloud.read(Reads(records=frozenset({RecordKey("Z0FFFFFFFFFFFF", world["record"], "A")})))


def test_an_alarm_has_its_state(cloud: AwsCloud, connection: Connection) -> None:
    alarm = {
        "AlarmName": "db-primary-down",
        "MetricName": "m",
        "Namespace": "n",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "Statistic": "Sum",
    }
    connection.request("cloudwatch", "PutMetricAlarm", alarm)
    state = {"AlarmName": "db-primary-down", "StateValue": "ALARM", "StateReason": "test"}
    connection.request("cloudwatch", "SetAlarmState", state)
    assert cloud.read(Reads(alarms=frozenset({"db-primary-down", "x"}))).alarms == {"db-primary-down": "ALARM"}


def test_a_snapshot_bears_the_time_of_its_beginning(connection: Connection, world: World) -> None:
    clock = FakeClock()
    cloud = AwsCloud(connection, clock)
    began = clock.monotonic()
    assert cloud.read(Reads(instances=nodes(world))).taken_at == began
    cloud.close()


@pytest.mark.parametrize("action", ["DescribeInstances", "DescribeAddresses", "DescribeSubnets"])
def test_one_failed_request_fails_the_whole_read(cloud: AwsCloud, world: World, lab: Lab, action: str) -> None:
    lab.fault(Fault(Refusal(code="RequestLimitExceeded", status=503), action=action))
    with pytest.raises(Transient) as refused:
        cloud.read(everything(world))
    assert refused.value.action == action
    assert not isinstance(refused.value, Unreachable)


def test_nodes_are_found_by_their_tag_in_order_of_priority(
    cloud: AwsCloud, connection: Connection, world: World
) -> None:
    for name, priority in (("db-1", "20"), ("db-2", "3"), ("foreign", "1")):
        tags = [{"Key": "failover:priority", "Value": priority}]
        if name != "foreign":
            tags.append({"Key": "team", "Value": "blue*"})
        connection.request("ec2", "CreateTags", {"Resources": [world[name]], "Tags": tags})
    found = cloud.nodes_by_tag(ByTag("team", "blue*"))
    assert [node.instance for node in found] == [world["db-2"], world["db-1"]]
    assert [node.name for node in found] == ["db-2", "db-1"]


def test_a_tag_value_is_matched_by_the_letter(cloud: AwsCloud, connection: Connection, world: World) -> None:
    tags = [{"Key": "team", "Value": "blue-1"}]
    connection.request("ec2", "CreateTags", {"Resources": [world["db-1"]], "Tags": tags})
    assert cloud.nodes_by_tag(ByTag("team", "blue*")) == ()


def test_a_terminated_instance_is_no_node(cloud: AwsCloud, connection: Connection, world: World, lab: Lab) -> None:
    tags = [{"Key": "team", "Value": "blue"}]
    connection.request("ec2", "CreateTags", {"Resources": sorted(nodes(world)), "Tags": tags})
    lab.terminate_instance(world["db-1"])
    assert [node.instance for node in cloud.nodes_by_tag(ByTag("team", "blue"))] == [world["db-2"]]
