"""Interfaces: create, describe, delete."""

from __future__ import annotations

from toolkit.lab.ec2.creation import create
from toolkit.lab.ec2.errors import Ec2Error, not_permitted
from toolkit.lab.ec2.filters import matching
from toolkit.lab.ec2.ownership import forget
from toolkit.lab.ec2.paging import page
from toolkit.lab.ec2.request import Handler, Request
from toolkit.lab.ec2.rows import interface_row
from toolkit.lab.ec2.wire import Row

_FILTERS = {
    "addresses.association.allocation-id": "PrivateIpAddresses.Association.AllocationId",
    "addresses.association.association-id": "PrivateIpAddresses.Association.AssociationId",
    "addresses.association.owner-id": "PrivateIpAddresses.Association.IpOwnerId",
    "addresses.association.public-dns-name": "PrivateIpAddresses.Association.PublicDnsName",
    "addresses.association.public-ip": "PrivateIpAddresses.Association.PublicIp",
    "addresses.primary": "PrivateIpAddresses.Primary",
    "addresses.private-ip-address": "PrivateIpAddresses.PrivateIpAddress",
    "association.allocation-id": "Association.AllocationId",
    "association.association-id": "Association.AssociationId",
    "association.ip-owner-id": "Association.IpOwnerId",
    "association.public-dns-name": "Association.PublicDnsName",
    "association.public-ip": "Association.PublicIp",
    "attachment.attach-time": "Attachment.AttachTime",
    "attachment.attachment-id": "Attachment.AttachmentId",
    "attachment.delete-on-termination": "Attachment.DeleteOnTermination",
    "attachment.device-index": "Attachment.DeviceIndex",
    "attachment.instance-id": "Attachment.InstanceId",
    "attachment.instance-owner-id": "Attachment.InstanceOwnerId",
    "attachment.status": "Attachment.Status",
    "availability-zone": "AvailabilityZone",
    "description": "Description",
    "group-id": "Groups.GroupId",
    "group-name": "Groups.GroupName",
    "interface-type": "InterfaceType",
    "ipv6-addresses.ipv6-address": "Ipv6Addresses.Ipv6Address",
    "mac-address": "MacAddress",
    "network-interface-id": "NetworkInterfaceId",
    "operator.managed": "Operator.Managed",
    "owner-id": "OwnerId",
    "private-dns-name": "PrivateDnsName",
    "private-ip-address": "PrivateIpAddress",
    "requester-id": "RequesterId",
    "requester-managed": "RequesterManaged",
    "source-dest-check": "SourceDestCheck",
    "status": "Status",
    "subnet-id": "SubnetId",
    "vpc-id": "VpcId",
}


def create_network_interface(request: Request) -> Row:
    """CreateNetworkInterface: unique addresses of the subnet, known groups only (MOTO.md section 3 row 1)."""
    subnet = request.region.subnet(request.text("SubnetId"))
    request.confirm()
    interface = create(request.region, request.params, subnet=subnet, tags=request.tags_for("network-interface"))
    return {
        "NetworkInterface": interface_row(request.region, interface),
        "ClientToken": request.params.get("ClientToken"),
    }


def delete_network_interface(request: Request) -> Row:
    """DeleteNetworkInterface: only when attached to nothing (MOTO.md section 3 row 13)."""
    interface = request.region.interface(request.text("NetworkInterfaceId"))
    request.confirm()
    if interface.manager:
        raise not_permitted("You are not allowed to manage this network interface.")
    if interface.attachment:
        raise Ec2Error(
            request.settings.in_use_interface_code,
            f"Network interface '{interface.id}' is currently in use.",
        )
    forget(request.region, interface)
    return {}


def describe_network_interfaces(request: Request) -> Row:
    """DescribeNetworkInterfaces, with every filter and with pages."""
    region = request.region
    ids = request.texts("NetworkInterfaceIds")
    chosen = [region.interface(interface_id) for interface_id in ids] if ids else region.interfaces.values()
    request.confirm()
    rows = matching(
        [interface_row(region, interface) for interface in chosen],
        request.params.get("Filters", []),
        names=_FILTERS,
        tags="TagSet",
    )
    return page(rows, request.params, member="NetworkInterfaces", ids="NetworkInterfaceIds")


OPERATIONS: dict[str, Handler] = {
    "CreateNetworkInterface": create_network_interface,
    "DeleteNetworkInterface": delete_network_interface,
    "DescribeNetworkInterfaces": describe_network_interfaces,
}
