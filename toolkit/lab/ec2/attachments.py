"""AttachNetworkInterface and DetachNetworkInterface, with EC2's guards (AWS.md 1.3)."""

from __future__ import annotations

from toolkit.lab.ec2.attachment import attach, start_detaching
from toolkit.lab.ec2.errors import (
    Ec2Error,
    invalid_combination,
    invalid_value,
    not_found,
    not_permitted,
)
from toolkit.lab.ec2.limits import check_fits, check_interface_count, limits_of
from toolkit.lab.ec2.records import Interface, Machine
from toolkit.lab.ec2.request import Handler, Request
from toolkit.lab.ec2.wire import Row


def attach_network_interface(request: Request) -> Row:
    """AttachNetworkInterface: a free interface, a free index, the same zone, room on the type."""
    region = request.region
    interface = region.interface(request.text("NetworkInterfaceId"))
    machine = region.machine(request.text("InstanceId"))
    request.confirm()
    _check_free(request, interface)
    _check_machine(machine, interface)
    _check_slot(machine, request)
    check_fits(machine, interface)
    attachment = attach(
        region,
        interface,
        machine=machine,
        device_index=request.number("DeviceIndex"),
        delete_on_termination=False,
        due=request.now + request.settings.eni_attach,
    )
    attachment.network_card_index = request.number("NetworkCardIndex")
    return {"AttachmentId": attachment.id, "NetworkCardIndex": attachment.network_card_index}


def _check_free(request: Request, interface: Interface) -> None:
    if interface.manager:
        raise not_permitted("You are not allowed to manage this network interface.")
    if interface.attachment:
        raise Ec2Error(request.settings.in_use_interface_code, f"Interface: [{interface.id}] in use.")


def _check_machine(machine: Machine, interface: Interface) -> None:
    if machine.state not in {"running", "stopped"}:
        raise Ec2Error(
            "IncorrectInstanceState",
            f"The instance '{machine.id}' is not in the 'running' or 'stopped' state.",
        )
    if machine.zone != interface.zone:
        raise invalid_combination(
            "You may not attach a network interface to an instance if they are not in the same availability zone"
        )


def _check_slot(machine: Machine, request: Request) -> None:
    index = request.number("DeviceIndex")
    if request.number("NetworkCardIndex") >= limits_of(machine.instance_type).network_cards:
        raise invalid_value(f"The network card index exceeds what {machine.instance_type} has.")
    if index in machine.devices:
        raise invalid_value(f"Instance '{machine.id}' already has an interface attached at device index '{index}'.")
    check_interface_count(machine)


def detach_network_interface(request: Request) -> Row:
    """DetachNetworkInterface: never the primary one; asynchronous, Force has its own delay."""
    region = request.region
    interface = attached_as(request, request.text("AttachmentId"))
    attachment = interface.attachment
    if attachment is None:
        raise not_found("eni-attach", request.text("AttachmentId"))
    request.confirm()
    if interface.manager:
        raise not_permitted("You are not allowed to manage this network interface.")
    if attachment.device_index == 0:
        raise not_permitted("The network interface at device index 0 and networkCard index 0 cannot be detached.")
    forced = request.flag("Force")
    if attachment.status == "detaching" and not forced:
        raise Ec2Error("IncorrectState", f"The attachment '{attachment.id}' is being detached already.")
    delay = request.settings.eni_detach_forced if forced else request.settings.eni_detach
    start_detaching(region, interface, due=request.now + delay)
    return {}


def attached_as(request: Request, attachment_id: str) -> Interface:
    """The interface that is attached under that id, or the refusal."""
    for interface in request.region.interfaces.values():
        if interface.attachment and interface.attachment.id == attachment_id:
            return interface
    raise not_found("eni-attach", attachment_id)


OPERATIONS: dict[str, Handler] = {
    "AttachNetworkInterface": attach_network_interface,
    "DetachNetworkInterface": detach_network_interface,
}
