"""The fake cloud keeps EC2's rules: what it allows, AWS allows, and what it refuses, AWS refuses."""

import pytest

from toolkit.domain.errors import AlreadyDone, CloudError, Conflict, Missing, NotYet, Refused, Terminal, Transient
from toolkit.domain.group import ByTag
from toolkit.domain.snapshot import Reads
from toolkit.domain.steps import Call
from toolkit.testing import Builder, FakeCloud, World, broken, mirrored, pair, throttled


def ec2(action: str, **params: object) -> Call:
    return Call("ec2", action, params)


def associate(world: World, node: str, *, allow: bool, allocation: str = "eipalloc-00000001") -> Call:
    interface = world.interface(node)
    return ec2("AssociateAddress", AllocationId=allocation, NetworkInterfaceId=interface, AllowReassociation=allow)


def assign(world: World, node: str, address: str, *, allow: bool) -> Call:
    interface = world.interface(node)
    return ec2(
        "AssignPrivateIpAddresses",
        NetworkInterfaceId=interface,
        PrivateIpAddresses=[address],
        AllowReassignment=allow,
    )


def attach(world: World, node: str, *, index: int) -> Call:
    return ec2(
        "AttachNetworkInterface",
        NetworkInterfaceId="eni-f0000001",
        InstanceId=world.node(node).instance,
        DeviceIndex=index,
        NetworkCardIndex=0,
    )


def detach(*, force: bool = False) -> Call:
    return ec2("DetachNetworkInterface", AttachmentId="eni-attach-f0000001", Force=force)


def test_one_call_moves_an_elastic_ip_and_every_view_agrees() -> None:
    world = pair("eip")
    world.cloud.call(associate(world, "db-2", allow=True))
    seen = world.cloud.whole()
    assert seen.eips["eipalloc-00000001"].interface == world.interface("db-2")
    assert seen.interfaces[world.interface("db-1")].private_ips[0].allocation is None
    assert seen.interfaces[world.interface("db-2")].private_ips[0].allocation == "eipalloc-00000001"


def test_an_associated_elastic_ip_is_not_taken_without_leave() -> None:
    world = pair("eip")
    with pytest.raises(Conflict, match=r"Resource\.AlreadyAssociated"):
        world.cloud.call(associate(world, "db-2", allow=False))


def test_what_the_target_address_carried_becomes_free() -> None:
    builder = Builder()
    first, second = builder.node("db-1"), builder.node("db-2")
    builder.eip(on=first)
    builder.eip(on=second)
    world = builder.world()
    world.cloud.call(associate(world, "db-2", allow=True))
    assert world.cloud.whole().eips["eipalloc-00000002"].interface is None


def test_an_elastic_ip_of_an_aws_service_is_refused() -> None:
    world = pair("eip")
    world.store.elastics["eipalloc-00000001"].managed_by = "nat"
    with pytest.raises(Refused, match="AuthFailure"):
        world.cloud.call(associate(world, "db-2", allow=True))


def test_an_elastic_ip_follows_the_private_address_it_is_on() -> None:
    builder = Builder()
    first, _ = builder.node("db-1"), builder.node("db-2")
    builder.private_ip("10.0.1.50", on=first)
    builder.eip(on=first, carrier="10.0.1.50")
    world = builder.world()
    world.cloud.call(assign(world, "db-2", "10.0.1.50", allow=True))
    assert world.cloud.whole().eips["eipalloc-00000001"].interface == world.interface("db-2")


def test_a_private_address_in_use_does_not_move_without_leave() -> None:
    world = pair("private_ip")
    with pytest.raises(Conflict, match="move is not allowed"):
        world.cloud.call(assign(world, "db-2", "10.0.1.50", allow=False))


def test_a_primary_private_address_never_moves() -> None:
    world = pair("private_ip")
    with pytest.raises(Conflict):
        world.cloud.call(assign(world, "db-2", "10.0.1.10", allow=True))


