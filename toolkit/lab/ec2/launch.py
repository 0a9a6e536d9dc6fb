"""RunInstances: interfaces first, by the same rules as CreateNetworkInterface, then the instances on them."""

from __future__ import annotations

from base64 import b64decode

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.instances import Reservation
from moto.ec2.models.subnets import Subnet
from moto.ec2.utils import parse_user_data

from toolkit.lab.ec2.attachment import attach
from toolkit.lab.ec2.creation import create
from toolkit.lab.ec2.errors import (
    Ec2Error,
    invalid_combination,
    invalid_value,
    not_in_the_lab,
)
from toolkit.lab.ec2.instance_rows import reservation_row
from toolkit.lab.ec2.lifecycle import start
from toolkit.lab.ec2.limits import NetworkLimits, limits_of
from toolkit.lab.ec2.ownership import forget, mirror
from toolkit.lab.ec2.records import Interface, Machine
from toolkit.lab.ec2.request import Handler, Request
from toolkit.lab.ec2.wire import Row

_DEFAULT_TYPE = "t3.micro"
_HONOURED = {
    "ClientToken",
    "DisableApiStop",
    "DisableApiTermination",
    "DryRun",
    "EbsOptimized",
    "EnablePrimaryIpv6",
    "IamInstanceProfile",
    "ImageId",
    "InstanceInitiatedShutdownBehavior",
    "InstanceType",
    "Ipv6AddressCount",
    "Ipv6Addresses",
    "KeyName",
    "MaxCount",
    "MetadataOptions",
    "MinCount",
    "Monitoring",
    "NetworkInterfaces",
    "Placement",
    "PrivateIpAddress",
    "SecurityGroupIds",
    "SubnetId",
    "TagSpecifications",
    "UserData",
}
# Storage, processor and maintenance are no part of what the lab imitates, and change no address.
_WITHOUT_EFFECT = {"BlockDeviceMappings", "CpuOptions", "CreditSpecification", "MaintenanceOptions"}


def run_instances(request: Request) -> Row:
    """RunInstances with its network checks; an interrupted launch leaves nothing behind.

    Raises:
        Ec2Error: what CreateNetworkInterface and AttachNetworkInterface would refuse.
    """
    region = request.region
    if unknown := sorted(request.params.keys() - _HONOURED - _WITHOUT_EFFECT):
        raise not_in_the_lab(f"RunInstances with {', '.join(unknown)}")
    limits = limits_of(request.text("InstanceType") or _DEFAULT_TYPE)
    count = request.number("MaxCount")
    specs = _specifications(request)
    _check(request, specs, limits=limits, count=count)
    request.confirm()
    token = request.text("ClientToken")
    if token and (known := region.reservations.get(token)):
        reservation = region.store.reservations[known]
    else:
        reservation = _launch(request, specs, count=count)
        if token:
            region.reservations[token] = reservation.id
    machines = [region.machines[record.id] for record in reservation.instances]
    return reservation_row(region, reservation, machines)


def _specifications(request: Request) -> list[Row]:
    shared = {
        "PrivateIpAddress": request.params.get("PrivateIpAddress"),
        "Groups": request.texts("SecurityGroupIds"),
        "Ipv6Addresses": request.params.get("Ipv6Addresses"),
        "Ipv6AddressCount": request.params.get("Ipv6AddressCount"),
        "EnablePrimaryIpv6": request.params.get("EnablePrimaryIpv6"),
        "SubnetId": request.params.get("SubnetId"),
    }
    given = {name: value for name, value in shared.items() if value}
    listed: list[Row] = request.params.get("NetworkInterfaces", [])
    if listed and given:
        raise invalid_combination(
            f"Network interfaces and an instance-level {', '.join(given)} may not be specified on the same request"
        )
    return listed or [{**given, "DeviceIndex": 0}]


def _check(request: Request, specs: list[Row], *, limits: NetworkLimits, count: int) -> None:
    indexes = [spec.get("DeviceIndex", 0) for spec in specs]
    if 0 not in indexes or len(set(indexes)) != len(indexes):
        raise invalid_value("Device indexes must differ, and one of them must be 0.")
    if len(specs) > limits.interfaces:
        raise Ec2Error(
            "AttachmentLimitExceeded",
            f"Interface count {len(specs)} exceeds the limit for {request.text('InstanceType')}",
        )
    fixed = any(spec.get("NetworkInterfaceId") or spec.get("PrivateIpAddress") for spec in specs)
    if count > 1 and fixed:
        raise invalid_combination("Only one instance can have the given interface or private address")
    if count < 1 or request.number("MinCount") > count:
        raise invalid_value("MinCount and MaxCount must be at least 1, and MinCount not above MaxCount.")
    room = limits.ipv4_addresses
    for spec in specs:
        listed = len(spec.get("PrivateIpAddresses", [])) or 1
        if listed + spec.get("SecondaryPrivateIpAddressCount", 0) > room:
            raise Ec2Error("PrivateIpAddressLimitExceeded", f"Number of private addresses exceeds limit ({room}).")
        if interface_id := spec.get("NetworkInterfaceId"):
            interface = request.region.interface(interface_id)
            if interface.attachment:
                raise Ec2Error(request.settings.in_use_interface_code, f"Interface: [{interface_id}] in use.")


