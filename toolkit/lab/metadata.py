"""An instance's metadata as a tree: what IMDS serves, built from the lab's EC2 (AWS.md §7)."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from toolkit.lab.ec2 import InstanceView, InterfaceView, VpcView

Tree: TypeAlias = Mapping[str, "str | Tree"]
ROLE = "lab-node"
CREDENTIAL_LIFE = timedelta(hours=6)


def metadata(
    instance: InstanceView,
    *,
    interfaces: Sequence[InterfaceView],
    vpcs: Sequence[VpcView],
    notices: Mapping[str, str],
    now: datetime,
) -> Tree:
    """Everything under ``/latest``. ``interfaces`` are the instance's own; ``notices`` go by their path."""
    own = sorted(interfaces, key=lambda row: row.device_index or 0)
    tree: dict[str, str | Tree] = {
        "meta-data": _merge(_meta_data(instance, own, vpcs=vpcs, now=now), notices),
        "dynamic": {"instance-identity": {"document": _document(instance, own)}},
    }
    if instance.user_data is not None:
        tree["user-data"] = instance.user_data.decode(errors="replace")
    return tree


def _merge(tree: Mapping[str, str | Tree], leaves: Mapping[str, str]) -> Tree:
    merged: dict[str, str | Tree] = dict(tree)
    for path, text in leaves.items():
        head, _, rest = path.partition("/")
        below = merged.get(head, {})
        merged[head] = _merge(below if isinstance(below, Mapping) else {}, {rest: text}) if rest else text
    return merged


def _meta_data(
    instance: InstanceView,
    interfaces: Sequence[InterfaceView],
    *,
    vpcs: Sequence[VpcView],
    now: datetime,
) -> dict[str, str | Tree]:
    primary = interfaces[0]
    address = primary.private_ips[0]
    tree: dict[str, str | Tree] = {
        "ami-id": instance.image_id,
        "ami-launch-index": str(instance.launch_index),
        "hostname": _private_name(address, region=instance.region),
        "iam": _iam(instance, now=now),
        "instance-action": "none",
        "instance-id": instance.instance_id,
        "instance-life-cycle": "on-demand",
        "instance-type": instance.instance_type,
        "local-hostname": _private_name(address, region=instance.region),
        "local-ipv4": address,
        "mac": primary.mac,
        "network": {"interfaces": {"macs": {row.mac: _interface(row, vpcs=vpcs) for row in interfaces}}},
        "placement": {
            "availability-zone": instance.zone,
            "availability-zone-id": _zone_id(instance.zone),
            "region": instance.region,
        },
        "reservation-id": instance.reservation_id,
        "security-groups": "\n".join(primary.security_groups.values()),
        "services": {"domain": "amazonaws.com", "partition": "aws"},
    }
    if address in primary.eips:
        tree["public-ipv4"] = primary.eips[address]
        tree["public-hostname"] = primary.public_names.get(address, "")
    if primary.ipv6s:
        tree["ipv6"] = primary.ipv6s[0]
    if instance.tags:
        tree["tags"] = {"instance": dict(instance.tags)}
    return tree


def _interface(row: InterfaceView, *, vpcs: Sequence[VpcView]) -> Tree:
    vpc = next((vpc for vpc in vpcs if vpc.vpc_id == row.vpc_id), None)
    blocks = vpc.cidrs if vpc else ()
    ipv4_blocks = [block for block in blocks if ":" not in block]
    tree: dict[str, str | Tree] = {
        "device-number": str(row.device_index or 0),
        "interface-id": row.interface_id,
        "local-hostname": _private_name(row.private_ips[0], region=row.region),
        "local-ipv4s": "\n".join(row.private_ips),
        "mac": row.mac,
        "network-card": str(row.network_card_index),
        "owner-id": row.owner,
        "security-group-ids": "\n".join(row.security_groups),
        "security-groups": "\n".join(row.security_groups.values()),
        "subnet-id": row.subnet_id,
        "subnet-ipv4-cidr-block": row.subnet_cidr,
        "vpc-id": row.vpc_id,
        "vpc-ipv4-cidr-block": ipv4_blocks[0] if ipv4_blocks else "",
        "vpc-ipv4-cidr-blocks": "\n".join(ipv4_blocks),
    }
    several = {
        "ipv6s": row.ipv6s,
        "public-ipv4s": tuple(row.eips.values()),
        "ipv4-prefix": row.ipv4_prefixes,
        "ipv6-prefix": row.ipv6_prefixes,
        "subnet-ipv6-cidr-blocks": row.subnet_ipv6_cidrs,
        "vpc-ipv6-cidr-blocks": tuple(block for block in blocks if ":" in block),
    }
    tree |= {name: "\n".join(values) for name, values in several.items() if values}
    if row.eips:
        tree["ipv4-associations"] = {public: private for private, public in row.eips.items()}
        tree["public-hostname"] = row.public_names.get(row.private_ips[0], "")
    return tree


def _iam(instance: InstanceView, *, now: datetime) -> Tree:
    credentials = {
        "Code": "Success",
        "LastUpdated": _stamp(now),
        "Type": "AWS-HMAC",
        "AccessKeyId": "lab",
        "SecretAccessKey": "lab",
        "Token": f"lab-{instance.instance_id}",
        "Expiration": _stamp(now + CREDENTIAL_LIFE),
    }
    profile = {
        "Code": "Success",
        "LastUpdated": _stamp(now),
        "InstanceProfileArn": f"arn:aws:iam::{instance.owner}:instance-profile/{ROLE}",
        "InstanceProfileId": "AIPALAB",
    }
    return {"info": json.dumps(profile), "security-credentials": {ROLE: json.dumps(credentials)}}


def _document(instance: InstanceView, interfaces: Sequence[InterfaceView]) -> str:
    return json.dumps(
        {
            "accountId": instance.owner,
            "architecture": "x86_64",
            "availabilityZone": instance.zone,
            "imageId": instance.image_id,
            "instanceId": instance.instance_id,
            "instanceType": instance.instance_type,
            "pendingTime": _stamp(instance.launch_time.astimezone(UTC)),
            "privateIp": interfaces[0].private_ips[0],
            "region": instance.region,
            "version": "2017-09-30",
        },
    )


def _private_name(address: str, *, region: str) -> str:
    suffix = "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"
    return f"ip-{address.replace('.', '-')}.{suffix}"


def _zone_id(zone: str) -> str:
    """The zone's id in the lab, where names and ids have the same order; on AWS each account has its own."""
    area, direction, number = zone[:-1].split("-")
    return f"{area}{direction[0]}{number}-az{ord(zone[-1]) - ord('a') + 1}"


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
