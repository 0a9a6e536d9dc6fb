"""Many pairs, one Elastic IP each: what an evacuation moves."""

from toolkit.lab.world import World
from toolkit.lab.worlds.builder import Builder

NODES_PER_SUBNET = 200
MOST = 5000


def fleet(builder: Builder, *, size: int) -> World:
    """``size`` groups ``g-1`` …: the first node of each in zone a holds an Elastic IP, the second is in zone b.

    Raises:
        ValueError: a size that fits no VPC.
    """
    if not 1 <= size <= MOST:
        raise ValueError(f"a fleet has 1 to {MOST} addresses, not {size}")
    network = builder.network()
    subnets: dict[tuple[str, int], str] = {}
    groups = {}
    for number in range(1, size + 1):
        block, host = divmod(number - 1, NODES_PER_SUBNET)
        for zone, offset in (("a", 0), ("b", 100)):
            if (zone, block) not in subnets:
                cidr = f"10.0.{offset + block}.0/24"
                name = f"subnet-{zone}-{block}"
                subnets[zone, block] = builder.subnet(name, network=network, cidr=cidr, zone=zone)
            address = f"10.0.{offset + block}.{host + 10}"
            builder.instance(f"g-{number}-{zone}", subnet=subnets[zone, block], address=address)
        builder.elastic_ip(f"g-{number}-eip", interface=builder.ids[f"g-{number}-a-eni"])
        groups[f"g-{number}"] = builder.group(
            (f"g-{number}-a", f"g-{number}-b"),
            addresses=[{"kind": "eip", "id": builder.ids[f"g-{number}-eip"]}],
        )
    builder.state_table()
    return World(name=f"fleet:{size}", ids=builder.ids, configuration=builder.configuration(groups))
