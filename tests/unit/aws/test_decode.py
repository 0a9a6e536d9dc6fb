from __future__ import annotations

import pytest

from toolkit.aws import decode
from toolkit.domain.snapshot import AttachmentView, PrivateIpView, RecordKey, RouteView


def test_interfaces_of_an_instance_stand_by_device_index_with_the_primary_first() -> None:
    nics = [
        {"NetworkInterfaceId": "eni-b", "Attachment": {"DeviceIndex": 2, "NetworkCardIndex": 0}},
        {"NetworkInterfaceId": "eni-a", "Attachment": {"DeviceIndex": 0}},
        {"NetworkInterfaceId": "eni-c", "Attachment": {"DeviceIndex": 1, "NetworkCardIndex": 1}},
    ]
    view = decode.instance({"InstanceId": "i-1", "State": {"Name": "running"}, "NetworkInterfaces": nics})
    assert list(view.interfaces.items()) == [(0, "eni-a"), (2, "eni-b")]
    assert view.primary_interface == "eni-a"


def test_a_terminated_instance_has_hardly_any_keys_left() -> None:
    view = decode.instance({"InstanceId": "i-1", "State": {"Name": "terminated"}})
    assert (view.state, view.interfaces, view.private_ip, view.primary_interface) == ("terminated", {}, None, None)


def test_an_interface_shows_each_elastic_ip_on_its_own_private_ip() -> None:
    rows = [
        {"PrivateIpAddress": "10.0.1.10", "Primary": True},
        {
            "PrivateIpAddress": "10.0.1.50",
            "Primary": False,
            "Association": {"AllocationId": "eipalloc-1", "PublicIp": "203.0.113.1", "PublicDnsName": ""},
        },
    ]
    view = decode.interface({"NetworkInterfaceId": "eni-1", "PrivateIpAddresses": rows})
    assert view.private_ips == (
        PrivateIpView("10.0.1.10", primary=True),
        PrivateIpView("10.0.1.50", primary=False, allocation="eipalloc-1", public_ip="203.0.113.1"),
    )


def test_an_attachment_to_something_that_is_no_instance_names_none() -> None:
    row = {"AttachmentId": "eni-attach-1", "InstanceOwnerId": "amazon-elb", "DeviceIndex": 1, "Status": "attached"}
    view = decode.interface({"NetworkInterfaceId": "eni-1", "Attachment": row})
    assert view.attachment == AttachmentView("eni-attach-1", None, 1, "attached")


@pytest.mark.parametrize(
    ("row", "manager"),
    [
        ({}, None),
        ({"InterfaceType": "interface", "RequesterManaged": False}, None),
        ({"InterfaceType": "efa"}, None),
        ({"InterfaceType": "nat_gateway", "RequesterManaged": True}, "nat_gateway"),
        ({"InterfaceType": "interface", "RequesterManaged": True, "RequesterId": "amazon-rds"}, "amazon-rds"),
        ({"RequesterManaged": True}, "an AWS service"),
        ({"Operator": {"Managed": True, "Principal": "eks.amazonaws.com"}}, "eks.amazonaws.com"),
        ({"ServiceManaged": "nlb"}, "nlb"),
    ],
)
def test_what_an_aws_service_manages_says_which(row: dict[str, object], manager: str | None) -> None:
    assert decode.manager(row) == manager


def test_a_free_elastic_ip_has_nothing_but_itself() -> None:
    free = {"AllocationId": "eipalloc-1", "PublicIp": "203.0.113.1", "InstanceId": "", "NetworkInterfaceId": ""}
    view = decode.eip(free)
    assert (view.association, view.interface, view.private_ip, view.instance) == (None, None, None, None)


def test_a_route_to_an_instance_is_a_route_to_its_interface() -> None:
    rows = [
        {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"},
        {
            "DestinationCidrBlock": "10.99.0.10/32",
            "InstanceId": "i-1",
            "NetworkInterfaceId": "eni-1",
            "State": "active",
        },
        {"DestinationIpv6CidrBlock": "FD99:0::10/128", "NetworkInterfaceId": "eni-2", "State": "blackhole"},
        {"DestinationPrefixListId": "pl-1", "GatewayId": "vpce-1", "State": "active"},
    ]
    assert decode.table({"RouteTableId": "rtb-1", "Routes": rows}).routes == (
        RouteView("10.0.0.0/16", "local", "active"),
        RouteView("10.99.0.10/32", "eni-1", "active"),
        RouteView("fd99::10/128", "eni-2", "blackhole"),
        RouteView("pl-1", "vpce-1", "active"),
    )


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        (r"\052.example.com.", "*.example.com"),
        ("DB.Example.com", "db.example.com"),
        (r"a\137b.example.com.", "a_b.example.com"),
    ],
)
def test_names_of_route_53_are_read_as_people_write_them(name: str, wanted: str) -> None:
    assert decode.record("Z1", {"Name": name, "Type": "A"}).key == RecordKey("Z1", wanted, "A")


@pytest.mark.parametrize(
    ("row", "routing"),
    [
        ({"TTL": 10, "ResourceRecords": [{"Value": "10.0.1.10"}]}, None),
        ({"AliasTarget": {"DNSName": "lb.example.com"}}, "an alias"),
        ({"SetIdentifier": "a", "Weight": 0}, "weighted routing"),
        ({"SetIdentifier": "a", "Failover": "PRIMARY"}, "failover routing"),
        ({"SetIdentifier": "a", "NewThing": {}}, "a routing policy"),
    ],
)
def test_a_record_with_a_routing_policy_is_no_plain_record(row: dict[str, object], routing: str | None) -> None:
    assert decode.record("Z1", {"Name": "db.example.com.", "Type": "A", **row}).routing == routing


def test_the_limits_of_a_type_are_those_of_its_first_network_card() -> None:
    cards = [
        {"NetworkCardIndex": 1, "MaximumNetworkInterfaces": 2},
        {"NetworkCardIndex": 0, "MaximumNetworkInterfaces": 8},
    ]
    network = {
        "MaximumNetworkInterfaces": 10,
        "NetworkCards": cards,
        "Ipv4AddressesPerInterface": 30,
        "Ipv6AddressesPerInterface": 20,
    }
    found = decode.limits({"InstanceType": "x", "NetworkInfo": network})
    assert (found.interfaces, found.ipv4_per_interface, found.ipv6_per_interface) == (8, 30, 20)


def test_an_ipv6_block_that_is_being_taken_away_does_not_count() -> None:
    blocks = [
        {"Ipv6CidrBlock": "2001:db8:1::/64", "Ipv6CidrBlockState": {"State": "associated"}},
        {"Ipv6CidrBlock": "2001:db8:2::/64", "Ipv6CidrBlockState": {"State": "disassociating"}},
    ]
    assert decode.subnet({"SubnetId": "s", "Ipv6CidrBlockAssociationSet": blocks}).ipv6_cidrs == ("2001:db8:1::/64",)
