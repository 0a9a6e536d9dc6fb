"""Whatever is called in whatever order, every address has at most one holder, and all views agree."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from toolkit.lab.ec2 import Settings, reset

from .site import Clock, Site

_STEP = st.tuples(st.integers(0, 9), st.integers(0, 3), st.integers(0, 3), st.booleans())
_VIPS = ("10.0.1.50", "10.0.1.51", "10.0.1.52", "10.0.1.53")


class Play:
    """A site on which any step can be taken; what EC2 refuses is part of the play."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.nodes = [site.node(instance_type="m5.large") for _ in range(2)]
        self.free = [site.interface() for _ in range(2)]
        self.interfaces = [*(node.interface for node in self.nodes), *self.free]
        self.eips = [site.eip() for _ in range(4)]
        self.table = site.table()

    def step(self, kind: int, first: int, second: int, *, flag: bool) -> None:
        """One call, chosen by number."""
        ec2, interface, node = self.site.ec2, self.interfaces[first], self.nodes[first % 2]
        eip, vip, free = self.eips[second], _VIPS[second], self.free[second % 2]
        calls: list[Any] = [
            lambda: ec2.associate_address(AllocationId=eip, NetworkInterfaceId=interface, AllowReassociation=flag),
            lambda: ec2.associate_address(AllocationId=eip, NetworkInterfaceId=interface, PrivateIpAddress=vip),
            lambda: ec2.disassociate_address(AssociationId=self.site.address(eip).get("AssociationId", "x")),
            lambda: ec2.assign_private_ip_addresses(
                NetworkInterfaceId=interface, PrivateIpAddresses=[vip], AllowReassignment=flag
            ),
            lambda: ec2.unassign_private_ip_addresses(NetworkInterfaceId=interface, PrivateIpAddresses=[vip]),
            lambda: self.site.attach(free, node, index=1 + second % 2),
            lambda: ec2.detach_network_interface(AttachmentId=self.site.row(free)["Attachment"]["AttachmentId"]),
            lambda: (ec2.stop_instances if flag else ec2.start_instances)(InstanceIds=[node.instance]),
            lambda: ec2.replace_route(
                RouteTableId=self.table, DestinationCidrBlock="10.99.0.1/32", NetworkInterfaceId=interface
            ),
            lambda: ec2.terminate_instances(InstanceIds=[node.instance]) if flag else None,
        ]
        with suppress(ClientError, KeyError):
            calls[kind]()


def check(site: Site) -> None:
    """One holder for each private address and Elastic IP, the same in all listings."""
    ec2 = site.ec2
    interfaces = ec2.describe_network_interfaces()["NetworkInterfaces"]
    shown = [(row, entry) for row in interfaces for entry in row["PrivateIpAddresses"]]
    holders = Counter(entry["PrivateIpAddress"] for _, entry in shown)
    assert max(holders.values(), default=1) == 1
    by_interface = {
        entry["Association"]["AllocationId"]: (
            row["NetworkInterfaceId"],
            entry["PrivateIpAddress"],
            row.get("Attachment", {}).get("InstanceId"),
        )
        for row, entry in shown
        if "Association" in entry
    }
    by_address = {
        row["AllocationId"]: (row["NetworkInterfaceId"], row["PrivateIpAddress"], row.get("InstanceId"))
        for row in ec2.describe_addresses()["Addresses"]
        if "AssociationId" in row
    }
    assert by_interface == by_address
    nics = {
        (nic["NetworkInterfaceId"], instance["InstanceId"], nic["Attachment"]["DeviceIndex"])
        for reservation in ec2.describe_instances()["Reservations"]
        for instance in reservation["Instances"]
        for nic in instance["NetworkInterfaces"]
    }
    attached = {
        (row["NetworkInterfaceId"], row["Attachment"]["InstanceId"], row["Attachment"]["DeviceIndex"])
        for row in interfaces
        if "Attachment" in row
    }
    assert nics == attached


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(_STEP, min_size=5, max_size=14), slow=st.booleans())
def test_no_sequence_of_calls_gives_an_address_two_holders(
    ec2: Any, clock: Clock, settings: Settings, steps: list[tuple[int, int, int, bool]], *, slow: bool
) -> None:
    """MOTO.md section 1: what moto gets worst, tried in any order, settled or in transition."""
    reset()
    play = Play(Site(ec2).build())
    if slow:
        settings.change(eni_attach=1.0, eni_detach=2.0, private_ip_move=2.0, instance_stop=3.0, instance_start=1.0)
    for kind, first, second, flag in steps:
        play.step(kind, first, second, flag=flag)
        clock.advance(1)
        check(play.site)
