"""AWS's answers become frozen views; a key that AWS leaves out is None, empty or the default."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from toolkit.domain.snapshot import (
    AttachmentView,
    EipView,
    InstanceView,
    InterfaceView,
    PrivateIpView,
    RecordKey,
    RecordView,
    RouteView,
    StatusView,
    SubnetView,
    TableView,
    TypeLimits,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

Row: TypeAlias = "Mapping[str, Any]"

_OWN_TYPES: Final = frozenset({"interface", "efa", "efa-only"})
_TARGETS: Final = (
    "NetworkInterfaceId",
    "NatGatewayId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "EgressOnlyInternetGatewayId",
    "CarrierGatewayId",
    "LocalGatewayId",
    "CoreNetworkArn",
    "OdbNetworkArn",
    "GatewayId",
    "InstanceId",
)
_NO_BLOCK: Final = frozenset({"disassociating", "disassociated", "failing", "failed"})
_DESTINATIONS: Final = ("DestinationCidrBlock", "DestinationIpv6CidrBlock")
_ROUTING: Final = {
    "Weight": "weighted routing",
    "Region": "latency routing",
    "Failover": "failover routing",
    "GeoLocation": "geolocation routing",
    "GeoProximityLocation": "geoproximity routing",
    "MultiValueAnswer": "multivalue routing",
    "CidrRoutingConfig": "IP-based routing",
}
_ESCAPED = re.compile(r"\\([0-7]{3})")


def tags(row: Row) -> dict[str, str]:
    """The tags by key."""
    return {tag["Key"]: tag["Value"] for tag in row.get("Tags", ())}


def instance(row: Row) -> InstanceView:
    """An instance; interfaces on further network cards than the first are left out."""
    interfaces = {
        int(nic["Attachment"]["DeviceIndex"]): nic["NetworkInterfaceId"]
        for nic in row.get("NetworkInterfaces", ())
        if nic.get("Attachment") and not nic["Attachment"].get("NetworkCardIndex")
    }
    return InstanceView(
        id=row["InstanceId"],
        state=row.get("State", {}).get("Name", ""),
        type=row.get("InstanceType", ""),
        zone=row.get("Placement", {}).get("AvailabilityZone", ""),
        subnet=row.get("SubnetId", ""),
        vpc=row.get("VpcId", ""),
        private_ip=row.get("PrivateIpAddress") or None,
        interfaces=dict(sorted(interfaces.items())),
        tags=tags(row),
    )


def interface(row: Row) -> InterfaceView:
    """A network interface, from DescribeNetworkInterfaces."""
    return InterfaceView(
        id=row["NetworkInterfaceId"],
        subnet=row.get("SubnetId", ""),
        vpc=row.get("VpcId", ""),
        zone=row.get("AvailabilityZone", ""),
        status=row.get("Status", ""),
        mac=row.get("MacAddress", ""),
        source_dest_check=row.get("SourceDestCheck", True),
        managed_by=manager(row),
        attachment=_attachment(row.get("Attachment")),
        private_ips=tuple(_private_ip(ip) for ip in row.get("PrivateIpAddresses", ())),
        ipv6s=tuple(ip["Ipv6Address"] for ip in row.get("Ipv6Addresses", ())),
        groups=tuple(group["GroupId"] for group in row.get("Groups", ())),
        tags={tag["Key"]: tag["Value"] for tag in row.get("TagSet", ())},
    )


def manager(row: Row) -> str | None:
    """Which AWS service manages an interface or an Elastic IP, None for nobody but you (``AWS.md`` §1.1)."""
    operator = row.get("Operator", {})
    if operator.get("Managed"):
        return str(operator.get("Principal") or "an AWS service")
    kind = row.get("InterfaceType") or "interface"
    if kind not in _OWN_TYPES:
        return str(kind)
    if row.get("RequesterManaged"):
        return str(row.get("RequesterId") or "an AWS service")
    return str(row["ServiceManaged"]) if row.get("ServiceManaged") else None


def _attachment(row: Row | None) -> AttachmentView | None:
    if not row:
        return None
    return AttachmentView(
        id=row.get("AttachmentId", ""),
        instance=row.get("InstanceId") or None,
        device_index=int(row.get("DeviceIndex") or 0),
        status=row.get("Status", ""),
        delete_on_termination=bool(row.get("DeleteOnTermination")),
    )


def _private_ip(row: Row) -> PrivateIpView:
    association = row.get("Association", {})
    return PrivateIpView(
        address=row["PrivateIpAddress"],
        primary=bool(row.get("Primary")),
        allocation=association.get("AllocationId") or None,
        public_ip=association.get("PublicIp") or None,
        public_dns=association.get("PublicDnsName") or None,
    )


def eip(row: Row) -> EipView:
    """An Elastic IP, from DescribeAddresses."""
    return EipView(
        allocation=row["AllocationId"],
        public_ip=row.get("PublicIp", ""),
        association=row.get("AssociationId") or None,
        interface=row.get("NetworkInterfaceId") or None,
        private_ip=row.get("PrivateIpAddress") or None,
        instance=row.get("InstanceId") or None,
        managed_by=manager(row),
        tags=tags(row),
    )


def table(row: Row) -> TableView:
    """A route table; routes without a known target are left out."""
    routes = tuple(
        RouteView(destination, target, route.get("State", ""))
        for route in row.get("Routes", ())
        if (destination := _destination(route))
        and (target := next((str(route[key]) for key in _TARGETS if route.get(key)), ""))
    )
    return TableView(row["RouteTableId"], row.get("VpcId", ""), routes, tags(row))


def _destination(route: Row) -> str:
    for key in _DESTINATIONS:
        if route.get(key):
            return str(ip_network(route[key], strict=False))
    return str(route.get("DestinationPrefixListId") or "")


def record(zone: str, row: Row) -> RecordView:
    """A record set of a zone."""
    return RecordView(
        key=RecordKey(zone, record_name(row["Name"]), row["Type"]),
        ttl=int(row.get("TTL") or 0),
        values=tuple(value["Value"] for value in row.get("ResourceRecords", ())),
        routing=_routing(row),
    )


def record_name(name: str) -> str:
    r"""Route 53 writes some characters as octal escapes (``\052`` for ``*``) and ends names with a dot."""
    return _ESCAPED.sub(lambda match: chr(int(match.group(1), 8)), name).removesuffix(".").lower()


def changed_records(params: Row) -> list[RecordKey]:
    """The record sets that a ChangeResourceRecordSets request names."""
    rows = [change["ResourceRecordSet"] for change in params["ChangeBatch"]["Changes"]]
    return [RecordKey(params["HostedZoneId"], record_name(row["Name"]), row["Type"]) for row in rows]


def _routing(row: Row) -> str | None:
    if row.get("AliasTarget"):
        return "an alias"
    if not row.get("SetIdentifier"):
        return None
    return next((text for key, text in _ROUTING.items() if row.get(key) is not None), "a routing policy")


def limits(row: Row) -> TypeLimits:
    """What an instance type can carry on its first network card."""
    network = row.get("NetworkInfo", {})
    # Interfaces are attached to the first network card only (AWS.md §1.3).
    card: Row = next((c for c in network.get("NetworkCards", ()) if c.get("NetworkCardIndex", 0) == 0), {})
    return TypeLimits(
        interfaces=int(card.get("MaximumNetworkInterfaces") or network.get("MaximumNetworkInterfaces") or 0),
        ipv4_per_interface=int(network.get("Ipv4AddressesPerInterface") or 0),
        ipv6_per_interface=int(network.get("Ipv6AddressesPerInterface") or 0),
    )


def subnet(row: Row) -> SubnetView:
    """A subnet with the IPv6 blocks that are associated with it."""
    return SubnetView(
        id=row["SubnetId"],
        vpc=row.get("VpcId", ""),
        zone=row.get("AvailabilityZone", ""),
        cidr=row.get("CidrBlock", ""),
        ipv6_cidrs=tuple(
            block["Ipv6CidrBlock"]
            for block in row.get("Ipv6CidrBlockAssociationSet", ())
            if block.get("Ipv6CidrBlockState", {}).get("State") not in _NO_BLOCK
        ),
    )


def status(row: Row) -> StatusView:
    """The status checks of an instance."""
    return StatusView(
        state=row.get("InstanceState", {}).get("Name", ""),
        system=row.get("SystemStatus", {}).get("Status", ""),
        instance=row.get("InstanceStatus", {}).get("Status", ""),
    )
