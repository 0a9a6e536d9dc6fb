"""A small network to move addresses in, made and read with a plain SDK client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

CIDR = "10.0.0.0/16"
IPV6_CIDR = "2001:db8:1::/64"


@dataclass
class Clock:
    """A clock that only a test moves, in seconds."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass(frozen=True)
class Node:
    """An instance and its primary interface."""

    instance: str
    interface: str


@dataclass
class Site:
    """A VPC with an internet gateway, two subnets in zone a, one in zone b."""

    ec2: Any
    vpc: str = ""
    subnet: str = ""
    other_subnet: str = ""
    far_subnet: str = ""
    gateway: str = ""

    def build(self) -> Site:
        ec2 = self.ec2
        self.vpc = ec2.create_vpc(CidrBlock=CIDR)["Vpc"]["VpcId"]
        self.subnet = self.new_subnet("10.0.1.0/24")
        self.other_subnet = self.new_subnet("10.0.2.0/24")
        self.far_subnet = self.new_subnet("10.0.9.0/24", zone="eu-west-1b")
        self.gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
        return self

    def new_subnet(self, cidr: str, *, zone: str = "eu-west-1a") -> str:
        made = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=cidr, AvailabilityZone=zone)
        return str(made["Subnet"]["SubnetId"])

    def node(self, *, subnet: str = "", instance_type: str = "t3.micro", **more: Any) -> Node:
        if "NetworkInterfaces" not in more:
            more["SubnetId"] = subnet or self.subnet
        run = self.ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1, InstanceType=instance_type, **more)
        instance = run["Instances"][0]
        return Node(instance["InstanceId"], instance["NetworkInterfaces"][0]["NetworkInterfaceId"])

    def interface(self, *, subnet: str = "", **more: Any) -> str:
        made = self.ec2.create_network_interface(SubnetId=subnet or self.subnet, **more)
        return str(made["NetworkInterface"]["NetworkInterfaceId"])

    def eip(self) -> str:
        return str(self.ec2.allocate_address(Domain="vpc")["AllocationId"])

    def attach(self, interface: str, node: Node, *, index: int = 1) -> str:
        made = self.ec2.attach_network_interface(
            NetworkInterfaceId=interface, InstanceId=node.instance, DeviceIndex=index
        )
        return str(made["AttachmentId"])

    def table(self) -> str:
        return str(self.ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"])

    def row(self, interface: str) -> Any:
        return self.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]

    def private_ips(self, interface: str) -> list[str]:
        return [entry["PrivateIpAddress"] for entry in self.row(interface)["PrivateIpAddresses"]]

    def ipv6s(self, interface: str) -> list[str]:
        return [entry["Ipv6Address"] for entry in self.row(interface)["Ipv6Addresses"]]

    def carried(self, interface: str) -> dict[str, str]:
        """Allocations by private address."""
        return {
            entry["PrivateIpAddress"]: entry["Association"]["AllocationId"]
            for entry in self.row(interface)["PrivateIpAddresses"]
            if "AllocationId" in entry.get("Association", {})
        }

    def address(self, allocation: str) -> Any:
        return self.ec2.describe_addresses(AllocationIds=[allocation])["Addresses"][0]

    def instance(self, instance: str) -> Any:
        return self.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]

    def route(self, table: str, destination: str) -> Any:
        rows = self.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        found = [
            row for row in rows if destination in {row.get("DestinationCidrBlock"), row.get("DestinationIpv6CidrBlock")}
        ]
        return found[0] if found else None


@contextmanager
def refused(code: str, *, status: int = 400, says: str = "") -> Iterator[None]:
    """Expects a refusal with that code and HTTP status, and a sentence that holds the words."""
    with pytest.raises(ClientError) as raised:
        yield
    response: Any = raised.value.response
    assert response["Error"]["Code"] == code
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert says in response["Error"]["Message"]
