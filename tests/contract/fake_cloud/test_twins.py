"""The fake cloud can not lie: every call ends as at the lab's EC2 and leaves the same world."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from toolkit.domain.steps import Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.twins import Twins

NOWHERE = "0fffffffffffffff0"


def ec2(action: str, **params: object) -> Call:
    return Call("ec2", action, params)


def associate(twins: Twins, eip: str, interface: str, **more: object) -> Call:
    return ec2("AssociateAddress", AllocationId=twins.ids[eip], NetworkInterfaceId=twins.ids[interface], **more)


def assign(twins: Twins, interface: str, *addresses: str, allow: bool) -> Call:
    return ec2(
        "AssignPrivateIpAddresses",
        NetworkInterfaceId=twins.ids[interface],
        PrivateIpAddresses=list(addresses),
        AllowReassignment=allow,
    )


def ipv6(twins: Twins, action: str, interface: str, *addresses: str) -> Call:
    return ec2(action, NetworkInterfaceId=twins.ids[interface], Ipv6Addresses=list(addresses))


def attach(twins: Twins, interface: str, instance: str, index: int) -> Call:
    return ec2(
        "AttachNetworkInterface",
        NetworkInterfaceId=twins.ids[interface],
        InstanceId=twins.ids[instance],
        DeviceIndex=index,
        NetworkCardIndex=0,
    )


def route(twins: Twins, action: str, destination: str, interface: str) -> Call:
    family = "DestinationIpv6CidrBlock" if ":" in destination else "DestinationCidrBlock"
    where = {"RouteTableId": twins.ids["table-1"], family: destination}
    return Call("ec2", action, where | {"NetworkInterfaceId": twins.ids[interface]})


def upsert(twins: Twins, value: str) -> Call:
    row = {"Name": twins.ids["record"], "Type": "A", "TTL": 10, "ResourceRecords": [{"Value": value}]}
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": row}]}
    return Call("route53", "ChangeResourceRecordSets", {"HostedZoneId": twins.ids["zone"], "ChangeBatch": batch})


# Each case: what is asked, and how it ends at both.
CASES: dict[str, tuple[Callable[[Twins], Call], str]] = {
    "an Elastic IP moves": (lambda t: associate(t, "eip", "db-2-eni", AllowReassociation=True), "done"),
    "an Elastic IP stays": (lambda t: associate(t, "eip", "db-1-eni", AllowReassociation=False), "done"),
    "an Elastic IP in use": (lambda t: associate(t, "eip", "db-2-eni", AllowReassociation=False), "Conflict"),
    "an Elastic IP on a secondary address": (
        lambda t: associate(t, "eip", "db-1-eni", PrivateIpAddress="10.0.1.50", AllowReassociation=True),
        "done",
    ),
    "an Elastic IP on an address that is elsewhere": (
        lambda t: associate(t, "eip", "db-2-eni", PrivateIpAddress="10.0.1.50", AllowReassociation=True),
        "Terminal",
    ),
    "an Elastic IP of a NAT gateway": (
        lambda t: associate(t, "nat-eip", "db-2-eni", AllowReassociation=True),
        "Refused",
    ),
    "an Elastic IP that is not there": (
        lambda t: ec2("AssociateAddress", AllocationId=f"eipalloc-{NOWHERE}", NetworkInterfaceId=t.ids["db-2-eni"]),
        "Missing",
    ),
    "an interface that is not there": (
        lambda t: ec2("AssociateAddress", AllocationId=t.ids["eip"], NetworkInterfaceId=f"eni-{NOWHERE}"),
        "Missing",
    ),
    "a private address moves with its Elastic IP": (lambda t: assign(t, "db-2-eni", "10.0.1.50", allow=True), "done"),
    "a private address in use": (lambda t: assign(t, "db-2-eni", "10.0.1.50", allow=False), "Conflict"),
    "a free private address": (lambda t: assign(t, "db-2-eni", "10.0.1.77", allow=False), "done"),
    "a private address that is there": (lambda t: assign(t, "db-1-eni", "10.0.1.50", allow=True), "done"),
    "a primary address": (lambda t: assign(t, "db-2-eni", "10.0.1.10", allow=True), "Conflict"),
    "one good and one primary address": (
        lambda t: assign(t, "db-2-eni", "10.0.1.50", "10.0.1.10", allow=True),
        "Conflict",
    ),
    "an address outside the subnet": (lambda t: assign(t, "db-2-eni", "10.0.9.9", allow=True), "Terminal"),
    "more addresses than the type takes": (
        lambda t: assign(t, "db-2-eni", *(f"10.0.1.{n}" for n in range(100, 160)), allow=True),
        "Terminal",
    ),
    "an IPv6 address leaves": (
        lambda t: ipv6(t, "UnassignIpv6Addresses", "db-1-eni", t.ids["ipv6"]),
        "done",
    ),
    "an IPv6 address leaves whom it is not on": (
        lambda t: ipv6(t, "UnassignIpv6Addresses", "db-2-eni", t.ids["ipv6"]),
        "Terminal",
    ),
    "an IPv6 address that is there": (lambda t: ipv6(t, "AssignIpv6Addresses", "db-1-eni", t.ids["ipv6"]), "done"),
    "an IPv6 address outside the subnet": (
        lambda t: ipv6(t, "AssignIpv6Addresses", "db-2-eni", "2001:db8:ffff::1"),
        "Terminal",
    ),
    "an interface in use": (lambda t: attach(t, "vip-eni", "db-2", 1), "NotYet"),
    "a primary interface is detached": (
        lambda t: ec2("DetachNetworkInterface", AttachmentId=t.attachment_of(t.ids["db-1-eni"])),
        "Terminal",
    ),
    "an attachment that is not there": (
        lambda _: ec2("DetachNetworkInterface", AttachmentId=f"eni-attach-{NOWHERE}"),
        "AlreadyDone",
    ),
    "an interface leaves": (
        lambda t: ec2("DetachNetworkInterface", AttachmentId=t.attachment_of(t.ids["vip-eni"])),
        "done",
    ),
    "a route turns": (lambda t: route(t, "ReplaceRoute", "10.99.0.10/32", "db-2-eni"), "done"),
    "an IPv6 route turns": (lambda t: route(t, "ReplaceRoute", "fd99::10/128", "db-2-eni"), "done"),
    "a route that is not there is replaced": (
        lambda t: route(t, "ReplaceRoute", "10.98.0.10/32", "db-2-eni"),
        "Missing",
    ),
    "a route is created": (lambda t: route(t, "CreateRoute", "10.98.0.10/32", "db-2-eni"), "done"),
    "a route that is there is created": (
        lambda t: route(t, "CreateRoute", "10.99.0.10/32", "db-2-eni"),
        "AlreadyDone",
    ),
    "a record turns": (lambda t: upsert(t, "10.0.1.20"), "done"),
    "an instance stops": (lambda t: ec2("StopInstances", InstanceIds=[t.ids["db-1"]], Force=True), "done"),
    "an interface is left with one security group": (
        lambda t: ec2(
            "ModifyNetworkInterfaceAttribute",
            NetworkInterfaceId=t.ids["db-1-eni"],
            Groups=list(t.real.read(t.wanted).interfaces[t.ids["db-2-eni"]].groups[:1]),
        ),
        "done",
    ),
}


@pytest.mark.wire
@pytest.mark.parametrize("case", CASES)
def test_a_call_ends_alike_and_leaves_the_same_world(case: str, twins: Twins) -> None:
    ask, end = CASES[case]
    real, fake = twins.ends(ask(twins))
    assert (real, fake) == (end, end)
    real_world, fake_world = twins.worlds()
    assert fake_world == real_world


@pytest.mark.wire
def test_a_copy_is_the_same_world(twins: Twins) -> None:
    real_world, fake_world = twins.worlds()
    assert fake_world == real_world


@pytest.mark.wire
def test_an_interface_moves_alike(twins: Twins) -> None:
    interface = twins.ids["vip-eni"]
    detach = ec2("DetachNetworkInterface", AttachmentId=twins.attachment_of(interface))
    ends = [twins.ends(detach)]
    ends += [twins.ends(attach(twins, "vip-eni", "db-2", index)) for index in (0, 2, 1)]
    assert ends == [("done",) * 2, ("AlreadyDone",) * 2, ("AlreadyDone",) * 2, ("done",) * 2]
    real_world, fake_world = twins.worlds()
    assert fake_world == real_world
