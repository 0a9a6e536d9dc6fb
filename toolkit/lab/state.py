"""What the lab's network, names and metadata read of EC2: who holds what at this moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, kw_only=True)
class Interface:
    """One network interface; ``public`` gives the public address of a private one."""

    id: str
    vpc: str
    subnet: str
    zone: str
    mac: str = ""
    instance: str | None = None
    instance_state: str | None = None
    device_index: int | None = None
    private_ips: tuple[str, ...] = ()
    ipv6s: tuple[str, ...] = ()
    public: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Route:
    """One active route to an interface."""

    table: str
    vpc: str
    destination: str
    interface: str


@dataclass(frozen=True, kw_only=True)
class Vpc:
    """A VPC's addresses and its two DNS attributes."""

    id: str
    cidrs: tuple[str, ...] = ()
    dns_support: bool = True
    dns_hostnames: bool = False

    @property
    def names(self) -> bool:
        """Whether its instances have names that resolve (AWS.md §4: both attributes are needed)."""
        return self.dns_support and self.dns_hostnames


@dataclass(frozen=True, kw_only=True)
class Peering:
    """An active peering of two VPCs; ``allowing`` are those whose names the other side may see privately."""

    vpcs: frozenset[str]
    allowing: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class State:
    """One region at one moment."""

    interfaces: tuple[Interface, ...] = ()
    routes: tuple[Route, ...] = ()
    vpcs: tuple[Vpc, ...] = ()
    peerings: tuple[Peering, ...] = ()

    def vpc(self, vpc_id: str) -> Vpc | None:
        """The VPC of that id."""
        return next((vpc for vpc in self.vpcs if vpc.id == vpc_id), None)

    def sees_privately(self, asking: Vpc, home: Vpc) -> bool:
        """Whether a VPC gets private addresses for the public names of another, or of itself.

        Both need both DNS attributes, and the VPC of the names must allow it on their peering (AWS.md §4).
        """
        if asking.id == home.id:
            return True
        return (
            asking.names
            and home.names
            and any(peering.vpcs == {asking.id, home.id} and home.id in peering.allowing for peering in self.peerings)
        )

    def by_public(self, address: str) -> tuple[Interface, str] | None:
        """The interface behind a public address, and the private address it stands for."""
        for interface in self.interfaces:
            for private, public in interface.public.items():
                if public == address:
                    return interface, private
        return None

    def by_private(self, address: str) -> Interface | None:
        """The interface that holds a private IPv4 or an IPv6 address."""
        wanted = ip_address(address)
        for interface in self.interfaces:
            if any(ip_address(own) == wanted for own in (*interface.private_ips, *interface.ipv6s)):
                return interface
        return None

    def by_route(self, address: str) -> Interface | None:
        """The interface that the longest matching route names; of equals, that of the first table by id."""
        wanted = ip_address(address)
        fitting = [
            (-network.prefixlen, route.table, route.interface)
            for route in self.routes
            if wanted in (network := ip_network(route.destination, strict=False))
        ]
        target = min(fitting, default=None)
        return next((i for i in self.interfaces if target and i.id == target[2]), None)

    def holder(self, address: str, *, inside: bool) -> Interface | None:
        """The interface that packets for an address reach, from inside the VPC or from the internet."""
        found = self.by_public(address)
        if found:
            return found[0]
        if not inside:
            return self.by_private(address) if ":" in address else None
        return self.by_private(address) or self.by_route(address)
