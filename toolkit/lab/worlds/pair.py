"""Two database hosts in one subnet, every kind of address on the first."""

from toolkit.lab.world import World
from toolkit.lab.worlds.builder import Builder, Network

SUBNET = "10.0.1.0/24"
OTHER_SUBNET = "10.0.2.0/24"
FLOATING = "10.0.1.50"
OVERLAY = "10.99.0.10/32"
OVERLAY_IPV6 = "fd99::10/128"
ZONE = "internal.example.com"
RECORD = "db.internal.example.com"


def pair(builder: Builder) -> World:
    """``db-1`` and ``db-2``; a foreign instance beside them; a NAT gateway in the other zone.

    Each node has a data interface (``db-1-data``) at device index 2, so that index 1 is free for ``vip-eni``
    and calls by instance id fail as they do on AWS.
    """
    network = builder.network()
    subnet = builder.subnet("subnet", network=network, cidr=SUBNET, zone="a")
    builder.subnet("other-subnet", network=network, cidr=OTHER_SUBNET, zone="b")
    for number in (1, 2):
        role = f"db-{number}"
        tags = {"failover:group": "db", "failover:priority": str(number)}
        instance = builder.instance(role, subnet=subnet, address=f"10.0.1.{number}0", tags=tags)
        data = builder.interface(f"{role}-data", subnet=subnet, address=f"10.0.1.{number}1")
        builder.attach(data, instance=instance, index=2)
    _addresses(builder, network)
    _strangers(builder)
    builder.state_table()
    group = builder.group(("db-1", "db-2"), addresses=_configured(builder))
    group["verify"]["names"] = [builder.public_name(builder.ids["eip-ip"])]
    return World(name="pair", ids=builder.ids, configuration=builder.configuration({"db": group}))


def _addresses(builder: Builder, network: Network) -> None:
    first = builder.ids["db-1-eni"]
    builder.elastic_ip("eip", interface=first, address="10.0.1.10")
    builder.ec2.assign_private_ip_addresses(NetworkInterfaceId=first, PrivateIpAddresses=[FLOATING])
    builder.ids["private_ip"] = FLOATING
    builder.elastic_ip("eip-floating", interface=first, address=FLOATING)
    floating6 = builder.ipv6(network, cidr=SUBNET, host="50")
    builder.ec2.assign_ipv6_addresses(NetworkInterfaceId=first, Ipv6Addresses=[floating6])
    builder.ids["ipv6"] = floating6
    vip = builder.interface("vip-eni", subnet=builder.ids["subnet"], address="10.0.1.60")
    builder.attach(vip, instance=builder.ids["db-1"], index=1)
    for role, subnet in (("table-1", "subnet"), ("table-2", "other-subnet")):
        table = builder.route_table(role, network=network, subnets=[builder.ids[subnet]])
        builder.route(table, destination=OVERLAY, interface=first)
        builder.route(table, destination=OVERLAY_IPV6, interface=first)
    builder.ids |= {"overlay": OVERLAY, "overlay-ipv6": OVERLAY_IPV6, "record": RECORD}
    builder.private_zone("zone", network=network, name=ZONE, records={RECORD: "10.0.1.10"})


def _strangers(builder: Builder) -> None:
    """What no failover may touch: an instance of somebody else, and a NAT gateway with its Elastic IP."""
    builder.instance("foreign", subnet=builder.ids["subnet"], address="10.0.1.200", serves=False)
    foreign = builder.ids["foreign-eni"]
    builder.ec2.assign_private_ip_addresses(NetworkInterfaceId=foreign, PrivateIpAddresses=["10.0.1.201"])
    builder.ids["foreign-secondary-ip"] = "10.0.1.201"
    builder.elastic_ip("foreign-eip", interface=foreign, address="10.0.1.200")
    nat_eip = builder.elastic_ip("nat-eip")
    nat = builder.ec2.create_nat_gateway(SubnetId=builder.ids["other-subnet"], AllocationId=nat_eip)
    builder.ids["nat"] = nat["NatGateway"]["NatGatewayId"]


def _configured(builder: Builder) -> list[dict[str, object]]:
    ids = builder.ids
    tables = [ids["table-1"], ids["table-2"]]
    return [
        {"kind": "eip", "id": ids["eip"]},
        {"kind": "private_ip", "address": FLOATING},
        {"kind": "ipv6", "address": ids["ipv6"]},
        {"kind": "eni", "id": ids["vip-eni"], "device_index": 1},
        {"kind": "route", "destination": OVERLAY, "tables": tables},
        {"kind": "route", "destination": OVERLAY_IPV6, "tables": tables},
        {"kind": "dns", "zone": ids["zone"], "name": RECORD, "ttl": 10},
    ]