def test_an_address_outside_the_subnet_is_refused() -> None:
    world = pair("private_ip")
    with pytest.raises(Terminal, match="subnet's address range"):
        world.cloud.call(assign(world, "db-2", "10.0.9.50", allow=True))


def test_a_full_interface_takes_no_more_addresses() -> None:
    world = pair("private_ip")
    world.store.cards[world.interface("db-2")].private_ips += [f"10.0.1.{n}" for n in range(100, 109)]
    with pytest.raises(Terminal, match="PrivateIpAddressLimitExceeded"):
        world.cloud.call(assign(world, "db-2", "10.0.1.50", allow=True))


def test_a_held_ipv6_address_is_assigned_to_nobody_else() -> None:
    world = pair("ipv6")
    call = ec2("AssignIpv6Addresses", NetworkInterfaceId=world.interface("db-2"), Ipv6Addresses=["2001:db8:0:1::50"])
    with pytest.raises(Conflict):
        world.cloud.call(call)


def test_an_ipv6_address_leaves_only_the_interface_that_holds_it() -> None:
    world = pair("ipv6")
    call = ec2("UnassignIpv6Addresses", NetworkInterfaceId=world.interface("db-2"), Ipv6Addresses=["2001:db8:0:1::50"])
    with pytest.raises(Terminal, match="not assigned"):
        world.cloud.call(call)


def test_an_attached_interface_is_not_attached_again() -> None:
    world = pair("eni")
    with pytest.raises(NotYet, match=r"InvalidNetworkInterface\.InUse"):
        world.cloud.call(attach(world, "db-2", index=1))


def test_a_taken_device_index_is_refused() -> None:
    world = pair("eni")
    world.cloud.call(detach())
    with pytest.raises(AlreadyDone, match="already has an interface"):
        world.cloud.call(attach(world, "db-2", index=0))


def test_an_interface_does_not_leave_its_zone() -> None:
    builder = Builder()
    builder.node("db-1")
    builder.node("db-2", zone="eu-west-1b")
    builder.eni(on=None)
    world = builder.world()
    with pytest.raises(Terminal, match="availability zone"):
        world.cloud.call(attach(world, "db-2", index=1))


def test_detaching_takes_its_time_and_attaching_too() -> None:
    world = pair("eni")
    world.cloud.delays.detach_seconds, world.cloud.delays.attach_seconds = 5.0, 2.0
    states: list[str | None] = []

    def look() -> None:
        attachment = world.cloud.whole().interfaces["eni-f0000001"].attachment
        states.append(attachment.status if attachment else None)

    world.cloud.call(detach())
    look()
    world.clock.sleep(5.0)
    look()
    world.cloud.call(attach(world, "db-2", index=1))
    look()
    world.clock.sleep(2.0)
    look()
    assert states == ["detaching", None, "attaching", "attached"]


def test_a_stuck_interface_leaves_only_by_force() -> None:
    world = pair("eni")
    world.cloud.stick("eni-f0000001")
    world.cloud.call(detach())
    world.clock.sleep(600.0)
    assert world.cloud.whole().interfaces["eni-f0000001"].attachment is not None
    world.cloud.call(detach(force=True))
    assert world.cloud.whole().interfaces["eni-f0000001"].attachment is None


def test_a_primary_interface_is_never_detached() -> None:
    world = pair("eni")
    with pytest.raises(Terminal, match="OperationNotPermitted"):
        world.cloud.call(ec2("DetachNetworkInterface", AttachmentId="eni-attach-00000001"))


def test_a_missing_route_is_created_and_not_replaced() -> None:
    builder = Builder()
    builder.node("db-1")
    builder.route("10.99.0.10/32", on=None)
    world = builder.world()
    where = {"RouteTableId": "rtb-00000001", "DestinationCidrBlock": "10.99.0.10/32"}
    target = {"NetworkInterfaceId": world.interface("db-1")}
    with pytest.raises(Missing, match="no route defined"):
        world.cloud.call(Call("ec2", "ReplaceRoute", where | target))
    world.cloud.call(Call("ec2", "CreateRoute", where | target))
    with pytest.raises(AlreadyDone, match="RouteAlreadyExists"):
        world.cloud.call(Call("ec2", "CreateRoute", where | target))


