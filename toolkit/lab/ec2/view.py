"""What the lab's DNS, network and metadata services see: the present state, as frozen rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from moto.ec2.models.vpcs import VPC

from toolkit.lab.ec2.destinations import key
from toolkit.lab.ec2.records import Interface, Machine
from toolkit.lab.ec2.region import Region
from toolkit.lab.ec2.rows import association_row
from toolkit.lab.ec2.targets import state_of
from toolkit.lab.ec2.world import WORLD

_REMOTE_DNS: Final = "AllowDnsResolutionFromRemoteVpc"


@dataclass(frozen=True, kw_only=True)
class InterfaceView:
    """An interface and all that it answers for; ``eips`` and ``public_names`` go by private address."""

    region: str
    owner: str
    interface_id: str
    description: str
    mac: str
    subnet_id: str
    subnet_cidr: str
    subnet_ipv6_cidrs: tuple[str, ...]
    vpc_id: str
    zone: str
    instance_id: str | None
    instance_state: str | None
    impaired: bool
    device_index: int | None
    network_card_index: int
    attachment_status: str | None
    private_ips: tuple[str, ...]
    ipv6s: tuple[str, ...]
    ipv4_prefixes: tuple[str, ...]
    ipv6_prefixes: tuple[str, ...]
    eips: Mapping[str, str]
    public_names: Mapping[str, str]
    security_groups: Mapping[str, str]
    source_dest_check: bool
    manager: str | None


@dataclass(frozen=True, kw_only=True)
class InstanceView:
    """An instance, for its metadata service."""

    region: str
    owner: str
    instance_id: str
    state: str
    impaired: bool
    instance_type: str
    image_id: str
    zone: str
    launch_index: int
    launch_time: datetime
    key_name: str | None
    user_data: bytes | None
    profile_arn: str | None
    reservation_id: str
    tags: Mapping[str, str]
    metadata_options: Mapping[str, str | int]


@dataclass(frozen=True, kw_only=True)
class RouteView:
    """One route of one table; ``subnet_ids`` are the subnets that use the table."""

    region: str
    vpc_id: str
    table_id: str
    main: bool
    subnet_ids: tuple[str, ...]
    destination: str
    local: bool
    state: str
    interface_id: str | None
    gateway_id: str | None


@dataclass(frozen=True, kw_only=True)
class VpcView:
    """A VPC; host names need both attributes (AWS.md section 4)."""

    region: str
    vpc_id: str
    cidrs: tuple[str, ...]
    dns_support: bool
    dns_hostnames: bool
    internet_gateway: bool


@dataclass(frozen=True, kw_only=True)
class PeeringView:
    """An active peering; a side that allows it answers the other side's questions with private addresses."""

    region: str
    requester_vpc_id: str
    accepter_vpc_id: str
    requester_allows_dns: bool
    accepter_allows_dns: bool


def view() -> list[InterfaceView]:
    """Every interface as it is now."""
    with WORLD.lock:
        return [_interface_view(region, found) for region in WORLD.settled() for found in region.interfaces.values()]


def instances() -> list[InstanceView]:
    """Every instance as it is now."""
    with WORLD.lock:
        return [
            _instance_view(region, region.machines[record.id], reservation_id=reservation.id)
            for region in WORLD.settled()
            for reservation in region.store.reservations.values()
            for record in reservation.instances
            if record.id in region.machines
        ]


def routes() -> list[RouteView]:
    """Every route of every table as it is now."""
    with WORLD.lock:
        return [
            RouteView(
                region=region.name,
                vpc_id=table.vpc_id,
                table_id=table.id,
                main=table.main_association_id is not None,
                subnet_ids=tuple(entry["SubnetId"] for entry in table.associations if "SubnetId" in entry),
                destination=key(route),
                local=route.local,
                state=state_of(region, route),
                interface_id=route.network_interface_id,
                gateway_id=route.gateway_id,
            )
            for region in WORLD.settled()
            for table in region.store.route_tables.values()
            for route in table.routes
        ]


