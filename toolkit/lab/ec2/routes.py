"""Routes and the tables that hold them (AWS.md 1.5)."""

from __future__ import annotations

from moto.ec2.models.route_tables import Route, RouteTable

from toolkit.lab.ec2.destinations import check_new, destination_of, find
from toolkit.lab.ec2.errors import Ec2Error, invalid_value
from toolkit.lab.ec2.filters import matching
from toolkit.lab.ec2.paging import page
from toolkit.lab.ec2.region import Region
from toolkit.lab.ec2.request import Handler, Request
from toolkit.lab.ec2.targets import Target, state_of, target_of
from toolkit.lab.ec2.wire import Row

_FILTERS = {
    "association.gateway-id": "Associations.GatewayId",
    "association.main": "Associations.Main",
    "association.route-table-association-id": "Associations.RouteTableAssociationId",
    "association.route-table-id": "Associations.RouteTableId",
    "association.subnet-id": "Associations.SubnetId",
    "owner-id": "OwnerId",
    "route-table-id": "RouteTableId",
    "route.destination-cidr-block": "Routes.DestinationCidrBlock",
    "route.destination-ipv6-cidr-block": "Routes.DestinationIpv6CidrBlock",
    "route.destination-prefix-list-id": "Routes.DestinationPrefixListId",
    "route.egress-only-internet-gateway-id": "Routes.EgressOnlyInternetGatewayId",
    "route.gateway-id": "Routes.GatewayId",
    "route.instance-id": "Routes.InstanceId",
    "route.nat-gateway-id": "Routes.NatGatewayId",
    "route.network-interface-id": "Routes.NetworkInterfaceId",
    "route.origin": "Routes.Origin",
    "route.state": "Routes.State",
    "route.transit-gateway-id": "Routes.TransitGatewayId",
    "route.vpc-peering-connection-id": "Routes.VpcPeeringConnectionId",
    "vpc-id": "VpcId",
}


def create_route(request: Request) -> Row:
    """CreateRoute: a second route to one destination is always refused (MOTO.md section 4 row 3)."""
    table = request.region.route_table(request.text("RouteTableId"))
    destination = destination_of(request)
    target = target_of(request, vpc_id=table.vpc_id)
    request.confirm()
    check_new(request.region, destination, table=table, to_interface="interface" in target)
    _put(request.region, table, destination, target=target)
    return {"Return": True}


def replace_route(request: Request) -> Row:
    """ReplaceRoute: all or nothing; a refused call leaves the old target (MOTO.md section 4 row 4)."""
    table = request.region.route_table(request.text("RouteTableId"))
    destination = destination_of(request)
    target = target_of(request, vpc_id=table.vpc_id)
    request.confirm()
    present = find(table, destination)
    if present is None:
        raise Ec2Error(request.settings.missing_route_code, _no_route(request, destination))
    _put(request.region, table, destination, target=target)
    return {}


def _no_route(request: Request, destination: str) -> str:
    if request.settings.missing_route_code == "InvalidRoute.NotFound":
        return f"no route with destination-cidr-block {destination} in route table"
    return f"There is no route defined for '{destination}' in the route table. Use CreateRoute instead."


def delete_route(request: Request) -> Row:
    """DeleteRoute: the local route stays."""
    table = request.region.route_table(request.text("RouteTableId"))
    destination = destination_of(request)
    request.confirm()
    present = find(table, destination)
    if present is None:
        raise Ec2Error(
            "InvalidRoute.NotFound",
            f"no route with destination-cidr-block {destination} in route table {table.id}",
        )
    if present.local:
        raise invalid_value(f"cannot remove local route {destination} in route table {table.id}")
    del table._routes[present.id]  # noqa: SLF001 - moto's store has no other door
    return {}


def _put(region: Region, table: RouteTable, destination: str, *, target: Target) -> None:
    is_list = destination.startswith("pl-")
    is_ipv6 = ":" in destination and not is_list
    # moto never makes these classes abstract at run time.
    route = Route(  # type: ignore[abstract]
        table,
        None if is_list or is_ipv6 else destination,
        destination if is_ipv6 else None,
        region.store.managed_prefix_lists[destination] if is_list else None,
        **target,
    )
    # moto's own key differs between its create and its replace for prefix lists; the old row's key stays.
    present = find(table, destination)
    if present:
        route.id = present.id
    table._routes[route.id] = route  # noqa: SLF001


def route_row(region: Region, route: Route) -> Row:
    """One route; an interface target shows the instance too (MOTO.md section 4 row 2)."""
    interface_id = route.network_interface_id
    interface = region.interfaces.get(interface_id) if interface_id else None
    machine = region.machine_of(interface) if interface else None
    return {
        "DestinationCidrBlock": route.destination_cidr_block,
        "DestinationIpv6CidrBlock": route.destination_ipv6_cidr_block,
        "DestinationPrefixListId": route.destination_prefix_list_id,
        "GatewayId": route.gateway_id,
        "NatGatewayId": route.nat_gateway_id,
        "EgressOnlyInternetGatewayId": route.egress_only_internet_gateway_id,
        "TransitGatewayId": route.transit_gateway_id,
        "CarrierGatewayId": route.carrier_gateway_id,
        "VpcPeeringConnectionId": route.vpc_peering_connection_id,
        "NetworkInterfaceId": interface_id,
        "InstanceId": machine.id if machine else None,
        "InstanceOwnerId": region.owner if machine else None,
        "Origin": "CreateRouteTable" if route.local else "CreateRoute",
        "State": state_of(region, route),
    }


def table_row(region: Region, table: RouteTable) -> Row:
    """One route table with its routes and associations."""
    return {
        "RouteTableId": table.id,
        "VpcId": table.vpc_id,
        "OwnerId": region.owner,
        "Routes": [route_row(region, route) for route in table.routes],
        "Associations": table.associations,
        "PropagatingVgws": [],
        "Tags": region.tags(table.id),
    }


def describe_route_tables(request: Request) -> Row:
    """DescribeRouteTables, with every filter and with pages."""
    region = request.region
    ids = request.texts("RouteTableIds")
    chosen = [region.route_table(table_id) for table_id in ids] if ids else region.store.route_tables.values()
    request.confirm()
    rows = matching([table_row(region, table) for table in chosen], request.params.get("Filters", []), names=_FILTERS)
    return page(rows, request.params, member="RouteTables", ids="RouteTableIds")


OPERATIONS: dict[str, Handler] = {
    "CreateRoute": create_route,
    "DeleteRoute": delete_route,
    "DescribeRouteTables": describe_route_tables,
    "ReplaceRoute": replace_route,
}