def test_a_terminated_instance_frees_what_was_on_its_primary_interface() -> None:
    world = pair()
    world.cloud.terminate(world.node("db-1").instance)
    seen = world.cloud.whole()
    assert seen.eips["eipalloc-00000001"].interface is None
    assert seen.interfaces["eni-f0000001"].status == "available"
    assert "eni-00000001" not in seen.interfaces
    assert {route.state for table in seen.tables.values() for route in table.routes} == {"active", "blackhole"}


def test_a_read_shows_only_what_it_asked_for() -> None:
    world = pair()
    seen = world.cloud.read(Reads(private_ips=frozenset({"10.0.1.50"})))
    assert set(seen.interfaces) == {world.interface("db-1")}
    assert not seen.instances
    assert not seen.eips
    assert not seen.tables


def test_a_fault_before_the_effect_leaves_the_world_as_it_was() -> None:
    world = pair("eip")
    world.cloud.fail("AssociateAddress", throttled)
    with pytest.raises(Transient):
        world.cloud.call(associate(world, "db-2", allow=True))
    assert world.cloud.whole().eips["eipalloc-00000001"].interface == world.interface("db-1")
    assert (len(world.cloud.calls), len(world.cloud.made)) == (1, 0)


def test_a_fault_after_the_effect_leaves_it_done() -> None:
    world = pair("eip")
    world.cloud.fail("AssociateAddress", broken, effect="happens")
    with pytest.raises(Transient):
        world.cloud.call(associate(world, "db-2", allow=True))
    assert world.cloud.whole().eips["eipalloc-00000001"].interface == world.interface("db-2")


def test_a_fault_strikes_the_chosen_calls_and_no_others() -> None:
    world = pair("eip")
    world.cloud.fail("AssociateAddress", throttled, first=2, times=2)
    ends: list[bool] = []
    for _ in range(4):
        try:
            world.cloud.call(associate(world, "db-2", allow=True))
        except CloudError:
            ends.append(False)
        else:
            ends.append(True)
    assert ends == [True, False, False, True]


def test_late_reads_show_the_world_before_the_change_until_their_time() -> None:
    world = pair("eip")
    world.cloud.lag_reads(3.0)
    world.cloud.call(associate(world, "db-2", allow=True))
    wanted = Reads(allocations=frozenset({"eipalloc-00000001"}))
    early = world.cloud.read(wanted).eips["eipalloc-00000001"].interface
    world.clock.sleep(3.0)
    late = world.cloud.read(wanted).eips["eipalloc-00000001"].interface
    assert (early, late) == (world.interface("db-1"), world.interface("db-2"))


def test_nodes_found_by_tag_stand_in_their_order() -> None:
    builder = Builder()
    for name in ("db-1", "db-2"):
        builder.node(name)
    builder.node("other", member=False)
    found = builder.world().cloud.nodes_by_tag(ByTag("failover:group", "db"))
    assert [node.name for node in found] == ["db-1", "db-2"]


def test_an_operation_that_the_fake_does_not_know_is_refused_loudly() -> None:
    with pytest.raises(NotImplementedError, match="RunInstances"):
        pair("eip").cloud.call(ec2("RunInstances"))


def test_disassociating_frees_an_elastic_ip_and_a_stale_association_is_no_error() -> None:
    world = pair("eip")
    call = ec2("DisassociateAddress", AssociationId="eipassoc-00000001")
    world.cloud.call(call)
    world.cloud.call(call)
    assert world.cloud.whole().eips["eipalloc-00000001"].interface is None