def vpcs() -> list[VpcView]:
    """Every VPC as it is now."""
    with WORLD.lock:
        return [_vpc_view(region, vpc) for region in WORLD.settled() for vpc in region.store.vpcs.values()]


def peerings() -> list[PeeringView]:
    """Every active peering connection as it is now."""
    with WORLD.lock:
        return [
            PeeringView(
                region=region.name,
                requester_vpc_id=row.vpc.id,
                accepter_vpc_id=row.peer_vpc.id,
                requester_allows_dns=_is_on(row.requester_options[_REMOTE_DNS]),
                accepter_allows_dns=_is_on(row.accepter_options[_REMOTE_DNS]),
            )
            for region in WORLD.settled()
            for row in region.store.vpc_pcxs.values()
            if row.status["Code"] == "active"
        ]


def _is_on(value: object) -> bool:
    """Moto keeps what the caller sent: a bool at first, later the text of the request."""
    return str(value).lower() == "true"


def _interface_view(region: Region, interface: Interface) -> InterfaceView:
    machine, attachment = region.machine_of(interface), interface.attachment
    public = {address: association_row(region, interface, address) for address in interface.private_ips}
    record = interface.record
    return InterfaceView(
        region=region.name,
        owner=region.owner,
        interface_id=interface.id,
        description=record.description,
        mac=record.mac_address,
        subnet_id=interface.subnet_id,
        subnet_cidr=str(interface.network),
        subnet_ipv6_cidrs=tuple(str(network) for network in interface.ipv6_networks),
        vpc_id=interface.vpc_id,
        zone=interface.zone,
        instance_id=machine.id if machine else None,
        instance_state=machine.state if machine else None,
        impaired=machine.impaired if machine else False,
        device_index=attachment.device_index if attachment else None,
        network_card_index=attachment.network_card_index if attachment else 0,
        attachment_status=attachment.status if attachment else None,
        private_ips=tuple(interface.private_ips),
        ipv6s=tuple(interface.ipv6s),
        ipv4_prefixes=tuple(interface.ipv4_prefixes),
        ipv6_prefixes=tuple(interface.ipv6_prefixes),
        eips={address: row["PublicIp"] for address, row in public.items() if row},
        public_names={address: row["PublicDnsName"] for address, row in public.items() if row and row["PublicDnsName"]},
        security_groups={group.id: group.name for group in record._group_set},  # noqa: SLF001
        source_dest_check=record.source_dest_check,
        manager=interface.manager,
    )


def _instance_view(region: Region, machine: Machine, *, reservation_id: str) -> InstanceView:
    record = machine.record
    options = record.metadata_options
    return InstanceView(
        region=region.name,
        owner=region.owner,
        instance_id=machine.id,
        state=machine.state,
        impaired=machine.impaired,
        instance_type=machine.instance_type,
        image_id=record.image_id,
        zone=machine.zone,
        launch_index=record.ami_launch_index,
        launch_time=record.launch_time,
        key_name=record.key_name,
        user_data=machine.user_data,
        profile_arn=machine.profile_arn,
        reservation_id=reservation_id,
        tags=dict(region.store.tags.get(machine.id, {})),
        metadata_options={
            "http_tokens": options.http_tokens,
            "http_put_response_hop_limit": options.http_put_response_hop_limit,
            "http_endpoint": options.http_endpoint,
            "instance_metadata_tags": options.instance_metadata_tags,
        },
    )


def _vpc_view(region: Region, vpc: VPC) -> VpcView:
    blocks = [entry["cidr_block"] for ipv6 in (False, True) for entry in vpc.get_cidr_block_association_set(ipv6=ipv6)]
    return VpcView(
        region=region.name,
        vpc_id=vpc.id,
        cidrs=tuple(blocks),
        dns_support=bool(vpc.enable_dns_support),
        dns_hostnames=bool(vpc.enable_dns_hostnames),
        internet_gateway=region.reaches_internet(vpc.id),
    )