def _launch(request: Request, specs: list[Row], *, count: int) -> Reservation:
    reservation: Reservation | None = None
    for index in range(count):
        one = _launch_one(request, specs, launch_index=index)
        if reservation is None:
            reservation = one
        else:
            reservation.instances += one.instances
            del request.region.store.reservations[one.id]
    if reservation is None:
        raise invalid_value("MaxCount must be at least 1.")
    return reservation


def _launch_one(request: Request, specs: list[Row], *, launch_index: int) -> Reservation:
    region = request.region
    user_data = _user_data(request)
    interfaces: list[tuple[Row, Interface]] = []
    try:
        for spec in sorted(specs, key=lambda spec: int(spec.get("DeviceIndex", 0))):
            interface = _interface(request, spec)
            interfaces.append((spec, interface))
        reservation = _record(request, interfaces)
    except Ec2Error:
        for spec, interface in interfaces:
            if not spec.get("NetworkInterfaceId"):
                forget(region, interface)
        raise
    record = reservation.instances[0]
    record.ami_launch_index = launch_index
    machine = Machine(record, user_data=user_data, profile_arn=_profile_arn(request))
    region.machines[record.id] = machine
    record.nics.clear()
    for spec, interface in interfaces:
        attach(
            region,
            interface,
            machine=machine,
            device_index=spec.get("DeviceIndex", 0),
            delete_on_termination=spec.get("DeleteOnTermination", "NetworkInterfaceId" not in spec),
            due=request.now,
        )
    start(region, machine, due=request.now + request.settings.instance_start)
    return reservation


def _profile_arn(request: Request) -> str | None:
    profile = request.params.get("IamInstanceProfile", {})
    if name := profile.get("Name"):
        partition = request.region.store.partition
        return f"arn:{partition}:iam::{request.region.owner}:instance-profile/{name}"
    arn: str | None = profile.get("Arn")
    return arn


def _user_data(request: Request) -> bytes | None:
    if not (encoded := request.text("UserData")):
        return None
    try:
        return b64decode(encoded, validate=True)
    except ValueError:
        raise Ec2Error("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.") from None


def _interface(request: Request, spec: Row) -> Interface:
    region = request.region
    if interface_id := spec.get("NetworkInterfaceId"):
        return region.interface(interface_id)
    subnet = _subnet(request, spec)
    described = {"Description": "", **spec}
    interface = create(region, described, subnet=subnet, tags=request.tags_for("network-interface"))
    wanted = spec.get("AssociatePublicIpAddress")
    primary = spec.get("DeviceIndex", 0) == 0
    interface.wants_public_ip = bool(subnet.map_public_ip_on_launch and primary) if wanted is None else wanted
    mirror(interface)
    return interface


def _subnet(request: Request, spec: Row) -> Subnet:
    if subnet_id := spec.get("SubnetId"):
        return request.region.subnet(subnet_id)
    zone = request.params.get("Placement", {}).get("AvailabilityZone")
    for name, subnet in sorted(request.region.store.get_default_subnets().items()):
        if zone in {None, name}:
            return subnet
    raise Ec2Error("MissingInput", "No subnets found for the default VPC. Please specify a subnet.")


def _record(request: Request, interfaces: list[tuple[Row, Interface]]) -> Reservation:
    region, params = request.region, request.params
    primary = interfaces[0][1]
    groups = [group.id for group in primary.record._group_set]  # noqa: SLF001
    # moto keeps a second list of addresses per subnet and refuses one that it has seen before.
    primary.record.subnet.del_subnet_ip(primary.private_ips[0])
    try:
        return region.store.run_instances(
            params.get("ImageId") or "ami-0abcdef1234567890",
            1,
            parse_user_data(params.get("UserData")),
            [],
            instance_type=params.get("InstanceType") or _DEFAULT_TYPE,
            is_instance_type_default=True,  # checked already, against the same table
            region_name=region.name,
            subnet_id=primary.subnet_id,
            private_ip=primary.private_ips[0],
            key_name=params.get("KeyName"),
            security_group_ids=groups,
            nics=[
                {"DeviceIndex": spec.get("DeviceIndex", 0), "NetworkInterfaceId": interface.id}
                for spec, interface in interfaces
            ],
            tags={"instance": request.tags_for("instance"), "volume": request.tags_for("volume")},
            ebs_optimized=params.get("EbsOptimized", False),
            disable_api_stop=params.get("DisableApiStop", False),
            disable_api_termination=params.get("DisableApiTermination", False),
            instance_initiated_shutdown_behavior=params.get("InstanceInitiatedShutdownBehavior"),
            monitoring_state="enabled" if params.get("Monitoring", {}).get("Enabled") else "disabled",
            metadata_options=params.get("MetadataOptions", {}),
            client_token=params.get("ClientToken", ""),
        )
    except EC2ClientError as error:
        raise Ec2Error(str(error.code), str(error.message)) from error


OPERATIONS: dict[str, Handler] = {"RunInstances": run_instances}
