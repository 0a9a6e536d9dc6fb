"""What a route can lead to, found in the store before anything is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.route_tables import Route

from toolkit.lab.ec2.associations import only_interface
from toolkit.lab.ec2.errors import (
    Ec2Error,
    invalid_combination,
    invalid_value,
    missing,
    not_in_the_lab,
)
from toolkit.lab.ec2.region import Region
from toolkit.lab.ec2.request import Request

Target = dict[str, Any]
"""The argument of moto's route that holds the target."""

_IN_STORE: dict[str, tuple[str, Callable[[Region], Mapping[str, object]]]] = {
    "NatGatewayId": ("nat_gateway", lambda region: region.nat_gateways),
    "VpcPeeringConnectionId": ("vpc_pcx", lambda region: region.store.vpc_pcxs),
    "TransitGatewayId": ("transit_gateway", lambda region: region.store.transit_gateways),
    "CarrierGatewayId": ("carrier_gateway", lambda region: region.store.carrier_gateways),
    "EgressOnlyInternetGatewayId": (
        "egress_only_igw",
        lambda region: region.store.egress_only_internet_gateways,
    ),
}
_ABSENT = ("LocalGatewayId", "CoreNetworkArn", "OdbNetworkArn", "VpcEndpointId")
_ALL = ("GatewayId", "InstanceId", "NetworkInterfaceId", "LocalTarget", *_IN_STORE, *_ABSENT)


def target_of(request: Request, *, vpc_id: str) -> Target:
    """The one target that the call names (AWS.md 1.5: exactly one).

    Raises:
        Ec2Error: none or several targets, an unknown one, or one of another VPC.
    """
    given = [name for name in _ALL if request.params.get(name)]
    if not given:
        raise missing("gatewayId, instanceId, networkInterfaceId or another target")
    if len(given) > 1:
        raise invalid_combination(f"Exactly one target is allowed, not {', '.join(given)}")
    name = given[0]
    if name in _ABSENT:
        raise not_in_the_lab(f"routes by {name}")
    if name in {"InstanceId", "NetworkInterfaceId"}:
        return _interface_target(request, vpc_id=vpc_id)
    if name == "LocalTarget":
        return {"local": True}
    if name == "GatewayId":
        return _gateway_target(request)
    argument, table = _IN_STORE[name]
    if not (found := table(request.region).get(request.text(name))):
        raise Ec2Error(f"Invalid{name}.NotFound", f"The {name} '{request.text(name)}' does not exist")
    return {argument: found}


def _interface_target(request: Request, *, vpc_id: str) -> Target:
    if instance_id := request.text("InstanceId"):
        interface = only_interface(request.region.machine(instance_id))
    else:
        interface = request.region.interface(request.text("NetworkInterfaceId"))
    if interface.vpc_id != vpc_id:
        raise invalid_value(
            f"route table {request.text('RouteTableId')} and network interface {interface.id} "
            "belong to different networks"
        )
    return {"interface": interface.record}


def _gateway_target(request: Request) -> Target:
    gateway_id, store = request.text("GatewayId"), request.region.store
    if gateway_id == "local":
        return {"local": True}
    try:
        if gateway_id.startswith("igw-"):
            return {"gateway": store.get_internet_gateway(gateway_id)}
        if gateway_id.startswith("vgw-"):
            return {"gateway": store.get_vpn_gateway(gateway_id)}
    except EC2ClientError:
        pass
    raise Ec2Error("InvalidGatewayID.NotFound", f"The gateway ID '{gateway_id}' does not exist")


def state_of(region: Region, route: Route) -> str:
    """``active``, or ``blackhole`` when the target is not there (AWS.md 1.5)."""
    reachable = True
    if route.interface:
        reachable = _interface_is_there(region, route.interface.id)
    elif route.nat_gateway:
        reachable = route.nat_gateway.state == "available"
    elif route.gateway and route.gateway.id.startswith("igw-"):
        reachable = region.gateway_reaches(route.gateway.id, vpc_id=route.route_table.vpc_id)
    return "active" if reachable else "blackhole"


def _interface_is_there(region: Region, interface_id: str) -> bool:
    interface = region.interfaces.get(interface_id)
    if interface is None:
        return False
    if interface.manager:
        return True
    machine = region.machine_of(interface)
    if machine is None:
        return False
    if machine.state in {"stopping", "stopped"}:
        return region.settings.stopped_target_route == "active"
    return machine.state in {"pending", "running"}
