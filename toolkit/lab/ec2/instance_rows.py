"""Instances as EC2 shows them, with their interfaces and public addresses as they are now."""

from __future__ import annotations

from moto.ec2.models.instances import Instance, Reservation

from toolkit.lab.ec2.names import private_name, public_name
from toolkit.lab.ec2.records import STATE_CODES, Machine, MachineState
from toolkit.lab.ec2.region import Region
from toolkit.lab.ec2.rows import association_row, instance_interface_row
from toolkit.lab.ec2.wire import Row


def state_row(state: MachineState) -> Row:
    """A state as EC2 writes it."""
    return {"Code": STATE_CODES[state], "Name": state}


def instance_row(region: Region, machine: Machine) -> Row:
    """One instance. A terminated one has no network members left (AWS.md 1.2)."""
    record = machine.record
    return {
        "InstanceId": machine.id,
        "ImageId": record.image_id,
        "InstanceType": machine.instance_type,
        "State": state_row(machine.state),
        "StateTransitionReason": record.state_transition_reason or "",
        "StateReason": _state_reason(record),
        "KeyName": record.key_name,
        "AmiLaunchIndex": record.ami_launch_index,
        "LaunchTime": record.launch_time,
        "Placement": {"AvailabilityZone": machine.zone, "GroupName": "", "Tenancy": "default"},
        "Monitoring": {"State": record.monitoring_state},
        "Architecture": record.architecture,
        "BlockDeviceMappings": _block_device_rows(record),
        "ClientToken": record.client_token or "",
        "EbsOptimized": bool(record.ebs_optimized),
        "EnaSupport": True,
        "Hypervisor": "xen",
        "IamInstanceProfile": {"Arn": machine.profile_arn} if machine.profile_arn else None,
        "RootDeviceName": record.root_device_name,
        "RootDeviceType": "ebs",
        "VirtualizationType": "hvm",
        "MetadataOptions": metadata_row(record),
        "Tags": region.tags(machine.id),
        **_network_members(region, machine),
    }


def _network_members(region: Region, machine: Machine) -> Row:
    if 0 not in machine.devices:
        return {"PublicDnsName": "", "PrivateDnsName": "", "NetworkInterfaces": []}
    primary = machine.devices[0]
    address = primary.private_ips[0]
    association = association_row(region, primary, address) or {}
    named = region.names_are_on(primary.vpc_id)
    public_ip = association.get("PublicIp")
    return {
        "SubnetId": primary.subnet_id,
        "VpcId": primary.vpc_id,
        "PrivateIpAddress": address,
        "PrivateDnsName": private_name(address, region=region.name),
        "PublicIpAddress": public_ip,
        "PublicDnsName": public_name(public_ip, region=region.name) if public_ip and named else "",
        "Ipv6Address": primary.ipv6s[0] if primary.ipv6s else None,
        "SourceDestCheck": primary.record.source_dest_check,
        "SecurityGroups": [
            {"GroupId": group.id, "GroupName": group.name}
            for group in primary.record._group_set  # noqa: SLF001 - without the instance's own, as EC2
        ],
        "NetworkInterfaces": [
            instance_interface_row(region, machine.devices[index]) for index in sorted(machine.devices)
        ],
    }


def _state_reason(record: Instance) -> Row | None:
    if not record.state_reason.code:
        return None
    return {"Code": record.state_reason.code, "Message": record.state_reason.message}


def _block_device_rows(record: Instance) -> list[Row]:
    return [
        {
            "DeviceName": name,
            "Ebs": {
                "VolumeId": device.volume_id,
                "Status": "attached",
                "AttachTime": device.attach_time,
                "DeleteOnTermination": device.delete_on_termination,
            },
        }
        for name, device in record.get_block_device_mapping
    ]


def metadata_row(record: Instance) -> Row:
    """The instance metadata options."""
    options = record.metadata_options
    return {
        "State": "applied",
        "HttpTokens": options.http_tokens,
        "HttpPutResponseHopLimit": options.http_put_response_hop_limit,
        "HttpEndpoint": options.http_endpoint,
        "HttpProtocolIpv6": options.http_protocol_ipv6,
        "InstanceMetadataTags": options.instance_metadata_tags,
    }


def reservation_row(region: Region, reservation: Reservation, machines: list[Machine]) -> Row:
    """A reservation with those of its instances that the caller asked for."""
    return {
        "ReservationId": reservation.id,
        "OwnerId": region.owner,
        "Groups": [],
        "Instances": [instance_row(region, machine) for machine in machines],
    }


def status_row(machine: Machine) -> Row:
    """One instance as DescribeInstanceStatus shows it; checks exist only while it runs."""
    running = machine.state == "running"
    return {
        "AvailabilityZone": machine.zone,
        "InstanceId": machine.id,
        "InstanceState": state_row(machine.state),
        "InstanceStatus": _check_row(machine.instance_check if running else "not-applicable"),
        "SystemStatus": _check_row(machine.system_check if running else "not-applicable"),
        "Events": [],
    }


def _check_row(status: str) -> Row:
    result = {"ok": "passed", "impaired": "failed", "initializing": "initializing"}.get(status)
    if result is None:
        return {"Status": status}
    return {"Status": status, "Details": [{"Name": "reachability", "Status": result}]}
