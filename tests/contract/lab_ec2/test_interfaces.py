"""Interfaces are made, attached and let go as AWS.md 1.3 says; MOTO.md section 10, B1 to B3 and B6."""

from __future__ import annotations

from typing import Any

import pytest

from toolkit.lab.ec2 import Settings

from .site import Clock, Site, refused


def test_an_attached_interface_cannot_be_attached_again(site: Site) -> None:
    """MOTO.md section 3 row 6."""
    first, second, interface = site.node(), site.node(), site.interface()
    site.attach(interface, first)
    with refused("InvalidNetworkInterface.InUse", says=interface):
        site.attach(interface, second)
    assert len(site.instance(second.instance)["NetworkInterfaces"]) == 1


def test_an_interface_in_use_may_be_refused_under_the_other_code(site: Site, settings: Settings) -> None:
    """AWS.md section 2 B: the list says you may get InvalidParameterValue instead."""
    settings.change(in_use_interface_code="InvalidParameterValue")
    first, second, interface = site.node(), site.node(), site.interface()
    site.attach(interface, first)
    with refused("InvalidParameterValue"):
        site.attach(interface, second)


@pytest.mark.parametrize("index", [0, 1])
def test_a_busy_device_index_is_refused_and_nothing_is_evicted(site: Site, index: int) -> None:
    """AWS.md 1.3, the quoted sentence; MOTO.md section 3 row 5."""
    node = site.node(instance_type="m5.large")
    site.attach(site.interface(), node, index=1)
    before = site.instance(node.instance)["NetworkInterfaces"]
    says = f"Instance '{node.instance}' already has an interface attached at device index '{index}'."
    with refused("InvalidParameterValue", says=says):
        site.attach(site.interface(), node, index=index)
    assert site.instance(node.instance)["NetworkInterfaces"] == before


def test_an_interface_of_another_zone_is_refused(site: Site) -> None:
    """AWS.md 1.3 and the sentence of section 2 E."""
    node, far = site.node(), site.interface(subnet=site.far_subnet)
    with refused("InvalidParameterCombination", says="not in the same availability zone"):
        site.attach(far, node)


def test_an_interface_of_another_vpc_in_the_same_zone_is_allowed(site: Site) -> None:
    """AWS.md 1.3."""
    other = Site(site.ec2).build()
    node = site.node()
    site.attach(other.interface(), node)
    assert len(site.instance(node.instance)["NetworkInterfaces"]) == 2


def test_the_instance_type_limits_its_interfaces(site: Site) -> None:
    """MOTO.md section 3 row 7: t3.micro takes two, as DescribeInstanceTypes says."""
    node = site.node()
    site.attach(site.interface(), node, index=1)
    with refused("AttachmentLimitExceeded", says="Interface count 3 exceeds the limit for t3.micro"):
        site.attach(site.interface(), node, index=2)
    types = site.ec2.describe_instance_types(InstanceTypes=["t3.micro"])["InstanceTypes"]
    assert types[0]["NetworkInfo"]["MaximumNetworkInterfaces"] == 2


def test_a_terminated_instance_takes_no_interface(site: Site) -> None:
    """MOTO.md section 3 row 7."""
    node = site.node()
    site.ec2.terminate_instances(InstanceIds=[node.instance])
    with refused("IncorrectInstanceState"):
        site.attach(site.interface(), node)


def test_a_stopped_instance_takes_an_interface(site: Site) -> None:
    """AWS.md 1.3, the warm attach."""
    node, interface = site.node(), site.interface()
    site.ec2.stop_instances(InstanceIds=[node.instance])
    site.attach(interface, node)
    assert site.row(interface)["Attachment"]["InstanceId"] == node.instance


def test_a_second_network_card_must_exist(site: Site) -> None:
    """AWS.md 1.3: NetworkInfo.MaximumNetworkCards."""
    node, interface = site.node(), site.interface()
    with refused("InvalidParameterValue"):
        site.ec2.attach_network_interface(
            NetworkInterfaceId=interface, InstanceId=node.instance, DeviceIndex=1, NetworkCardIndex=1
        )


