"""Two hosts in two availability zones: only what may cross zones moves."""

from toolkit.lab.world import World
from toolkit.lab.worlds.builder import Builder

OVERLAY = "10.99.0.20/32"
RECORD = "app.internal.example.com"


def cross_az(builder: Builder) -> World:
    """``app-1`` in zone a and ``app-2`` in zone b; an Elastic IP, an overlay address, a record."""
    network = builder.network()
    table = builder.route_table("table", network=network)
    for number, zone in ((1, "a"), (2, "b")):
        subnet = builder.subnet(f"subnet-{zone}", network=network, cidr=f"10.0.{number}.0/24", zone=zone)
        builder.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        builder.instance(f"app-{number}", subnet=subnet, address=f"10.0.{number}.10")
    first = builder.ids["app-1-eni"]
    builder.elastic_ip("eip", interface=first)
    builder.route(table, destination=OVERLAY, interface=first)
    builder.private_zone("zone", network=network, name="internal.example.com", records={RECORD: "10.0.1.10"})
    builder.state_table()
    builder.ids |= {"overlay": OVERLAY, "record": RECORD}
    group = builder.group(
        ("app-1", "app-2"),
        addresses=[
            {"kind": "eip", "id": builder.ids["eip"]},
            {"kind": "route", "destination": OVERLAY, "tables": [table]},
            {"kind": "dns", "zone": builder.ids["zone"], "name": RECORD, "ttl": 10},
        ],
    )
    group["verify"]["names"] = [builder.public_name(builder.ids["eip-ip"])]
    return World(name="cross-az", ids=builder.ids, configuration=builder.configuration({"app": group}))
