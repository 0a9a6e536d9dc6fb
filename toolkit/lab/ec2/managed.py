"""Addresses and interfaces that an AWS service owns: NAT gateways and load balancers (AWS.md 1.1)."""

from __future__ import annotations

from moto.core.utils import utcnow
from moto.ec2.models.subnets import Subnet
from moto.ec2.utils import random_nat_gateway_id

from toolkit.lab.ec2.creation import create
from toolkit.lab.ec2.errors import Ec2Error, managed_by_aws, missing, not_in_the_lab
from toolkit.lab.ec2.filters import matching
from toolkit.lab.ec2.ownership import associate, forget
from toolkit.lab.ec2.paging import page
from toolkit.lab.ec2.records import Elastic, Interface, NatGateway
from toolkit.lab.ec2.region import Region
from toolkit.lab.ec2.request import Handler, Request
from toolkit.lab.ec2.wire import Row

_FILTERS = {
    "nat-gateway-id": "NatGatewayId",
    "state": "State",
    "subnet-id": "SubnetId",
    "vpc-id": "VpcId",
}


def check_own(region: Region, elastic: Elastic) -> None:
    """Refuse to touch an Elastic IP that an AWS service holds."""
    association = elastic.association
    held = association is not None and region.interfaces[association.interface_id].manager is not None
    if elastic.service_managed or held:
        raise managed_by_aws()


def lend(region: Region, elastic: Elastic, *, subnet: Subnet, service: str) -> Interface:
    """Put an Elastic IP on a new interface that the AWS service owns.

    Raises:
        Ec2Error: the address is in use.
    """
    if elastic.association:
        raise Ec2Error(
            "Resource.AlreadyAssociated", f"resource {elastic.allocation_id} is already associated with a resource"
        )
    interface = create(region, {"Description": f"Interface for {service}"}, subnet=subnet, tags={})
    interface.manager = service
    interface.interface_type = service
    associate(region, elastic, interface=interface, private_ip=interface.private_ips[0])
    return interface


def create_nat_gateway(request: Request) -> Row:
    """CreateNatGateway: its interface and its address are AWS's from then on."""
    region = request.region
    subnet = region.subnet(request.text("SubnetId"))
    if request.text("ConnectivityType") == "private":
        raise not_in_the_lab("private NAT gateways")
    if not request.text("AllocationId"):
        raise missing("allocationId")
    elastic = region.elastic(request.text("AllocationId"))
    request.confirm()
    check_own(region, elastic)
    interface = lend(region, elastic, subnet=subnet, service="nat_gateway")
    gateway = NatGateway(random_nat_gateway_id(), interface, created=utcnow())
    region.nat_gateways[gateway.id] = gateway
    region.store.tags[gateway.id] = request.tags_for("natgateway")
    return {"NatGateway": _row(region, gateway)}


def delete_nat_gateway(request: Request) -> Row:
    """DeleteNatGateway: the address is free again, the interface is gone."""
    region = request.region
    gateway = region.nat_gateways.get(request.text("NatGatewayId"))
    if gateway is None or gateway.state == "deleted":
        raise Ec2Error("NatGatewayNotFound", f"The Nat Gateway {request.text('NatGatewayId')} was not found")
    request.confirm()
    gateway.state = "deleted"
    forget(region, gateway.interface)
    return {"NatGatewayId": gateway.id}


def describe_nat_gateways(request: Request) -> Row:
    """DescribeNatGateways: deleted ones stay listed, as AWS keeps them for about an hour."""
    region = request.region
    ids = request.texts("NatGatewayIds")
    for gateway_id in ids:
        if gateway_id not in region.nat_gateways:
            raise Ec2Error("NatGatewayNotFound", f"The Nat Gateway {gateway_id} was not found")
    request.confirm()
    chosen = [gateway for gateway in region.nat_gateways.values() if not ids or gateway.id in ids]
    rows = matching([_row(region, gateway) for gateway in chosen], request.params.get("Filter", []), names=_FILTERS)
    return page(rows, request.params, member="NatGateways", ids="NatGatewayIds")


def _row(region: Region, gateway: NatGateway) -> Row:
    interface = gateway.interface
    row: Row = {
        "NatGatewayId": gateway.id,
        "State": gateway.state,
        "CreateTime": gateway.created,
        "SubnetId": interface.subnet_id,
        "VpcId": interface.vpc_id,
        "ConnectivityType": "public",
        "Tags": region.tags(gateway.id),
        "NatGatewayAddresses": [],
    }
    if interface.id in region.interfaces and (elastic := region.elastic_on(interface, interface.private_ips[0])):
        row["NatGatewayAddresses"] = [
            {
                "AllocationId": elastic.allocation_id,
                "AssociationId": elastic.association.id if elastic.association else None,
                "NetworkInterfaceId": interface.id,
                "PrivateIp": interface.private_ips[0],
                "PublicIp": elastic.public_ip,
                "IsPrimary": True,
                "Status": "succeeded",
            }
        ]
    return row


OPERATIONS: dict[str, Handler] = {
    "CreateNatGateway": create_nat_gateway,
    "DeleteNatGateway": delete_nat_gateway,
    "DescribeNatGateways": describe_nat_gateways,
}
