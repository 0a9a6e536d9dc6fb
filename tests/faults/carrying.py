"""Another hand at the console: it brings the group's address of a kind to a node, or to the stranger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from toolkit.lab.worlds.pair import FLOATING, OVERLAY, OVERLAY_IPV6

if TYPE_CHECKING:
    from faults.site import Site

FOREIGN_IP: Final = "10.0.1.201"


def _carry_eip(site: Site, role: str) -> None:
    onto = {"PrivateIpAddress": FOREIGN_IP} if role == "foreign" else {"PrivateIpAddress": site.ids[f"{role}-ip"]}
    site.ec2.associate_address(
        AllocationId=site.ids["eip"], NetworkInterfaceId=site.ids[f"{role}-eni"], AllowReassociation=True, **onto
    )


def _carry_private_ip(site: Site, role: str) -> None:
    site.ec2.assign_private_ip_addresses(
        NetworkInterfaceId=site.ids[f"{role}-eni"], PrivateIpAddresses=[FLOATING], AllowReassignment=True
    )


def _carry_ipv6(site: Site, role: str) -> None:
    address = site.ids["ipv6"]
    for holder in site.endpoint.placement().get(f"ip:{address}", ()):
        site.ec2.unassign_ipv6_addresses(NetworkInterfaceId=holder, Ipv6Addresses=[address])
    site.ec2.assign_ipv6_addresses(NetworkInterfaceId=site.ids[f"{role}-eni"], Ipv6Addresses=[address])


def _carry_eni(site: Site, role: str) -> None:
    row = site.ec2.describe_network_interfaces(NetworkInterfaceIds=[site.ids["vip-eni"]])["NetworkInterfaces"][0]
    if row.get("Attachment"):
        site.ec2.detach_network_interface(AttachmentId=row["Attachment"]["AttachmentId"], Force=True)
    site.ec2.attach_network_interface(NetworkInterfaceId=site.ids["vip-eni"], InstanceId=site.ids[role], DeviceIndex=1)


def _carry_route(site: Site, role: str) -> None:
    for table in ("table-1", "table-2"):
        for key, to in (("DestinationCidrBlock", OVERLAY), ("DestinationIpv6CidrBlock", OVERLAY_IPV6)):
            site.ec2.replace_route(
                RouteTableId=site.ids[table], NetworkInterfaceId=site.ids[f"{role}-eni"], **{key: to}
            )


def _carry_dns(site: Site, role: str) -> None:
    value = "10.0.1.200" if role == "foreign" else site.ids[f"{role}-ip"]
    rows = {"Name": site.ids["record"], "Type": "A", "TTL": 10, "ResourceRecords": [{"Value": value}]}
    site.endpoint.clients("route53").change_resource_record_sets(
        HostedZoneId=site.ids["zone"], ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": rows}]}
    )


CARRY: Final[Mapping[str, Callable[[Site, str], None]]] = {
    "eip": _carry_eip,
    "private_ip": _carry_private_ip,
    "ipv6": _carry_ipv6,
    "eni": _carry_eni,
    "route": _carry_route,
    "dns": _carry_dns,
}
