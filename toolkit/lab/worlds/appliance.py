"""Two firewall appliances in two zones, with an inside and an outside interface each."""

from toolkit.lab.world import World
from toolkit.lab.worlds.builder import Builder

BRANCH = "192.168.0.0/16"
BRANCH_IPV6 = "fd42::/48"


def appliance(builder: Builder) -> World:
    """``fw-1`` and ``fw-2``: an Elastic IP outside, routes to branch offices in two tables inside."""
    network = builder.network()
    for number, zone in ((1, "a"), (2, "b")):
        outside = builder.subnet(f"outside-{zone}", network=network, cidr=f"10.0.{number}.0/24", zone=zone)
        inside = builder.subnet(f"inside-{zone}", network=network, cidr=f"10.0.1{number}.0/24", zone=zone)
        role = f"fw-{number}"
        instance = builder.instance(role, subnet=outside, address=f"10.0.{number}.10")
        interface = builder.interface(f"{role}-inside", subnet=inside, address=f"10.0.1{number}.10")
        builder.ec2.modify_network_interface_attribute(
            NetworkInterfaceId=interface,
            SourceDestCheck={"Value": False},
        )
        builder.attach(interface, instance=instance, index=1)
        builder.route_table(f"table-{zone}", network=network, subnets=[inside])
    ids = builder.ids
    builder.elastic_ip("eip", interface=ids["fw-1-eni"], address="10.0.1.10")
    tables = [ids["table-a"], ids["table-b"]]
    for table in tables:
        builder.route(table, destination=BRANCH, interface=ids["fw-1-eni"])
        builder.route(table, destination=BRANCH_IPV6, interface=ids["fw-1-eni"])
    builder.state_table()
    ids |= {"branch": BRANCH, "branch-ipv6": BRANCH_IPV6}
    group = builder.group(
        ("fw-1", "fw-2"),
        addresses=[
            {"kind": "eip", "id": ids["eip"]},
            {"kind": "route", "destination": BRANCH, "tables": tables},
            {"kind": "route", "destination": BRANCH_IPV6, "tables": tables},
        ],
    )
    group["verify"]["names"] = [builder.public_name(ids["eip-ip"])]
    return World(name="appliance", ids=ids, configuration=builder.configuration({"edge": group}))