def test_unassigning_a_private_address_frees_the_elastic_ip_on_it() -> None:
    builder = Builder()
    first = builder.node("db-1")
    builder.private_ip("10.0.1.50", on=first)
    builder.eip(on=first, carrier="10.0.1.50")
    world = builder.world()
    interface = world.interface("db-1")
    world.cloud.call(ec2("UnassignPrivateIpAddresses", NetworkInterfaceId=interface, PrivateIpAddresses=["10.0.1.50"]))
    assert world.cloud.whole().eips["eipalloc-00000001"].interface is None
    with pytest.raises(Terminal, match="no secondary addresses"):
        world.cloud.call(
            ec2("UnassignPrivateIpAddresses", NetworkInterfaceId=interface, PrivateIpAddresses=["10.0.1.10"])
        )


def test_a_record_of_a_zone_that_is_not_there_is_missing() -> None:
    row = {"Name": "db.example.com", "Type": "A", "TTL": 1, "ResourceRecords": [{"Value": "10.0.1.10"}]}
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": row}]}
    call = Call("route53", "ChangeResourceRecordSets", {"HostedZoneId": "Z0NOWHERE", "ChangeBatch": batch})
    with pytest.raises(Missing, match="NoSuchHostedZone"):
        pair("eip").cloud.call(call)


@pytest.mark.parametrize(
    ("action", "params"),
    [
        ("AssociateAddress", {"AllocationId": "eipalloc-0000dead", "NetworkInterfaceId": "eni-00000001"}),
        ("AssociateAddress", {"AllocationId": "eipalloc-00000001", "NetworkInterfaceId": "eni-0000dead"}),
        (
            "AttachNetworkInterface",
            {"NetworkInterfaceId": "eni-f0000001", "InstanceId": "i-0000dead", "DeviceIndex": 1},
        ),
        (
            "ReplaceRoute",
            {"RouteTableId": "rtb-0000dead", "DestinationCidrBlock": "10.99.0.10/32", "NetworkInterfaceId": "x"},
        ),
    ],
)
def test_ids_that_are_not_there_are_missing(action: str, params: dict[str, object]) -> None:
    with pytest.raises(Missing):
        pair().cloud.call(Call("ec2", action, params))


def test_an_instance_takes_its_time_to_stop() -> None:
    world = pair("eip")
    world.cloud.delays.stop_seconds = 30.0
    instance = world.node("db-1").instance
    world.cloud.stop(instance)
    before = world.store.machines[instance].state
    world.clock.sleep(30.0)
    assert (before, world.store.machines[instance].state) == ("stopping", "stopped")
    world.cloud.terminate(instance)
    with pytest.raises(NotYet):
        world.cloud.call(ec2("StopInstances", InstanceIds=[instance]))


def test_one_attribute_of_an_interface_changes_per_call() -> None:
    world = pair("eip")
    interface = world.interface("db-1")
    call = ec2("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=interface, SourceDestCheck={"Value": True})
    world.cloud.call(call)
    assert world.store.cards[interface].source_dest_check
    with pytest.raises(Terminal, match="one attribute"):
        world.cloud.call(
            ec2(
                "ModifyNetworkInterfaceAttribute",
                NetworkInterfaceId=interface,
                SourceDestCheck={"Value": True},
                Groups=["sg-0000000f"],
            )
        )


def test_requests_cost_time_on_the_clock_when_they_are_said_to() -> None:
    world = pair("eip")
    world.cloud.latency_seconds = 0.2
    world.cloud.read(Reads())
    world.cloud.call(associate(world, "db-2", allow=True))
    assert world.clock.monotonic() == pytest.approx(1000.4)


def test_a_copy_of_what_was_read_is_a_world_to_rehearse_in() -> None:
    world = pair()
    copy = FakeCloud(mirrored(world.cloud.whole()), world.clock)
    assert copy.whole() == world.cloud.whole()
    copy.call(associate(world, "db-2", allow=True))
    assert world.cloud.whole().eips["eipalloc-00000001"].interface == world.interface("db-1")
    assert copy.whole().eips["eipalloc-00000001"].interface == world.interface("db-2")
