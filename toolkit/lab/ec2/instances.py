"""DescribeInstances and DescribeInstanceStatus, with working filters (MOTO.md section 4 row 13)."""

from __future__ import annotations

from toolkit.lab.ec2.errors import invalid_combination
from toolkit.lab.ec2.filters import matching
from toolkit.lab.ec2.instance_rows import instance_row, status_row
from toolkit.lab.ec2.paging import page
from toolkit.lab.ec2.records import Machine
from toolkit.lab.ec2.request import Handler, Request
from toolkit.lab.ec2.wire import Row

_INTERFACE = "NetworkInterfaces"
_FILTERS = {
    "architecture": "Architecture",
    "availability-zone": "Placement.AvailabilityZone",
    "block-device-mapping.volume-id": "BlockDeviceMappings.Ebs.VolumeId",
    "client-token": "ClientToken",
    "dns-name": "PublicDnsName",
    "iam-instance-profile.arn": "IamInstanceProfile.Arn",
    "image-id": "ImageId",
    "instance-id": "InstanceId",
    "instance-state-code": "State.Code",
    "instance-state-name": "State.Name",
    "instance-type": "InstanceType",
    "instance.group-id": "SecurityGroups.GroupId",
    "instance.group-name": "SecurityGroups.GroupName",
    "ip-address": "PublicIpAddress",
    "key-name": "KeyName",
    "metadata-options.http-tokens": "MetadataOptions.HttpTokens",
    "network-interface.addresses.association.allocation-id": (
        f"{_INTERFACE}.PrivateIpAddresses.Association.AllocationId"
    ),
    "network-interface.addresses.association.ip-owner-id": (f"{_INTERFACE}.PrivateIpAddresses.Association.IpOwnerId"),
    "network-interface.addresses.association.public-ip": (f"{_INTERFACE}.PrivateIpAddresses.Association.PublicIp"),
    "network-interface.addresses.primary": f"{_INTERFACE}.PrivateIpAddresses.Primary",
    "network-interface.addresses.private-ip-address": f"{_INTERFACE}.PrivateIpAddresses.PrivateIpAddress",
    "network-interface.association.allocation-id": f"{_INTERFACE}.Association.AllocationId",
    "network-interface.association.association-id": f"{_INTERFACE}.Association.AssociationId",
    "network-interface.association.ip-owner-id": f"{_INTERFACE}.Association.IpOwnerId",
    "network-interface.association.public-ip": f"{_INTERFACE}.Association.PublicIp",
    "network-interface.attachment.attachment-id": f"{_INTERFACE}.Attachment.AttachmentId",
    "network-interface.attachment.delete-on-termination": f"{_INTERFACE}.Attachment.DeleteOnTermination",
    "network-interface.attachment.device-index": f"{_INTERFACE}.Attachment.DeviceIndex",
    "network-interface.attachment.status": f"{_INTERFACE}.Attachment.Status",
    "network-interface.description": f"{_INTERFACE}.Description",
    "network-interface.group-id": f"{_INTERFACE}.Groups.GroupId",
    "network-interface.ipv6-addresses.ipv6-address": f"{_INTERFACE}.Ipv6Addresses.Ipv6Address",
    "network-interface.mac-address": f"{_INTERFACE}.MacAddress",
    "network-interface.network-interface-id": f"{_INTERFACE}.NetworkInterfaceId",
    "network-interface.owner-id": f"{_INTERFACE}.OwnerId",
    "network-interface.private-dns-name": f"{_INTERFACE}.PrivateDnsName",
    "network-interface.source-dest-check": f"{_INTERFACE}.SourceDestCheck",
    "network-interface.status": f"{_INTERFACE}.Status",
    "network-interface.subnet-id": f"{_INTERFACE}.SubnetId",
    "network-interface.vpc-id": f"{_INTERFACE}.VpcId",
    "private-dns-name": "PrivateDnsName",
    "private-ip-address": "PrivateIpAddress",
    "source-dest-check": "SourceDestCheck",
    "subnet-id": "SubnetId",
    "tenancy": "Placement.Tenancy",
    "vpc-id": "VpcId",
}
_RESERVATION_FILTERS = {"owner-id": "OwnerId", "reservation-id": "ReservationId"}
_STATUS_FILTERS = {
    "availability-zone": "AvailabilityZone",
    "instance-state-code": "InstanceState.Code",
    "instance-state-name": "InstanceState.Name",
    "instance-status.reachability": "InstanceStatus.Details.Status",
    "instance-status.status": "InstanceStatus.Status",
    "system-status.reachability": "SystemStatus.Details.Status",
    "system-status.status": "SystemStatus.Status",
}


def describe_instances(request: Request) -> Row:
    """DescribeInstances: every view of an address agrees with the address itself."""
    region = request.region
    for instance_id in request.texts("InstanceIds"):
        region.machine(instance_id)
    request.confirm()
    wanted = set(request.texts("InstanceIds"))
    filters = request.params.get("Filters", [])
    of_reservation = [entry for entry in filters if entry.get("Name") in _RESERVATION_FILTERS]
    of_instance = [entry for entry in filters if entry.get("Name") not in _RESERVATION_FILTERS]
    rows: list[Row] = matching([], of_instance, names=_FILTERS)  # refuses unknown names even with no instance
    for reservation in region.store.reservations.values():
        instances = [
            instance_row(region, region.machines[record.id])
            for record in reservation.instances
            if record.id in region.machines and (not wanted or record.id in wanted)
        ]
        if shown := matching(instances, of_instance, names=_FILTERS):
            rows.append({"ReservationId": reservation.id, "OwnerId": region.owner, "Instances": shown})
    rows = matching(rows, of_reservation, names=_RESERVATION_FILTERS, tags=None)
    return page(rows, request.params, member="Reservations", ids="InstanceIds")


def describe_instance_status(request: Request) -> Row:
    """DescribeInstanceStatus: running instances only, unless all are asked for (AWS.md section 3)."""
    region = request.region
    ids = request.texts("InstanceIds")
    if ids and request.params.get("MaxResults"):
        raise invalid_combination("The parameter instancesSet cannot be used with the parameter maxResults")
    machines: list[Machine] = [region.machine(instance_id) for instance_id in ids]
    request.confirm()
    rows = [
        status_row(machine)
        for machine in machines or region.machines.values()
        if machine.state == "running" or request.flag("IncludeAllInstances")
    ]
    rows = matching(rows, request.params.get("Filters", []), names=_STATUS_FILTERS, tags=None)
    return page(rows, request.params, member="InstanceStatuses", ids="InstanceIds")


OPERATIONS: dict[str, Handler] = {
    "DescribeInstanceStatus": describe_instance_status,
    "DescribeInstances": describe_instances,
}