def test_attaching_and_detaching_take_their_time(site: Site, settings: Settings, clock: Clock) -> None:
    """AWS.md 1.3: asynchronous, the interface must be available before the next attach."""
    settings.change(eni_attach=2.0, eni_detach=5.0)
    first, second, interface = site.node(), site.node(), site.interface()
    attachment = site.attach(interface, first)
    assert site.row(interface)["Attachment"]["Status"] == "attaching"
    clock.advance(2)
    assert site.row(interface)["Attachment"]["Status"] == "attached"
    site.ec2.detach_network_interface(AttachmentId=attachment)
    clock.advance(4.9)
    row = site.row(interface)
    assert (row["Attachment"]["Status"], row["Status"]) == ("detaching", "in-use")
    with refused("InvalidNetworkInterface.InUse"):
        site.attach(interface, second)
    clock.advance(0.1)
    assert site.row(interface)["Status"] == "available"
    assert "Attachment" not in site.row(interface)
    site.attach(interface, second)


def test_the_interface_itself_may_show_the_transition(site: Site, settings: Settings) -> None:
    """AWS.md 1.3: NetworkInterface.Status knows attaching and detaching."""
    settings.change(eni_attach=2.0, interface_status_in_transition="transition")
    node, interface = site.node(), site.interface()
    site.attach(interface, node)
    assert site.row(interface)["Status"] == "attaching"


def test_force_has_its_own_delay(site: Site, settings: Settings, clock: Clock) -> None:
    """AWS.md 1.3: Force is the last resort for a detach that hangs."""
    settings.change(eni_detach=600.0, eni_detach_forced=1.0)
    node, interface = site.node(), site.interface()
    attachment = site.attach(interface, node)
    site.ec2.detach_network_interface(AttachmentId=attachment)
    site.ec2.detach_network_interface(AttachmentId=attachment, Force=True)
    clock.advance(1)
    assert site.row(interface)["Status"] == "available"


def test_the_primary_interface_is_never_detached(site: Site) -> None:
    """AWS.md 1.3, the quoted sentence; MOTO.md section 3 row 9, the account poison."""
    node = site.node()
    site.attach(site.interface(), node)
    primary = site.row(node.interface)["Attachment"]["AttachmentId"]
    says = "The network interface at device index 0 and networkCard index 0 cannot be detached."
    with refused("OperationNotPermitted", says=says):
        site.ec2.detach_network_interface(AttachmentId=primary, Force=True)
    assert len(site.ec2.describe_instances()["Reservations"]) == 1


def test_a_detached_attachment_is_unknown(site: Site) -> None:
    """MOTO.md section 3 row 10."""
    attachment = site.attach(site.interface(), site.node())
    site.ec2.detach_network_interface(AttachmentId=attachment)
    with refused("InvalidAttachmentID.NotFound", says=attachment):
        site.ec2.detach_network_interface(AttachmentId=attachment)


def test_everything_travels_with_the_interface(site: Site) -> None:
    """AWS.md 1.3: MAC, addresses, groups and the source/destination flag."""
    first, second, eip = site.node(), site.node(), site.eip()
    interface = site.interface(SecondaryPrivateIpAddressCount=1)
    site.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, SourceDestCheck={"Value": False})
    site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=interface)
    attachment = site.attach(interface, first)
    kept = ("MacAddress", "PrivateIpAddresses", "Groups", "SourceDestCheck", "Association")
    before = {name: site.row(interface)[name] for name in kept}
    site.ec2.detach_network_interface(AttachmentId=attachment)
    site.attach(interface, second)
    assert {name: site.row(interface)[name] for name in kept} == before


def test_an_attached_interface_cannot_be_deleted(site: Site) -> None:
    """MOTO.md section 3 row 13."""
    interface = site.interface()
    site.attach(interface, site.node())
    with refused("InvalidNetworkInterface.InUse"):
        site.ec2.delete_network_interface(NetworkInterfaceId=interface)


