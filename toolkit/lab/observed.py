"""The lab's EC2 and Route 53 as its network, names and metadata see them at this moment."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from toolkit.lab import ec2
from toolkit.lab.ec2 import scope
from toolkit.lab.imds import Subject
from toolkit.lab.metadata import metadata
from toolkit.lab.state import Interface, Peering, Route, State, Vpc
from toolkit.lab.zones import Alias, Record, Zone


class Scope:
    """What IAM knows of the lab's resources."""

    account = DEFAULT_ACCOUNT_ID

    def tags(self, resource_id: str) -> Mapping[str, str]:
        """The tags of an EC2 resource; none for one that there is not."""
        return scope.tags(resource_id)

    def ends(self, attachment_id: str) -> Mapping[str, str]:
        """The instance and the interface of an attachment, by their types in ARNs."""
        return scope.ends(attachment_id)


def state(region: str) -> State:
    """Who holds what in a region."""
    rows = [row for row in ec2.view() if row.region == region]
    return State(
        interfaces=tuple(_interface(row) for row in rows),
        routes=tuple(
            Route(table=row.table_id, vpc=row.vpc_id, destination=row.destination, interface=row.interface_id)
            for row in ec2.routes()
            if row.region == region and row.interface_id and row.state == "active"
        ),
        vpcs=tuple(
            Vpc(
                id=row.vpc_id,
                cidrs=row.cidrs,
                dns_support=row.dns_support,
                dns_hostnames=row.dns_hostnames,
            )
            for row in ec2.vpcs()
            if row.region == region
        ),
        peerings=tuple(_peering(row) for row in ec2.peerings() if row.region == region),
    )


def _peering(row: ec2.PeeringView) -> Peering:
    sides = ((row.requester_vpc_id, row.requester_allows_dns), (row.accepter_vpc_id, row.accepter_allows_dns))
    return Peering(vpcs=frozenset(vpc for vpc, _ in sides), allowing=frozenset(vpc for vpc, allows in sides if allows))


def _interface(row: ec2.InterfaceView) -> Interface:
    arrived = row.attachment_status == "attached"
    return Interface(
        id=row.interface_id,
        vpc=row.vpc_id,
        subnet=row.subnet_id,
        zone=row.zone,
        mac=row.mac,
        instance=row.instance_id if arrived else None,
        instance_state=row.instance_state if arrived else None,
        device_index=row.device_index if arrived else None,
        private_ips=row.private_ips,
        ipv6s=row.ipv6s,
        public=dict(row.eips),
    )


def subject(instance_id: str, notices: Mapping[str, str]) -> Subject | None:
    """An instance as its metadata service finds it, or None when there is none of that id."""
    instance = next((row for row in ec2.instances() if row.instance_id == instance_id), None)
    own = [row for row in ec2.view() if row.instance_id == instance_id]
    if instance is None or not own:
        return None
    options = instance.metadata_options
    return Subject(
        running=instance.state == "running",
        enabled=options["http_endpoint"] != "disabled",
        tokens_required=options["http_tokens"] == "required",
        tags=options["instance_metadata_tags"] == "enabled",
        tree=metadata(instance, interfaces=own, vpcs=ec2.vpcs(), notices=notices, now=datetime.now(UTC)),
    )


def zones() -> tuple[Zone, ...]:
    """Every hosted zone with its records. Hold the lock of Route 53 while reading."""
    backend: Any = get_backend("route53")[DEFAULT_ACCOUNT_ID]["aws"]
    return tuple(_zone(zone) for zone in list(backend.zones.values()))


def _zone(zone: Any) -> Zone:
    return Zone(
        name=str(zone.name).rstrip(".").lower(),
        id=str(zone.resource_id),
        private=bool(zone.private_zone),
        vpcs=frozenset(str(vpc["vpc_id"]) for vpc in zone.vpcs),
        records=tuple(_record(row) for row in list(zone.rrsets)),
    )


def _record(row: Any) -> Record:
    alias = row.alias_target or None
    return Record(
        name=str(row.name).rstrip(".").lower(),
        kind=str(row.type),
        ttl=int(row.ttl or 0),
        values=tuple(str(value) for value in row.records or ()),
        alias=Alias(str(alias["DNSName"]).rstrip(".").lower()) if alias else None,
    )
