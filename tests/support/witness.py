"""A plain boto3 client that is not the engine's: says where addresses really are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3  # type: ignore[import-untyped] # it ships no types

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from toolkit.lab import Control, World


class Witness:
    """Reads the lab as any AWS tool would, and answers in ids."""

    def __init__(self, lab: Control) -> None:
        self._session = boto3.Session("witness", "witness", region_name="eu-west-1")
        self._url = lab.url
        self.ec2: Any = self.client("ec2")

    def client(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self._url)

    def holders(self, addresses: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
        """Every instance (or answer of a record) that each address is at; a sound world gives one for each."""
        interfaces = self.ec2.describe_network_interfaces()["NetworkInterfaces"]
        return {f"{a['kind']}:{_name(a)}": self._at(a, interfaces) for a in addresses}

    def moment(self, addresses: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
        """The same of what interfaces carry, out of one answer, so that it is true at one moment of a running move."""
        rows = self.ec2.describe_network_interfaces()["NetworkInterfaces"]
        carried = {a["id"]: _carriers(a["id"], rows) for a in addresses if a["kind"] == "eip"}
        return carried | {a["address"]: self._at(a, rows) for a in addresses if a["kind"] in {"private_ip", "ipv6"}}

    def _at(self, address: Mapping[str, Any], interfaces: Sequence[Mapping[str, Any]]) -> list[str]:
        match address["kind"]:
            case "eip":
                return self._eip(address["id"], interfaces)
            case "private_ip":
                rows = [i for i in interfaces if address["address"] in _private(i)]
            case "ipv6":
                rows = [i for i in interfaces if address["address"] in _ipv6(i)]
            case "eni":
                rows = [i for i in interfaces if i["NetworkInterfaceId"] == address["id"]]
            case "route":
                return self._route(address, interfaces)
            case "dns":
                return self._record(address, interfaces)
            case kind:
                raise ValueError(kind)
        return sorted(_instance(row) for row in rows)

    def _eip(self, allocation: str, interfaces: Sequence[Mapping[str, Any]]) -> list[str]:
        """By the address's own row, by every interface and by every instance: one owner across every view."""
        row = self.ec2.describe_addresses(AllocationIds=[allocation])["Addresses"][0]
        found = {row["InstanceId"]} if row.get("InstanceId") else set()
        found |= set(_carriers(allocation, interfaces))
        found |= {
            instance["InstanceId"]
            for reservation in self.ec2.describe_instances()["Reservations"]
            for instance in reservation["Instances"]
            for nic in instance.get("NetworkInterfaces", [])
            for ip in nic["PrivateIpAddresses"]
            if ip.get("Association", {}).get("PublicIp") == row["PublicIp"]
        }
        return sorted(found)

    def _route(self, address: Mapping[str, Any], interfaces: Sequence[Mapping[str, Any]]) -> list[str]:
        found: set[str] = set()
        tables = self.ec2.describe_route_tables(RouteTableIds=address["tables"])["RouteTables"]
        for table in tables:
            for route in table["Routes"]:
                if address["destination"] in {route.get("DestinationCidrBlock"), route.get("DestinationIpv6CidrBlock")}:
                    owners = [i for i in interfaces if i["NetworkInterfaceId"] == route.get("NetworkInterfaceId")]
                    found.add(_instance(owners[0]) if owners else "nobody")
        return sorted(found)

    def _record(self, address: Mapping[str, Any], interfaces: Sequence[Mapping[str, Any]]) -> list[str]:
        rows = self.client("route53").list_resource_record_sets(
            HostedZoneId=address["zone"], StartRecordName=address["name"], StartRecordType="A", MaxItems="1"
        )["ResourceRecordSets"]
        values = [record["Value"] for row in rows for record in row["ResourceRecords"]]
        return sorted(_instance(i) for i in interfaces for value in values if i["PrivateIpAddress"] == value)


def whole_at(witness: Witness, world: World, role: str) -> None:
    """Fail unless every address of the world's only group is at that node and nowhere else."""
    (group,) = world.configuration["groups"].values()
    found = witness.holders(group["addresses"])
    wrong = {key: at for key, at in found.items() if at != [world[role]]}
    assert not wrong, f"not at {role} {world[role]} alone: {wrong}"


def _carriers(allocation: str, interfaces: Sequence[Mapping[str, Any]]) -> list[str]:
    """The instances of all interfaces that say they carry the Elastic IP."""
    return sorted(
        _instance(i)
        for i in interfaces
        for ip in i["PrivateIpAddresses"]
        if ip.get("Association", {}).get("AllocationId") == allocation
    )


def _name(address: Mapping[str, Any]) -> str:
    return str(address.get("id") or address.get("address") or address.get("destination") or address.get("name"))


def _private(interface: Mapping[str, Any]) -> set[str]:
    return {ip["PrivateIpAddress"] for ip in interface["PrivateIpAddresses"]}


def _ipv6(interface: Mapping[str, Any]) -> set[str]:
    return {ip["Ipv6Address"] for ip in interface.get("Ipv6Addresses", [])}


def _instance(interface: Mapping[str, Any]) -> str:
    return str(interface.get("Attachment", {}).get("InstanceId", "nobody"))