def test_the_primary_interface_dies_with_its_instance_and_an_attached_one_lives(site: Site) -> None:
    """AWS.md 1.2 and 1.3; MOTO.md section 3 rows 15 and 16."""
    node, interface = site.node(), site.interface()
    site.attach(interface, node)
    assert site.row(node.interface)["Attachment"]["DeleteOnTermination"] is True
    assert site.row(interface)["Attachment"]["DeleteOnTermination"] is False
    site.ec2.terminate_instances(InstanceIds=[node.instance])
    assert site.row(interface)["Status"] == "available"
    with refused("InvalidNetworkInterfaceID.NotFound"):
        site.row(node.interface)


def test_delete_on_termination_can_be_changed(site: Site) -> None:
    """AWS.md 1.3: through ModifyNetworkInterfaceAttribute."""
    node, interface = site.node(), site.interface()
    attachment = site.attach(interface, node)
    site.ec2.modify_network_interface_attribute(
        NetworkInterfaceId=interface, Attachment={"AttachmentId": attachment, "DeleteOnTermination": True}
    )
    site.ec2.terminate_instances(InstanceIds=[node.instance])
    with refused("InvalidNetworkInterfaceID.NotFound"):
        site.row(interface)


def test_one_attribute_is_modified_per_call(site: Site) -> None:
    """AWS.md 1.3."""
    interface = site.interface()
    with refused("InvalidParameterCombination"):
        site.ec2.modify_network_interface_attribute(
            NetworkInterfaceId=interface, Description={"Value": "new"}, SourceDestCheck={"Value": False}
        )
    assert site.row(interface)["SourceDestCheck"] is True


def test_the_source_destination_check_is_one_flag_in_both_views(site: Site) -> None:
    """MOTO.md section 3 row 18."""
    node = site.node()
    site.ec2.modify_instance_attribute(InstanceId=node.instance, SourceDestCheck={"Value": False})
    assert site.row(node.interface)["SourceDestCheck"] is False
    site.ec2.modify_network_interface_attribute(NetworkInterfaceId=node.interface, SourceDestCheck={"Value": True})
    assert site.instance(node.instance)["SourceDestCheck"] is True


def test_the_instance_flag_is_refused_with_two_interfaces(site: Site) -> None:
    """AWS.md 1.5."""
    node = site.node()
    site.attach(site.interface(), node)
    with refused("InvalidInstanceID"):
        site.ec2.modify_instance_attribute(InstanceId=node.instance, SourceDestCheck={"Value": False})


def test_unknown_security_groups_are_refused_and_not_made(site: Site) -> None:
    """MOTO.md section 3 rows 1 and 18."""
    unknown = "sg-0123456789abcdef0"
    with refused("InvalidGroup.NotFound", says=unknown):
        site.interface(Groups=[unknown])
    interface = site.interface()
    with refused("InvalidGroup.NotFound"):
        site.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[unknown])
    with refused("InvalidGroup.NotFound"):
        site.ec2.describe_security_groups(GroupIds=[unknown])


def test_groups_can_be_changed_on_a_node(site: Site) -> None:
    """DESIGN.md section 3: fencing by security group."""
    node = site.node()
    group = site.ec2.create_security_group(GroupName="isolated", Description="x", VpcId=site.vpc)["GroupId"]
    site.ec2.modify_network_interface_attribute(NetworkInterfaceId=node.interface, Groups=[group])
    assert [entry["GroupId"] for entry in site.row(node.interface)["Groups"]] == [group]
    assert [entry["GroupId"] for entry in site.instance(node.instance)["SecurityGroups"]] == [group]


def test_the_sdk_waiter_sees_an_available_interface(site: Site) -> None:
    """MOTO.md section 3 row 12."""
    site.ec2.get_waiter("network_interface_available").wait(NetworkInterfaceIds=[site.interface()])


