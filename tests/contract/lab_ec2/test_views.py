"""What the lab's DNS, network and metadata services read in the process agrees with the API."""

from __future__ import annotations

from copy import deepcopy

import pytest

from toolkit.lab.ec2 import Settings, impair, routes, view, vpcs
from toolkit.lab.ec2.view import InterfaceView
from toolkit.lab.ec2.world import WORLD

from .site import Clock, Site


def seen(interface: str) -> InterfaceView:
    return next(row for row in view() if row.interface_id == interface)


def test_an_interface_is_seen_with_its_instance_and_addresses(site: Site) -> None:
    site.ec2.modify_vpc_attribute(VpcId=site.vpc, EnableDnsHostnames={"Value": True})
    node, eip = site.node(), site.eip()
    site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=node.interface)
    row, primary = seen(node.interface), site.private_ips(node.interface)[0]
    assert (row.instance_id, row.instance_state, row.device_index) == (node.instance, "running", 0)
    assert (row.region, row.zone, row.subnet_id, row.vpc_id) == ("eu-west-1", "eu-west-1a", site.subnet, site.vpc)
    assert row.private_ips == (primary,)
    assert row.eips == {primary: "203.0.113.1"}
    assert row.public_names == {primary: "ec2-203-0-113-1.eu-west-1.compute.amazonaws.com"}


def test_a_view_sees_what_became_true_without_any_call(site: Site, settings: Settings, clock: Clock) -> None:
    settings.change(instance_stop=10.0, private_ip_move=5.0)
    old, new = site.node(), site.node()
    for node in (old, new):
        site.ec2.assign_private_ip_addresses(
            NetworkInterfaceId=node.interface, PrivateIpAddresses=["10.0.1.50"], AllowReassignment=True
        )
    site.ec2.stop_instances(InstanceIds=[old.instance])
    assert "10.0.1.50" in seen(old.interface).private_ips
    clock.advance(10)
    assert seen(old.interface).instance_state == "stopped"
    assert "10.0.1.50" in seen(new.interface).private_ips
    assert "10.0.1.50" not in seen(old.interface).private_ips


def test_an_impaired_instance_is_seen_as_such(site: Site) -> None:
    node = site.node()
    impair(node.instance)
    assert seen(node.interface).impaired


def test_an_unattached_interface_belongs_to_nobody(site: Site) -> None:
    row = seen(site.interface())
    assert (row.instance_id, row.instance_state, row.device_index, row.impaired) == (None, None, None, False)


def test_a_route_is_seen_with_its_table_and_subnets(site: Site) -> None:
    node, table = site.node(), site.table()
    site.ec2.associate_route_table(RouteTableId=table, SubnetId=site.subnet)
    site.ec2.create_route(RouteTableId=table, DestinationCidrBlock="10.99.0.10/32", NetworkInterfaceId=node.interface)
    row = next(row for row in routes() if row.destination == "10.99.0.10/32")
    assert (row.table_id, row.subnet_ids, row.interface_id) == (table, (site.subnet,), node.interface)
    assert (row.state, row.local, row.main) == ("active", False, False)


@pytest.mark.parametrize("on", [True, False])
def test_a_vpc_is_seen_with_its_dns_attributes(site: Site, *, on: bool) -> None:
    site.ec2.modify_vpc_attribute(VpcId=site.vpc, EnableDnsHostnames={"Value": on})
    row = next(row for row in vpcs() if row.vpc_id == site.vpc)
    assert (row.dns_support, row.dns_hostnames, row.cidrs) == (True, on, ("10.0.0.0/16",))
    assert row.internet_gateway


def test_impairing_an_unknown_instance_or_check_is_an_error(site: Site) -> None:
    node = site.node()
    with pytest.raises(Exception, match="does not exist"):
        impair("i-0123456789abcdef0")
    with pytest.raises(ValueError, match="no status check"):
        impair(node.instance, check="ebs")  # type: ignore[arg-type]


def test_settings_refuse_unknown_names_and_values_and_change_nothing() -> None:
    settings = Settings()
    for wrong in (
        {"no_such": 1},
        {"eip_quota": -1},
        {"eni_detach": "5"},
        {"stale_disassociate": "maybe"},
        {"eip_quota": True},
    ):
        with pytest.raises(ValueError, match="setting"):
            settings.change(eip_quota=9, **wrong) if "eip_quota" not in wrong else settings.change(**wrong)
    assert settings == Settings()


def test_what_takes_no_time_is_done_when_the_answer_leaves(site: Site) -> None:
    node = site.node()
    region = WORLD.region("eu-west-1", account="123456789012")
    assert region.machines[node.instance].state == "running"


def test_a_copy_of_the_world_lives_on_by_itself(site: Site, settings: Settings) -> None:
    settings.change(private_ip_move=5.0)
    old, new = site.node(), site.node()
    for node in (old, new):
        site.ec2.assign_private_ip_addresses(
            NetworkInterfaceId=node.interface, PrivateIpAddresses=["10.0.1.50"], AllowReassignment=True
        )
    region = WORLD.region("eu-west-1", account="123456789012")
    copied = deepcopy(region)
    copied.settle(float("inf"))
    assert "10.0.1.50" in copied.interfaces[new.interface].private_ips
    assert "10.0.1.50" not in region.interfaces[new.interface].private_ips
