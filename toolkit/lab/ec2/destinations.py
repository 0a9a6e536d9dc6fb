"""The destination of a route: one spelling each, and the rules of AWS.md 1.5 about what it may be."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network

from moto.ec2.models.route_tables import Route, RouteTable

from toolkit.lab.ec2.errors import Ec2Error, invalid_combination, invalid_value, missing
from toolkit.lab.ec2.region import Region
from toolkit.lab.ec2.request import Request

_FIELDS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
_RESERVED = (IPv4Network("169.254.168.0/22"), IPv6Network("fd00:ec2::/32"))


def destination_of(request: Request) -> str:
    """The destination in canonical spelling: host bits are cleared (MOTO.md section 4 row 6).

    Raises:
        Ec2Error: none, several, or not a block.
    """
    given = [name for name in _FIELDS if request.params.get(name)]
    if not given:
        raise missing("destinationCidrBlock")
    if len(given) > 1:
        raise invalid_combination(f"Exactly one destination is allowed, not {', '.join(given)}")
    name, text = given[0], request.text(given[0])
    if name == "DestinationPrefixListId":
        if text not in request.region.store.managed_prefix_lists:
            raise Ec2Error("InvalidPrefixListID.NotFound", f"The prefix list ID '{text}' does not exist")
        return text
    try:
        block = ip_network(text, strict=False)
    except ValueError:
        raise invalid_value(
            f"Value ({text}) for parameter {name} is invalid. This is not a valid CIDR block."
        ) from None
    if (block.version == 6) != (name == "DestinationIpv6CidrBlock"):  # noqa: PLR2004 - IP versions
        raise invalid_value(f"Value ({text}) for parameter {name} is invalid.")
    return str(block)


def check_new(region: Region, destination: str, *, table: RouteTable, to_interface: bool) -> None:
    """Refuse a new route whose destination AWS does not allow.

    Raises:
        Ec2Error: a link-local destination, one inside the VPC that is no whole subnet, a duplicate,
            a full table.
    """
    if find(table, destination):
        raise Ec2Error("RouteAlreadyExists", f"The route identified by {destination} already exists.")
    if not destination.startswith("pl-"):
        _check_block(region, destination, table=table, to_interface=to_interface)
    family = [route for route in table.routes if (":" in key(route)) == (":" in destination)]
    if len(family) >= region.settings.route_quota:
        raise Ec2Error("RouteLimitExceeded", "The maximum number of routes has been reached.")


def _check_block(region: Region, destination: str, *, table: RouteTable, to_interface: bool) -> None:
    block = ip_network(destination)
    if any(_within(block, reserved) for reserved in _RESERVED):
        raise invalid_value(f"The destination CIDR block {destination} is reserved.")
    if not any(_within(block, vpc_block) for vpc_block in vpc_blocks(region, table.vpc_id)):
        return
    subnets = {
        str(subnet.cidr_block)
        for zone in region.store.subnets.values()
        for subnet in zone.values()
        if subnet.vpc_id == table.vpc_id
    }
    if not to_interface or destination not in subnets:
        raise invalid_value(
            f"The destination CIDR block {destination} is equal to or more specific than one of this VPC's "
            "CIDR blocks. This route can target only an interface or an instance, for a whole subnet."
        )


def vpc_blocks(region: Region, vpc_id: str) -> list[IPv4Network | IPv6Network]:
    """Every CIDR block of the VPC."""
    vpc = region.vpc(vpc_id)
    return [
        ip_network(entry["cidr_block"])
        for ipv6 in (False, True)
        for entry in vpc.get_cidr_block_association_set(ipv6=ipv6)
    ]


def _within(block: IPv4Network | IPv6Network, other: IPv4Network | IPv6Network) -> bool:
    if isinstance(block, IPv4Network) and isinstance(other, IPv4Network):
        return block.subnet_of(other)
    if isinstance(block, IPv6Network) and isinstance(other, IPv6Network):
        return block.subnet_of(other)
    return False


def key(route: Route) -> str:
    """The destination of a stored route."""
    return str(route.destination_cidr_block or route.destination_ipv6_cidr_block or route.destination_prefix_list_id)


def find(table: RouteTable, destination: str) -> Route | None:
    """The table's route to exactly that destination, if any."""
    return next((route for route in table.routes if key(route) == destination), None)
