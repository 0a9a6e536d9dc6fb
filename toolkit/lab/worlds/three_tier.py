"""A web, an application and a database tier, each a pair with the kind of address that such tiers use."""

from typing import Any

from toolkit.lab.world import World
from toolkit.lab.worlds.builder import Builder

WEB, APP, DB = "10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"
APP_ADDRESS = "10.0.2.50"
RECORD = "db.internal.example.com"


def three_tier(builder: Builder) -> World:
    """Groups ``web`` (eip), ``app`` (private_ip) and ``db`` (eni and dns) in one VPC."""
    network = builder.network()
    for tier, cidr in (("web", WEB), ("app", APP), ("db", DB)):
        subnet = builder.subnet(f"{tier}-subnet", network=network, cidr=cidr, zone="a")
        prefix = cidr.removesuffix("0/24")
        for number in (1, 2):
            builder.instance(f"{tier}-{number}", subnet=subnet, address=f"{prefix}{number}0")
    ids = builder.ids
    builder.elastic_ip("eip", interface=ids["web-1-eni"])
    builder.ec2.assign_private_ip_addresses(
        NetworkInterfaceId=ids["app-1-eni"],
        PrivateIpAddresses=[APP_ADDRESS],
    )
    vip = builder.interface("vip-eni", subnet=ids["db-subnet"], address="10.0.3.60")
    builder.attach(vip, instance=ids["db-1"], index=1)
    builder.private_zone("zone", network=network, name="internal.example.com", records={RECORD: "10.0.3.10"})
    builder.state_table()
    ids |= {"private_ip": APP_ADDRESS, "record": RECORD}
    return World(name="three-tier", ids=ids, configuration=builder.configuration(_groups(builder)))


def _groups(builder: Builder) -> dict[str, dict[str, Any]]:
    ids = builder.ids
    addresses: dict[str, list[dict[str, Any]]] = {
        "web": [{"kind": "eip", "id": ids["eip"]}],
        "app": [{"kind": "private_ip", "address": APP_ADDRESS}],
        "db": [
            {"kind": "eni", "id": ids["vip-eni"], "device_index": 1},
            {"kind": "dns", "zone": ids["zone"], "name": RECORD, "ttl": 10},
        ],
    }
    groups = {tier: builder.group((f"{tier}-1", f"{tier}-2"), addresses=kinds) for tier, kinds in addresses.items()}
    groups["web"]["verify"]["names"] = [builder.public_name(ids["eip-ip"])]
    return groups
