"""What EC2 would refuse before moto, which only looks at part of it, changes a network."""

from __future__ import annotations

from collections.abc import Callable, Container

from toolkit.lab.ec2.errors import Ec2Error, not_found
from toolkit.lab.ec2.region import Region
from toolkit.lab.ec2.request import Request


def _in_use(kind: str, resource_id: str) -> Ec2Error:
    return Ec2Error("DependencyViolation", f"The {kind} '{resource_id}' has dependencies and cannot be deleted.")


def guard_delete_subnet(request: Request) -> None:
    """DeleteSubnet: not while an interface is in it."""
    subnet_id = request.text("SubnetId")
    if any(interface.subnet_id == subnet_id for interface in request.region.interfaces.values()):
        raise _in_use("subnet", subnet_id)


def guard_delete_security_group(request: Request) -> None:
    """DeleteSecurityGroup: not while an interface is in it."""
    group_id = request.text("GroupId")
    for interface in request.region.interfaces.values():
        if any(group.id == group_id for group in interface.record._group_set):  # noqa: SLF001
            raise Ec2Error("DependencyViolation", f"resource {group_id} has a dependent object")


def guard_detach_internet_gateway(request: Request) -> None:
    """DetachInternetGateway: not while the VPC has public addresses."""
    region, vpc_id = request.region, request.text("VpcId")
    if any(_has_public_address(region, interface_id, vpc_id=vpc_id) for interface_id in region.interfaces):
        raise Ec2Error(
            "DependencyViolation",
            f"Network {vpc_id} has some mapped public address(es). "
            "Please unmap those public address(es) before detaching the gateway.",
        )


def _has_public_address(region: Region, interface_id: str, *, vpc_id: str) -> bool:
    interface = region.interfaces[interface_id]
    carries = any(region.elastic_on(interface, address) for address in interface.private_ips)
    return interface.vpc_id == vpc_id and (carries or interface.automatic_ip is not None)


def guard_tags(request: Request) -> None:
    """CreateTags, DeleteTags: only on what exists."""
    region = request.region
    known: dict[str, Container[str]] = {"i": region.machines, "eni": region.interfaces, "eipalloc": region.elastics}
    for resource_id in request.texts("Resources"):
        prefix = resource_id.rpartition("-")[0]
        if prefix in known and resource_id not in known[prefix]:
            raise not_found(prefix, resource_id)


GUARDS: dict[str, Callable[[Request], None]] = {
    "CreateTags": guard_tags,
    "DeleteSecurityGroup": guard_delete_security_group,
    "DeleteSubnet": guard_delete_subnet,
    "DeleteTags": guard_tags,
    "DetachInternetGateway": guard_detach_internet_gateway,
}
