"""What can be changed on an interface or an instance without moving anything."""

from __future__ import annotations

from toolkit.lab.ec2.attachments import attached_as
from toolkit.lab.ec2.errors import (
    Ec2Error,
    invalid_combination,
    invalid_value,
    missing,
    not_found,
    not_in_the_lab,
    not_permitted,
)
from toolkit.lab.ec2.instance_rows import metadata_row
from toolkit.lab.ec2.ownership import restore_automatic_ip
from toolkit.lab.ec2.records import Interface
from toolkit.lab.ec2.request import Handler, Request
from toolkit.lab.ec2.rows import interface_row
from toolkit.lab.ec2.wire import Row

_INTERFACE_ATTRIBUTES = (
    "Description",
    "SourceDestCheck",
    "Groups",
    "Attachment",
    "AssociatePublicIpAddress",
    "EnablePrimaryIpv6",
)


def modify_network_interface_attribute(request: Request) -> Row:
    """ModifyNetworkInterfaceAttribute: one attribute per call (AWS.md 1.3)."""
    interface = request.region.interface(request.text("NetworkInterfaceId"))
    given = [name for name in request.params if name not in {"NetworkInterfaceId", "DryRun"}]
    if not given:
        raise missing("description, sourceDestCheck, groups or attachment")
    if len(given) > 1:
        raise invalid_combination("Fields for multiple attribute types specified: " + ", ".join(given))
    if given[0] not in _INTERFACE_ATTRIBUTES:
        raise not_in_the_lab(f"ModifyNetworkInterfaceAttribute with {given[0]}")
    groups = request.texts("Groups")
    for group in groups:
        if request.region.store.get_security_group_from_id(group) is None:
            raise not_found("sg", group)
    request.confirm()
    if interface.manager:
        raise not_permitted("You are not allowed to manage this network interface.")
    _change_interface(request, interface, attribute=given[0])
    return {}


def _change_interface(request: Request, interface: Interface, *, attribute: str) -> None:
    region, value = request.region, request.params[attribute]
    if attribute == "Description":
        interface.record.description = value.get("Value", "")
    elif attribute == "SourceDestCheck":
        interface.record.source_dest_check = value["Value"]
        _tell_instance(interface, "source_dest_check", value["Value"])
    elif attribute == "Groups":
        found = (region.store.get_security_group_from_id(group) for group in value)
        groups = [group for group in found if group]
        interface.record._group_set = groups  # noqa: SLF001
        _tell_instance(interface, "security_groups", groups)
    elif attribute == "Attachment":
        _change_attachment(request, interface, value)
    elif attribute == "AssociatePublicIpAddress":
        interface.wants_public_ip = value
        interface.automatic_ip = None
        restore_automatic_ip(region, interface)
    elif not interface.ipv6s:
        raise invalid_value(f"The interface {interface.id} has no IPv6 address.")
    elif interface.primary_ipv6 and not value:
        raise invalid_value("A primary IPv6 address cannot be disabled.")
    else:
        interface.primary_ipv6 = interface.ipv6s[0]


def _tell_instance(interface: Interface, attribute: str, value: object) -> None:
    # DescribeInstanceAttribute is moto's, and reads the instance.
    if interface.attachment and interface.attachment.device_index == 0:
        setattr(interface.record.instance, attribute, value)


def _change_attachment(request: Request, interface: Interface, value: Row) -> None:
    attachment_id = value.get("AttachmentId", "")
    if attached_as(request, attachment_id) is not interface or interface.attachment is None:
        raise not_found("eni-attach", attachment_id)
    if "DeleteOnTermination" in value:
        interface.attachment.delete_on_termination = value["DeleteOnTermination"]


def describe_network_interface_attribute(request: Request) -> Row:
    """DescribeNetworkInterfaceAttribute, the one that is asked for."""
    interface = request.region.interface(request.text("NetworkInterfaceId"))
    request.confirm()
    row = interface_row(request.region, interface)
    answers: Row = {
        "attachment": {"Attachment": row["Attachment"]},
        "description": {"Description": {"Value": row["Description"]}},
        "groupSet": {"Groups": row["Groups"]},
        "sourceDestCheck": {"SourceDestCheck": {"Value": row["SourceDestCheck"]}},
        "associatePublicIpAddress": {"AssociatePublicIpAddress": interface.wants_public_ip},
    }
    wanted = request.text("Attribute")
    if wanted not in answers:
        raise invalid_value(f"Value ({wanted}) for parameter attribute is invalid.")
    return {"NetworkInterfaceId": interface.id, **answers[wanted]}


def reset_network_interface_attribute(request: Request) -> Row:
    """ResetNetworkInterfaceAttribute: the source/destination check goes back to on."""
    interface = request.region.interface(request.text("NetworkInterfaceId"))
    request.confirm()
    interface.record.source_dest_check = True
    return {}


_VALUES = {
    "DisableApiTermination": "disable_api_termination",
    "DisableApiStop": "disable_api_stop",
    "InstanceType": "instance_type",
    "UserData": "user_data",
    "EbsOptimized": "ebs_optimized",
    "InstanceInitiatedShutdownBehavior": "instance_initiated_shutdown_behavior",
}
_ONLY_STOPPED = {"InstanceType", "UserData", "EbsOptimized"}


def modify_instance_attribute(request: Request) -> Row:
    """ModifyInstanceAttribute: network attributes only while the instance has one interface (AWS.md 1.5)."""
    machine = request.region.machine(request.text("InstanceId"))
    given = [name for name in request.params if name not in {"InstanceId", "DryRun"}]
    if len(given) != 1:
        raise invalid_combination("Exactly one attribute can be modified per call")
    name = given[0]
    request.confirm()
    if name in {"SourceDestCheck", "Groups"}:
        if len(machine.devices) != 1:
            raise Ec2Error(
                "InvalidInstanceID",
                f"There are multiple interfaces attached to instance '{machine.id}'. "
                "Please specify an interface ID for the operation instead.",
            )
        _change_interface(request, machine.devices[0], attribute=name)
        return {}
    if name not in _VALUES:
        raise not_in_the_lab(f"ModifyInstanceAttribute with {name}")
    if name in _ONLY_STOPPED and machine.state != "stopped":
        raise Ec2Error("IncorrectInstanceState", f"The instance '{machine.id}' is not in the 'stopped' state.")
    setattr(machine.record, _VALUES[name], request.params[name]["Value"])
    return {}


def modify_instance_metadata_options(request: Request) -> Row:
    """ModifyInstanceMetadataOptions: what is not named stays (MOTO.md section 4 row 14)."""
    machine = request.region.machine(request.text("InstanceId"))
    request.confirm()
    options = machine.record.metadata_options
    for parameter, field in (
        ("HttpTokens", "http_tokens"),
        ("HttpPutResponseHopLimit", "http_put_response_hop_limit"),
        ("HttpEndpoint", "http_endpoint"),
        ("HttpProtocolIpv6", "http_protocol_ipv6"),
        ("InstanceMetadataTags", "instance_metadata_tags"),
    ):
        if parameter in request.params:
            setattr(options, field, request.params[parameter])
    return {"InstanceId": machine.id, "InstanceMetadataOptions": metadata_row(machine.record)}


OPERATIONS: dict[str, Handler] = {
    "DescribeNetworkInterfaceAttribute": describe_network_interface_attribute,
    "ModifyInstanceAttribute": modify_instance_attribute,
    "ModifyInstanceMetadataOptions": modify_instance_metadata_options,
    "ModifyNetworkInterfaceAttribute": modify_network_interface_attribute,
    "ResetNetworkInterfaceAttribute": reset_network_interface_attribute,
}
