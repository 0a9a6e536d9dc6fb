"""Elastic IPs and interfaces as EC2 shows them. Members that EC2 leaves out are None here."""

from __future__ import annotations

from toolkit.lab.ec2.names import private_name, public_name
from toolkit.lab.ec2.records import Elastic, Interface
from toolkit.lab.ec2.region import Region
from toolkit.lab.ec2.wire import Row


def address_row(region: Region, elastic: Elastic) -> Row:
    """One Elastic IP. A free one has no keys about a holder (MOTO.md section 2 row 13)."""
    row: Row = {
        "AllocationId": elastic.allocation_id,
        "PublicIp": elastic.public_ip,
        "Domain": "vpc",
        "PublicIpv4Pool": "amazon",
        "NetworkBorderGroup": region.name,
        "Tags": region.tags(elastic.allocation_id) or None,
        "ServiceManaged": elastic.service_managed,
    }
    if association := elastic.association:
        interface = region.interfaces[association.interface_id]
        row |= {
            "AssociationId": association.id,
            "NetworkInterfaceId": interface.id,
            "NetworkInterfaceOwnerId": region.owner,
            "PrivateIpAddress": association.private_ip,
            "InstanceId": interface.attachment.instance_id if interface.attachment else None,
        }
    return row


def association_row(region: Region, interface: Interface, private_ip: str) -> Row | None:
    """The public side of a private address, or None. An automatic one belongs to ``amazon``."""
    elastic = region.elastic_on(interface, private_ip)
    primary = private_ip == interface.private_ips[0]
    named = region.names_are_on(interface.vpc_id) and (primary or region.settings.secondary_public_name)
    if elastic and elastic.association:
        return {
            "AllocationId": elastic.allocation_id,
            "AssociationId": elastic.association.id,
            "IpOwnerId": region.owner,
            "PublicIp": elastic.public_ip,
            "PublicDnsName": public_name(elastic.public_ip, region=region.name) if named else "",
        }
    if primary and interface.automatic_ip:
        return {
            "IpOwnerId": "amazon",
            "PublicIp": interface.automatic_ip,
            "PublicDnsName": public_name(interface.automatic_ip, region=region.name) if named else "",
        }
    return None


def shown_private_ips(region: Region, interface: Interface) -> list[str]:
    """The private addresses that a describe call lists now, moving ones by the switch."""
    shows = region.settings.moving_private_ip_shows
    shown = interface.private_ips
    if shows == "none":
        shown = [address for address in shown if not _is_leaving(region, interface, address)]
    return [*shown, *interface.arriving] if shows == "both" else list(shown)


def _is_leaving(region: Region, interface: Interface, address: str) -> bool:
    return any(other.arriving.get(address) == interface.id for other in region.interfaces.values())


def _private_ip_rows(region: Region, interface: Interface) -> list[Row]:
    named = region.names_are_on(interface.vpc_id)
    return [
        {
            "Primary": address == interface.private_ips[0],
            "PrivateIpAddress": address,
            "PrivateDnsName": private_name(address, region=region.name) if named else None,
            "Association": association_row(region, interface, address),
        }
        for address in shown_private_ips(region, interface)
    ]


def _attachment_row(region: Region, interface: Interface) -> Row | None:
    if not (attachment := interface.attachment):
        return None
    return {
        "AttachTime": attachment.since,
        "AttachmentId": attachment.id,
        "DeleteOnTermination": attachment.delete_on_termination,
        "DeviceIndex": attachment.device_index,
        "NetworkCardIndex": attachment.network_card_index,
        "InstanceId": attachment.instance_id,
        "InstanceOwnerId": region.owner,
        "Status": attachment.status,
    }


def status(region: Region, interface: Interface) -> str:
    """The interface's own status."""
    if interface.attachment is None:
        return "available"
    changing = interface.attachment.status in {"attaching", "detaching"}
    if changing and region.settings.interface_status_in_transition == "transition":
        return interface.attachment.status
    return "in-use"


def interface_row(region: Region, interface: Interface) -> Row:
    """One interface as DescribeNetworkInterfaces shows it."""
    record = interface.record
    return _shared_members(region, interface) | {
        "Attachment": _attachment_row(region, interface),
        "AvailabilityZone": interface.zone,
        "Ipv6Address": interface.ipv6s[0] if interface.ipv6s else None,
        "RequesterId": "amazon-aws" if interface.manager else None,
        "RequesterManaged": interface.manager is not None,
        "Operator": {"Managed": False},
        "TagSet": region.tags(record.id),
    }


def instance_interface_row(region: Region, interface: Interface) -> Row:
    """One interface as DescribeInstances shows it: the same facts in a narrower shape."""
    attachment = _attachment_row(region, interface)
    for member in ("InstanceId", "InstanceOwnerId"):
        (attachment or {}).pop(member, None)
    return _shared_members(region, interface) | {"Attachment": attachment}


def _shared_members(region: Region, interface: Interface) -> Row:
    record, primary = interface.record, interface.private_ips[0]
    named = region.names_are_on(interface.vpc_id)
    return {
        "NetworkInterfaceId": record.id,
        "SubnetId": interface.subnet_id,
        "VpcId": interface.vpc_id,
        "Description": record.description,
        "OwnerId": region.owner,
        "Status": status(region, interface),
        "MacAddress": record.mac_address,
        "PrivateIpAddress": primary,
        "PrivateDnsName": private_name(primary, region=region.name) if named else None,
        "SourceDestCheck": record.source_dest_check,
        "Groups": [{"GroupId": group.id, "GroupName": group.name} for group in record._group_set],  # noqa: SLF001
        "Association": association_row(region, interface, primary),
        "PrivateIpAddresses": _private_ip_rows(region, interface),
        "Ipv6Addresses": [
            {"Ipv6Address": address, "IsPrimaryIpv6": address == interface.primary_ipv6} for address in interface.ipv6s
        ],
        "Ipv4Prefixes": [{"Ipv4Prefix": prefix} for prefix in interface.ipv4_prefixes] or None,
        "Ipv6Prefixes": [{"Ipv6Prefix": prefix} for prefix in interface.ipv6_prefixes] or None,
        "InterfaceType": interface.interface_type,
    }
