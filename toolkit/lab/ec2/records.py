"""What the lab's EC2 knows beyond moto's store: who holds what, and since when."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Literal

from moto.ec2.models.elastic_ip_addresses import ElasticAddress
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.instances import Instance

AttachmentStatus = Literal["attaching", "attached", "detaching"]
MachineState = Literal["pending", "running", "stopping", "stopped", "shutting-down", "terminated"]

STATE_CODES: dict[MachineState, int] = {
    "pending": 0,
    "running": 16,
    "shutting-down": 32,
    "terminated": 48,
    "stopping": 64,
    "stopped": 80,
}


@dataclass
class Attachment:
    """The tie between an interface and an instance."""

    id: str
    instance_id: str
    device_index: int
    since: datetime
    delete_on_termination: bool
    network_card_index: int = 0
    status: AttachmentStatus = "attaching"


@dataclass
class Interface:
    """An interface: moto keeps what never moves, this what does."""

    record: NetworkInterface
    private_ips: list[str]  # the primary first
    ipv6s: list[str] = field(default_factory=list)
    ipv4_prefixes: list[str] = field(default_factory=list)
    ipv6_prefixes: list[str] = field(default_factory=list)
    primary_ipv6: str | None = None
    attachment: Attachment | None = None
    wants_public_ip: bool = False
    automatic_ip: str | None = None
    arriving: dict[str, str] = field(default_factory=dict)  # private address to its present holder
    interface_type: str = "interface"
    manager: str | None = None  # the AWS service that owns it, if any

    @property
    def id(self) -> str:
        """The interface id."""
        return self.record.id

    @property
    def subnet_id(self) -> str:
        """The subnet that it is bound to for life."""
        return str(self.record.subnet.id)

    @property
    def vpc_id(self) -> str:
        """The VPC of its subnet."""
        return str(self.record.subnet.vpc_id)

    @property
    def zone(self) -> str:
        """The availability zone of its subnet."""
        return str(self.record.subnet.availability_zone)

    @property
    def network(self) -> IPv4Network:
        """The IPv4 block of its subnet."""
        return IPv4Network(self.record.subnet.cidr_block)

    @property
    def ipv6_networks(self) -> list[IPv6Network]:
        """The IPv6 blocks of its subnet."""
        return [
            IPv6Network(block["ipv6CidrBlock"])
            for block in self.record.subnet.ipv6_cidr_block_associations.values()
            if block["ipv6CidrBlockState"]["State"] == "associated"
        ]

    @property
    def addresses_in_use(self) -> int:
        """How many of the instance type's IPv4 slots it uses; a prefix counts as one."""
        return len({*self.private_ips, *self.arriving}) + len(self.ipv4_prefixes)


@dataclass(frozen=True)
class Association:
    """An Elastic IP on one private address of one interface."""

    id: str
    interface_id: str
    private_ip: str


@dataclass
class Elastic:
    """An Elastic IP and where it is."""

    record: ElasticAddress
    allocation_id: str
    public_ip: str
    association: Association | None = None
    service_managed: str | None = None


@dataclass
class NatGateway:
    """A NAT gateway: AWS's own interface with one of the account's Elastic IPs."""

    id: str
    interface: Interface
    created: datetime
    state: str = "available"


@dataclass
class Machine:
    """An instance: its life, its health and its interfaces by device index."""

    record: Instance
    state: MachineState = "pending"
    devices: dict[int, Interface] = field(default_factory=dict)
    instance_check: str = "ok"
    system_check: str = "ok"
    user_data: bytes | None = None
    profile_arn: str | None = None

    @property
    def id(self) -> str:
        """The instance id."""
        return self.record.id

    @property
    def impaired(self) -> bool:
        """Whether a status check fails."""
        return "impaired" in {self.instance_check, self.system_check}

    @property
    def instance_type(self) -> str:
        """The instance type, which sets how many interfaces and addresses it takes."""
        return self.record.instance_type

    @property
    def zone(self) -> str:
        """The availability zone."""
        return str(self.record.placement.zone)
