"""AssociateAddress and DisassociateAddress, per private address (AWS.md 1.1)."""

from __future__ import annotations

from toolkit.lab.ec2.addresses import named_elastic
from toolkit.lab.ec2.errors import (
    Ec2Error,
    invalid_combination,
    invalid_value,
    managed_by_aws,
    missing,
    not_found,
)
from toolkit.lab.ec2.managed import check_own
from toolkit.lab.ec2.ownership import associate, disassociate
from toolkit.lab.ec2.records import Elastic, Interface, Machine
from toolkit.lab.ec2.request import Handler, Request
from toolkit.lab.ec2.wire import Row


def associate_address(request: Request) -> Row:
    """AssociateAddress: one call moves an address, and whoever had it loses it in the same step."""
    if request.text("PublicIp") and not request.text("AllocationId"):
        raise invalid_combination("You must specify an allocation id when mapping an address to a VPC instance")
    elastic = named_elastic(request)
    interface = _target(request)
    request.confirm()
    check_own(request.region, elastic)
    if interface.manager:
        raise managed_by_aws()
    private_ip = _private_ip(request, interface)
    _check_gateway(request, interface)
    present = elastic.association
    if present and (present.interface_id, present.private_ip) == (interface.id, private_ip):
        if not request.settings.reassociate_same_target_keeps_id:
            present = associate(request.region, elastic, interface=interface, private_ip=private_ip)
        return {"AssociationId": present.id}
    _check_reassociation(request, elastic, interface=interface, private_ip=private_ip)
    association = associate(request.region, elastic, interface=interface, private_ip=private_ip)
    return {"AssociationId": association.id}


def _target(request: Request) -> Interface:
    instance_id, interface_id = request.text("InstanceId"), request.text("NetworkInterfaceId")
    if instance_id and interface_id:
        raise invalid_combination("You may specify an instance id or a network interface id, not both")
    if interface_id:
        interface = request.region.interface(interface_id)
        _check_attached_machine(interface, request.region.machine_of(interface))
        return interface
    if instance_id:
        return only_interface(request.region.machine(instance_id))
    raise missing("instanceId or networkInterfaceId")


def only_interface(machine: Machine) -> Interface:
    """The interface of an instance that has exactly one.

    Raises:
        Ec2Error: InvalidInstanceID, the instance is not there for it (AWS.md section 2 B) or has more
            than one interface (AWS.md 1.1).
    """
    if machine.state not in {"running", "stopping", "stopped"}:
        raise Ec2Error(
            "InvalidInstanceID",
            f"The {machine.state} instance '{machine.id}' is not in a valid state for this operation.",
        )
    if len(machine.devices) != 1:
        raise Ec2Error(
            "InvalidInstanceID",
            f"There are multiple interfaces attached to instance '{machine.id}'. "
            "Please specify an interface ID for the operation instead.",
        )
    return next(iter(machine.devices.values()))


def _check_attached_machine(interface: Interface, machine: Machine | None) -> None:
    if machine and machine.state not in {"running", "stopping", "stopped"}:
        raise Ec2Error(
            "IncorrectInstanceState",
            f"The instance to which '{interface.id}' is attached is not in a valid state for this operation",
        )


def _private_ip(request: Request, interface: Interface) -> str:
    private_ip = request.text("PrivateIpAddress") or interface.private_ips[0]
    if private_ip not in interface.private_ips:
        raise invalid_value(
            f"Invalid value '{private_ip}' for PrivateIpAddress: it is not assigned to interface {interface.id}"
        )
    return private_ip


def _check_gateway(request: Request, interface: Interface) -> None:
    if not request.region.reaches_internet(interface.vpc_id):
        raise Ec2Error("Gateway.NotAttached", f"Network {interface.vpc_id} is not attached to any internet gateway")


def _check_reassociation(request: Request, elastic: Elastic, *, interface: Interface, private_ip: str) -> None:
    default = request.settings.allow_reassociation_default
    if request.params.get("AllowReassociation", default):
        return
    held = request.region.elastic_on(interface, private_ip)
    blocked = elastic if elastic.association else None
    if blocked is None and request.settings.reassociation_guards_target:
        blocked = held
    if blocked and blocked.association:
        raise Ec2Error(
            "Resource.AlreadyAssociated",
            f"resource {blocked.allocation_id} is already associated with associate-id {blocked.association.id}",
        )


def disassociate_address(request: Request) -> Row:
    """DisassociateAddress: documented as idempotent, reported as refusing an unknown id (AWS.md 1.1)."""
    elastic = _associated(request)
    request.confirm()
    if elastic is None:
        return {}
    check_own(request.region, elastic)
    disassociate(request.region, elastic)
    return {}


def _associated(request: Request) -> Elastic | None:
    association_id = request.text("AssociationId")
    if not association_id:
        if not request.text("PublicIp"):
            raise missing("associationId")
        return named_elastic(request)
    for elastic in request.region.elastics.values():
        if elastic.association and elastic.association.id == association_id:
            return elastic
    refusal = not_found("eipassoc", association_id)
    if request.settings.stale_disassociate == "ok" and refusal.code.endswith("NotFound"):
        return None
    raise refusal


OPERATIONS: dict[str, Handler] = {
    "AssociateAddress": associate_address,
    "DisassociateAddress": disassociate_address,
}
