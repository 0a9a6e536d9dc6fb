"""One account's EC2 in one region: moto's store with the truth about addresses beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.models.route_tables import RouteTable
from moto.ec2.models.subnets import Subnet
from moto.ec2.models.vpcs import VPC

from toolkit.lab.ec2.errors import not_found
from toolkit.lab.ec2.pool import public_address
from toolkit.lab.ec2.records import Elastic, Interface, Machine, NatGateway
from toolkit.lab.ec2.settings import Settings


@dataclass
class _Transition:
    """What becomes true at a time. Partials of plain functions only: a deep copy of a region then acts on itself."""

    due: float
    complete: partial[None]


@dataclass
class Region:
    """The lab's EC2 of one region. Every index in here is kept by ``ownership``."""

    store: EC2Backend
    settings: Settings
    interfaces: dict[str, Interface] = field(default_factory=dict)
    elastics: dict[str, Elastic] = field(default_factory=dict)  # by allocation id
    machines: dict[str, Machine] = field(default_factory=dict)
    nat_gateways: dict[str, NatGateway] = field(default_factory=dict)
    holders: dict[tuple[str, str], str] = field(default_factory=dict)  # (vpc, address) to interface id
    carried: dict[tuple[str, str], str] = field(default_factory=dict)  # (interface, address) to allocation
    reservations: dict[str, str] = field(default_factory=dict)  # client token to reservation id
    _drawn: int = 0  # how far the pool of public addresses is used
    _pending: dict[str, _Transition] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The region's name."""
        return self.store.region_name

    @property
    def owner(self) -> str:
        """The account id."""
        return self.store.account_id

    def interface(self, interface_id: str) -> Interface:
        """The interface of that id, or the refusal."""
        if found := self.interfaces.get(interface_id):
            return found
        raise not_found("eni", interface_id)

    def machine(self, instance_id: str) -> Machine:
        """The instance of that id, or the refusal."""
        if found := self.machines.get(instance_id):
            return found
        raise not_found("i", instance_id)

    def elastic(self, allocation_id: str) -> Elastic:
        """The Elastic IP of that allocation, or the refusal."""
        if found := self.elastics.get(allocation_id):
            return found
        raise not_found("eipalloc", allocation_id)

    def subnet(self, subnet_id: str) -> Subnet:
        """The subnet of that id, or the refusal."""
        try:
            return self.store.get_subnet(subnet_id)
        except EC2ClientError:
            raise not_found("subnet", subnet_id) from None

    def vpc(self, vpc_id: str) -> VPC:
        """The VPC of that id, or the refusal."""
        if found := self.store.vpcs.get(vpc_id):
            return found
        raise not_found("vpc", vpc_id)

    def route_table(self, table_id: str) -> RouteTable:
        """The route table of that id, or the refusal."""
        if found := self.store.route_tables.get(table_id):
            return found
        raise not_found("rtb", table_id)

    def machine_of(self, interface: Interface) -> Machine | None:
        """The instance that the interface is attached to, if any."""
        return self.machines[interface.attachment.instance_id] if interface.attachment else None

    def elastic_on(self, interface: Interface, private_ip: str) -> Elastic | None:
        """The Elastic IP on that private address, if any."""
        allocation_id = self.carried.get((interface.id, private_ip))
        return self.elastics[allocation_id] if allocation_id else None

    def holder(self, vpc_id: str, address: str) -> Interface | None:
        """The interface that holds a private or IPv6 address in the VPC, if any."""
        interface_id = self.holders.get((vpc_id, address))
        return self.interfaces[interface_id] if interface_id else None

    def taken(self, vpc_id: str) -> set[str]:
        """All addresses that somebody holds in the VPC."""
        return {address for vpc, address in self.holders if vpc == vpc_id}

    def names_are_on(self, vpc_id: str) -> bool:
        """Whether the VPC gives host names: both DNS attributes are needed (AWS.md section 4)."""
        vpc = self.vpc(vpc_id)
        return bool(vpc.enable_dns_support) and bool(vpc.enable_dns_hostnames)

    def reaches_internet(self, vpc_id: str) -> bool:
        """Whether an internet gateway is attached to the VPC."""
        return any(self.gateway_reaches(gateway_id, vpc_id=vpc_id) for gateway_id in self.store.internet_gateways)

    def gateway_reaches(self, gateway_id: str, *, vpc_id: str) -> bool:
        """Whether that internet gateway exists and is attached to the VPC."""
        gateway = self.store.internet_gateways.get(gateway_id)
        # moto declares the attribute as None and later puts a VPC there.
        vpc: VPC | None = getattr(gateway, "vpc", None)
        return vpc is not None and vpc.id == vpc_id

    def tags(self, resource_id: str) -> list[dict[str, str]]:
        """The resource's tags as EC2 lists them."""
        found = self.store.tags.get(resource_id, {})
        return [{"Key": key, "Value": value} for key, value in found.items()]

    def next_public_ip(self) -> str:
        """A public address that nobody has."""
        used = {elastic.public_ip for elastic in self.elastics.values()}
        while (address := public_address(self._drawn)) in used:
            self._drawn += 1
        self._drawn += 1
        return address

    def schedule(self, key: str, complete: partial[None], *, due: float) -> None:
        """Let something become true at a time; a later schedule under the same key replaces it."""
        self._pending[key] = _Transition(due, complete)

    def cancel(self, keys: Iterable[str]) -> None:
        """Forget what was scheduled under these keys."""
        for key in keys:
            self._pending.pop(key, None)

    def settle(self, now: float) -> None:
        """Make true all that was due by now, oldest first."""
        due = sorted(
            (key for key, transition in self._pending.items() if transition.due <= now),
            key=lambda key: self._pending[key].due,
        )
        for key in due:
            if transition := self._pending.pop(key, None):
                transition.complete()
