"""Elastic IPs: allocate, describe, release."""

from __future__ import annotations

from ipaddress import ip_address

from toolkit.lab.ec2.errors import (
    Ec2Error,
    invalid_combination,
    invalid_value,
    missing,
    not_in_the_lab,
)
from toolkit.lab.ec2.filters import matching
from toolkit.lab.ec2.managed import check_own
from toolkit.lab.ec2.ownership import disassociate
from toolkit.lab.ec2.pool import is_public
from toolkit.lab.ec2.records import Elastic
from toolkit.lab.ec2.request import Handler, Request
from toolkit.lab.ec2.rows import address_row
from toolkit.lab.ec2.wire import Row

_FILTERS = {
    "allocation-id": "AllocationId",
    "association-id": "AssociationId",
    "domain": "Domain",
    "instance-id": "InstanceId",
    "network-border-group": "NetworkBorderGroup",
    "network-interface-id": "NetworkInterfaceId",
    "network-interface-owner-id": "NetworkInterfaceOwnerId",
    "private-ip-address": "PrivateIpAddress",
    "public-ip": "PublicIp",
}


def allocate_address(request: Request) -> Row:
    """AllocateAddress, within the quota (AWS.md 1.1) and outside 127/8 (MOTO.md section 2 row 1)."""
    region = request.region
    for parameter in ("CustomerOwnedIpv4Pool", "IpamPoolId"):
        if request.params.get(parameter):
            raise not_in_the_lab(f"AllocateAddress with {parameter}")
    if request.text("PublicIpv4Pool") not in {"", "amazon"}:
        raise not_in_the_lab("address pools of one's own")
    if request.text("NetworkBorderGroup") not in {"", region.name}:
        raise invalid_value(f"The network border group {request.text('NetworkBorderGroup')} is not valid.")
    request.confirm()
    own = [elastic for elastic in region.elastics.values() if not elastic.service_managed]
    if len(own) >= request.settings.eip_quota:
        raise Ec2Error("AddressLimitExceeded", "The maximum number of addresses has been reached.")
    public_ip = _wanted(request) or region.next_public_ip()
    record = region.store.allocate_address("vpc", address=public_ip, tags=request.tags_for("elastic-ip"))
    elastic = Elastic(record, str(record.allocation_id), public_ip)
    region.elastics[elastic.allocation_id] = elastic
    return {
        "AllocationId": elastic.allocation_id,
        "PublicIp": public_ip,
        "PublicIpv4Pool": "amazon",
        "NetworkBorderGroup": region.name,
        "Domain": "vpc",
    }


def _wanted(request: Request) -> str:
    address = request.text("Address")
    if not address:
        return ""
    try:
        known = is_public(str(ip_address(address)))
    except ValueError:
        known = False
    if not known:
        raise Ec2Error("InvalidAddress.NotFound", f"Address '{address}' not found.")
    if any(elastic.public_ip == address for elastic in request.region.elastics.values()):
        raise Ec2Error("InvalidIPAddress.InUse", f"The address '{address}' is already in use.")
    return address


def named_elastic(request: Request) -> Elastic:
    """The Elastic IP that the call names, by allocation or by public address."""
    if allocation_id := request.text("AllocationId"):
        return request.region.elastic(allocation_id)
    if public_ip := request.text("PublicIp"):
        return _by_public_ip(request, public_ip)
    raise missing("allocationId")


def _by_public_ip(request: Request, public_ip: str) -> Elastic:
    for elastic in request.region.elastics.values():
        if elastic.public_ip == public_ip:
            return elastic
    raise Ec2Error("InvalidAddress.NotFound", f"Address '{public_ip}' not found.")


def release_address(request: Request) -> Row:
    """ReleaseAddress: refused while associated, except in a default VPC (MOTO.md section 2 row 15)."""
    region = request.region
    if request.text("PublicIp") and not request.text("AllocationId"):
        raise invalid_combination("You must specify an allocation id when releasing a VPC elastic IP address")
    elastic = named_elastic(request)
    request.confirm()
    check_own(region, elastic)
    if elastic.association:
        interface = region.interfaces[elastic.association.interface_id]
        if not region.vpc(interface.vpc_id).is_default:
            raise Ec2Error("InvalidIPAddress.InUse", f"Address {elastic.public_ip} is in use.")
        disassociate(region, elastic)
    del region.elastics[elastic.allocation_id]
    region.store.addresses.remove(elastic.record)
    region.store.tags.pop(elastic.allocation_id, None)
    return {}


def describe_addresses(request: Request) -> Row:
    """DescribeAddresses: everything at once, it has no pages (AWS.md 1.1)."""
    region = request.region
    chosen = [region.elastic(allocation_id) for allocation_id in request.texts("AllocationIds")]
    chosen += [_by_public_ip(request, public_ip) for public_ip in request.texts("PublicIps")]
    request.confirm()
    if not chosen and not request.texts("AllocationIds") and not request.texts("PublicIps"):
        chosen = list(region.elastics.values())
    rows = [address_row(region, elastic) for elastic in chosen]
    return {"Addresses": matching(rows, request.params.get("Filters", []), names=_FILTERS)}


def describe_addresses_attribute(request: Request) -> Row:
    """DescribeAddressesAttribute: no address in the lab has a reverse name of its own."""
    region = request.region
    ids = request.texts("AllocationIds") or list(region.elastics)
    chosen = [region.elastic(allocation_id) for allocation_id in ids]
    request.confirm()
    return {"Addresses": [{"PublicIp": elastic.public_ip, "AllocationId": elastic.allocation_id} for elastic in chosen]}


OPERATIONS: dict[str, Handler] = {
    "AllocateAddress": allocate_address,
    "DescribeAddresses": describe_addresses,
    "DescribeAddressesAttribute": describe_addresses_attribute,
    "ReleaseAddress": release_address,
}
