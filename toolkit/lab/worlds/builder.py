"""The pieces that worlds are built from: networks, nodes, addresses, tables, zones."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from typing import Any
from uuid import uuid4

from toolkit.lab.in_process import Clients
from toolkit.lab.places import Places

IMAGE = "ami-0abcdef1234567890"
SERVICE_PORT = 8080
STATE_TABLE = "failover-state"
OWN_CIDR = "10.0.0.0/16"


@dataclass(frozen=True, kw_only=True)
class Network:
    """A VPC with an internet gateway and an IPv6 block."""

    vpc: str
    ipv6_prefix: str


@dataclass
class Builder:
    """Builds a world by AWS calls, and keeps what it made by role."""

    clients: Clients
    places: Places
    region: str
    ids: dict[str, str] = field(default_factory=dict)
    listeners: list[str] = field(default_factory=list)

    @property
    def ec2(self) -> Any:
        """The EC2 client."""
        return self.clients("ec2")

    def tag(self, kind: str, *, role: str, extra: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        """A tag specification that names a resource by its role."""
        tags = {"Name": role, **(extra or {})}
        return [{"ResourceType": kind, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}]

    def network(self, role: str = "vpc", *, cidr: str = OWN_CIDR) -> Network:
        """A VPC with both DNS attributes on."""
        vpc = self.ec2.create_vpc(
            CidrBlock=cidr,
            AmazonProvidedIpv6CidrBlock=True,
            TagSpecifications=self.tag("vpc", role=role),
        )["Vpc"]
        self.ids[role] = vpc["VpcId"]
        for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
            self.ec2.modify_vpc_attribute(VpcId=vpc["VpcId"], **{attribute: {"Value": True}})
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc["VpcId"])
        self.ids[f"{role}-gateway"] = gateway
        block = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
        return Network(vpc=vpc["VpcId"], ipv6_prefix=block.partition("00::/56")[0])

    def subnet(self, role: str, *, network: Network, cidr: str, zone: str) -> str:
        """A subnet in an availability zone (``a``, ``b``) with an IPv6 block of its own."""
        number = int(cidr.split(".")[2])
        subnet: str = self.ec2.create_subnet(
            VpcId=network.vpc,
            CidrBlock=cidr,
            AvailabilityZone=self.region + zone,
            Ipv6CidrBlock=f"{network.ipv6_prefix}{number:02x}::/64",
            TagSpecifications=self.tag("subnet", role=role),
        )["Subnet"]["SubnetId"]
        self.ids[role] = subnet
        return subnet

    def ipv6(self, network: Network, *, cidr: str, host: str) -> str:
        """The IPv6 address with that last part, in the subnet of an IPv4 block."""
        subnet = int(cidr.split(".")[2])
        return str(IPv6Address(f"{network.ipv6_prefix}{subnet:02x}::{host}"))

    def instance(
        self,
        role: str,
        *,
        subnet: str,
        address: str,
        serves: bool = True,
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """A running instance that may forward; its primary interface is known as ``ROLE-eni``."""
        made = self.ec2.run_instances(
            ImageId=IMAGE,
            InstanceType="m5.large",
            MinCount=1,
            MaxCount=1,
            SubnetId=subnet,
            PrivateIpAddress=address,
            MetadataOptions={"HttpTokens": "required", "InstanceMetadataTags": "enabled"},
            TagSpecifications=self.tag("instance", role=role, extra=tags),
        )["Instances"][0]
        instance: str = made["InstanceId"]
        interface = made["NetworkInterfaces"][0]["NetworkInterfaceId"]
        self.ec2.modify_network_interface_attribute(
            NetworkInterfaceId=interface,
            SourceDestCheck={"Value": False},
        )
        self.ids |= {role: instance, f"{role}-eni": interface, f"{role}-ip": address}
        if serves:
            self.listeners.append(instance)
        return instance

    def interface(self, role: str, *, subnet: str, address: str) -> str:
        """A free interface."""
        made: str = self.ec2.create_network_interface(
            SubnetId=subnet,
            PrivateIpAddress=address,
            TagSpecifications=self.tag("network-interface", role=role),
        )["NetworkInterface"]["NetworkInterfaceId"]
        self.ids |= {role: made, f"{role}-ip": address}
        return made

    def attach(self, interface: str, *, instance: str, index: int) -> None:
        """Attaches an interface at a device index."""
        self.ec2.attach_network_interface(
            NetworkInterfaceId=interface,
            InstanceId=instance,
            DeviceIndex=index,
        )

    def elastic_ip(self, role: str, *, interface: str | None = None, address: str | None = None) -> str:
        """An Elastic IP, associated if an interface (and one of its private addresses) is given."""
        made = self.ec2.allocate_address(Domain="vpc", TagSpecifications=self.tag("elastic-ip", role=role))
        allocation: str = made["AllocationId"]
        self.ids |= {role: allocation, f"{role}-ip": made["PublicIp"]}
        if interface:
            onto = {"PrivateIpAddress": address} if address else {}
            self.ec2.associate_address(
                AllocationId=allocation,
                NetworkInterfaceId=interface,
                AllowReassociation=False,
                **onto,
            )
        return allocation

    def route_table(self, role: str, *, network: Network, subnets: Sequence[str] = ()) -> str:
        """A route table that serves some subnets."""
        table: str = self.ec2.create_route_table(
            VpcId=network.vpc,
            TagSpecifications=self.tag("route-table", role=role),
        )["RouteTable"]["RouteTableId"]
        for subnet in subnets:
            self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        self.ids[role] = table
        return table

    def route(self, table: str, *, destination: str, interface: str) -> None:
        """A route to an interface."""
        key = "DestinationIpv6CidrBlock" if ":" in destination else "DestinationCidrBlock"
        self.ec2.create_route(RouteTableId=table, NetworkInterfaceId=interface, **{key: destination})

    def private_zone(self, role: str, *, network: Network, name: str, records: Mapping[str, str]) -> str:
        """A private hosted zone with A records of 10 seconds."""
        zone: str = (
            self.clients("route53")
            .create_hosted_zone(
                Name=name,
                CallerReference=str(uuid4()),
                VPC={"VPCRegion": self.region, "VPCId": network.vpc},
                HostedZoneConfig={"PrivateZone": True},
            )["HostedZone"]["Id"]
            .rpartition("/")[2]
        )
        for record, value in records.items():
            self.record(zone, name=record, kind="A", value=value)
        self.ids[role] = zone
        return zone

    def public_zone(self, role: str, *, name: str) -> str:
        """A public hosted zone."""
        made = self.clients("route53").create_hosted_zone(Name=name, CallerReference=str(uuid4()))
        zone: str = made["HostedZone"]["Id"].rpartition("/")[2]
        self.ids[role] = zone
        return zone

    def record(self, zone: str, *, name: str, kind: str, value: str) -> None:
        """One record of 10 seconds."""
        rows = {"Name": name, "Type": kind, "TTL": 10, "ResourceRecords": [{"Value": value}]}
        self.clients("route53").change_resource_record_sets(
            HostedZoneId=zone,
            ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": rows}]},
        )

    def state_table(self, name: str = STATE_TABLE) -> None:
        """The DynamoDB table of leases and journals; worlds side by side share it."""
        dynamodb = self.clients("dynamodb")
        with suppress(dynamodb.exceptions.ResourceInUseException):
            dynamodb.create_table(
                TableName=name,
                KeySchema=[
                    {"AttributeName": "group", "KeyType": "HASH"},
                    {"AttributeName": "item", "KeyType": "RANGE"},
                ],
                AttributeDefinitions=[
                    {"AttributeName": "group", "AttributeType": "S"},
                    {"AttributeName": "item", "AttributeType": "S"},
                ],
                BillingMode="PAY_PER_REQUEST",
            )

    def public_name(self, public_ip: str) -> str:
        """The public DNS name of an Elastic IP (AWS.md §4)."""
        suffix = "compute-1" if self.region == "us-east-1" else f"{self.region}.compute"
        return f"ec2-{public_ip.replace('.', '-')}.{suffix}.amazonaws.com"

    def group(self, nodes: Sequence[str], *, addresses: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """A group of the configuration, with the lab's probes, proxies and resolvers."""
        return {
            "nodes": [{"name": node, "instance": self.ids[node]} for node in nodes],
            "addresses": list(addresses),
            "health": {
                "interval": "100ms",
                "fall": 2,
                "rise": 1,
                # A dead port of the lab refuses at once; the limit is only for a machine that is busy.
                "probes": [{"tcp": SERVICE_PORT, "timeout": "5s"}],
                "via": f"socks5://{self.places.socks_inside}",
            },
            "policy": {"failback": "manual", "cooldown": "0s", "max_moves": {"count": 1000, "window": "1h"}},
            "verify": {
                "resolvers": {"inside": [self.places.dns_inside], "outside": [self.places.dns_outside]},
                "through": True,
                "via": f"socks5://{self.places.socks_outside}",
                "timeout": "30s",
            },
        }

    def configuration(self, groups: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
        """The whole configuration in the shape of DESIGN.md §7."""
        return {
            "version": 1,
            "region": self.region,
            "state": {"dynamodb": STATE_TABLE},
            "groups": dict(groups),
        }