def test_a_subnet_with_an_interface_cannot_be_deleted(site: Site) -> None:
    """AWS.md section 2 B, DependencyViolation."""
    interface = site.interface()
    with refused("DependencyViolation"):
        site.ec2.delete_subnet(SubnetId=site.subnet)
    site.ec2.delete_network_interface(NetworkInterfaceId=interface)
    site.ec2.delete_subnet(SubnetId=site.subnet)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("attachment.status", ["attached"]),
        ("attachment.device-index", ["1"]),
        ("attachment.delete-on-termination", ["false"]),
        ("association.allocation-id", ["eipalloc-*"]),
        ("association.public-ip", ["203.0.113.*"]),
        ("addresses.association.public-ip", ["203.0.113.*"]),
        ("addresses.private-ip-address", ["10.0.1.60"]),
        ("tag:role", ["vip"]),
        ("tag-key", ["rol?"]),
    ],
)
def test_filters_that_moto_lacks_work(site: Site, name: str, values: list[str]) -> None:
    """MOTO.md section 3 rows 19 and 20."""
    node, eip = site.node(), site.eip()
    tags = [{"ResourceType": "network-interface", "Tags": [{"Key": "role", "Value": "vip"}]}]
    interface = site.interface(TagSpecifications=tags)
    site.ec2.assign_private_ip_addresses(NetworkInterfaceId=interface, PrivateIpAddresses=["10.0.1.60"])
    site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=interface)
    site.attach(interface, node)
    found = site.ec2.describe_network_interfaces(Filters=[{"Name": name, "Values": values}])["NetworkInterfaces"]
    ids = [row["NetworkInterfaceId"] for row in found]
    assert interface in ids
    assert (node.interface in ids) == (name == "attachment.status")


@pytest.mark.parametrize(
    "operation",
    ["describe_addresses", "describe_instances", "describe_network_interfaces", "describe_route_tables"],
)
def test_an_unknown_filter_is_refused_even_when_there_is_nothing_to_filter(ec2: Any, operation: str) -> None:
    """MOTO.md section 2 row 21."""
    with refused("InvalidParameterValue", says="The filter 'no-such-filter' is invalid"):
        getattr(ec2, operation)(Filters=[{"Name": "no-such-filter", "Values": ["x"]}])


def test_a_filter_takes_brackets_literally(site: Site) -> None:
    """Only * and ? are wildcards."""
    interface = site.interface(Description="rack [1]")
    filters = [{"Name": "description", "Values": ["rack [1]"]}]
    found = site.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    assert [row["NetworkInterfaceId"] for row in found] == [interface]


def test_interfaces_come_in_pages(site: Site) -> None:
    """MOTO.md section 3 row 21."""
    made = {site.interface() for _ in range(7)}
    paginator = site.ec2.get_paginator("describe_network_interfaces")
    pages = list(paginator.paginate(PaginationConfig={"PageSize": 5}))
    assert [len(page["NetworkInterfaces"]) for page in pages] == [5, 2]
    assert {row["NetworkInterfaceId"] for page in pages for row in page["NetworkInterfaces"]} == made
    with refused("InvalidParameterCombination"):
        site.ec2.describe_network_interfaces(NetworkInterfaceIds=sorted(made)[:1], MaxResults=5)
    with refused("InvalidParameterValue"):
        site.ec2.describe_network_interfaces(MaxResults=4)


def test_an_interface_with_too_many_addresses_for_the_type_is_refused(site: Site) -> None:
    """AWS.md 1.3: Ipv4AddressesPerInterface, two on t3.micro."""
    with refused("PrivateIpAddressLimitExceeded"):
        site.attach(site.interface(SecondaryPrivateIpAddressCount=2), site.node())


def test_the_instance_attribute_agrees_with_the_primary_interface(site: Site) -> None:
    """MOTO.md section 3 row 18."""
    node = site.node()
    site.ec2.modify_network_interface_attribute(NetworkInterfaceId=node.interface, SourceDestCheck={"Value": False})
    shown = site.ec2.describe_instance_attribute(InstanceId=node.instance, Attribute="sourceDestCheck")
    assert shown["SourceDestCheck"]["Value"] is False
