"""How much an instance type takes, from the table that DescribeInstanceTypes shows (AWS.md 1.3)."""

from __future__ import annotations

from dataclasses import dataclass

from moto.ec2.models.instance_types import INSTANCE_TYPES

from toolkit.lab.ec2.errors import Ec2Error
from toolkit.lab.ec2.records import Interface, Machine
from toolkit.lab.ec2.region import Region

# An interface that is attached to nothing takes what the largest types take (AWS has no figure; generous).
_UNATTACHED = 50


@dataclass(frozen=True)
class NetworkLimits:
    """What one instance type allows; addresses count the primary one."""

    interfaces: int
    ipv4_addresses: int
    ipv6_addresses: int
    network_cards: int


def limits_of(instance_type: str) -> NetworkLimits:
    """The limits of an instance type.

    Raises:
        Ec2Error: there is no such type.
    """
    if not (found := INSTANCE_TYPES.get(instance_type)):
        raise Ec2Error("InvalidParameterValue", f"Invalid value '{instance_type}' for InstanceType.")
    network = found["NetworkInfo"]
    return NetworkLimits(
        interfaces=network["MaximumNetworkInterfaces"],
        ipv4_addresses=network["Ipv4AddressesPerInterface"],
        ipv6_addresses=network["Ipv6AddressesPerInterface"],
        network_cards=network.get("MaximumNetworkCards", 1),
    )


def check_interface_count(machine: Machine) -> None:
    """Refuse one more interface than the type takes."""
    allowed = limits_of(machine.instance_type).interfaces
    if len(machine.devices) >= allowed:
        raise Ec2Error(
            "AttachmentLimitExceeded",
            f"Interface count {len(machine.devices) + 1} exceeds the limit for {machine.instance_type}",
        )


def check_fits(machine: Machine, interface: Interface) -> None:
    """Refuse an interface that brings more addresses than the type takes on one."""
    allowed = limits_of(machine.instance_type)
    if interface.addresses_in_use > allowed.ipv4_addresses or len(interface.ipv6s) > allowed.ipv6_addresses:
        raise Ec2Error(
            "PrivateIpAddressLimitExceeded",
            f"The addresses of {interface.id} exceed the limit for {machine.instance_type}.",
        )


def check_ipv4_count(region: Region, interface: Interface, *, more: int) -> None:
    """Refuse more private addresses than the type of the attached instance takes."""
    machine = region.machine_of(interface)
    allowed = limits_of(machine.instance_type).ipv4_addresses if machine else _UNATTACHED
    if interface.addresses_in_use + more > allowed:
        raise Ec2Error(
            "PrivateIpAddressLimitExceeded",
            f"Number of private addresses will exceed limit ({allowed}) for interface {interface.id}.",
        )


def check_ipv6_count(region: Region, interface: Interface, *, more: int) -> None:
    """Refuse more IPv6 addresses than the type of the attached instance takes."""
    machine = region.machine_of(interface)
    allowed = limits_of(machine.instance_type).ipv6_addresses if machine else _UNATTACHED
    if len(interface.ipv6s) + len(interface.ipv6_prefixes) + more > allowed:
        raise Ec2Error(
            "InvalidInterface.IpAddressLimitExceeded",
            f"Number of IPv6 addresses will exceed limit ({allowed}) for interface {interface.id}.",
        )
