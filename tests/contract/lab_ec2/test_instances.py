"""Instances live as AWS.md 1.2 says; MOTO.md section 10 D."""

from __future__ import annotations

from typing import Any

import pytest

from toolkit.lab.ec2 import Settings, impair, impair_zone, instances, reset

from .site import Clock, Node, Site, refused


def state(site: Site, node: Node) -> str:
    return str(site.instance(node.instance)["State"]["Name"])


def statuses(site: Site, **more: Any) -> dict[str, str]:
    found = site.ec2.describe_instance_status(**more)["InstanceStatuses"]
    return {row["InstanceId"]: row["InstanceStatus"]["Status"] for row in found}


def test_start_and_stop_pass_through_their_transitional_states(site: Site, settings: Settings, clock: Clock) -> None:
    """MOTO.md section 4 row 12."""
    settings.change(instance_start=10.0, instance_stop=20.0)
    node = site.node()
    assert state(site, node) == "pending"
    clock.advance(10)
    assert state(site, node) == "running"
    change = site.ec2.stop_instances(InstanceIds=[node.instance])["StoppingInstances"][0]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("running", "stopping")
    clock.advance(19.9)
    assert state(site, node) == "stopping"
    with refused("IncorrectInstanceState"):
        site.ec2.start_instances(InstanceIds=[node.instance])
    clock.advance(0.1)
    assert state(site, node) == "stopped"
    site.ec2.start_instances(InstanceIds=[node.instance])
    assert state(site, node) == "pending"


def test_a_forced_stop_is_quicker(site: Site, settings: Settings, clock: Clock) -> None:
    """DESIGN.md section 3: a fence skips the system's shutdown."""
    settings.change(instance_stop=600.0, instance_stop_forced=2.0)
    node = site.node()
    site.ec2.stop_instances(InstanceIds=[node.instance])
    site.ec2.stop_instances(InstanceIds=[node.instance], Force=True)
    clock.advance(2)
    assert state(site, node) == "stopped"


def test_stopping_twice_changes_nothing(site: Site) -> None:
    """A stopped instance stays stopped and says so."""
    node = site.node()
    site.ec2.stop_instances(InstanceIds=[node.instance])
    change = site.ec2.stop_instances(InstanceIds=[node.instance])["StoppingInstances"][0]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("stopped", "stopped")


@pytest.mark.parametrize("operation", ["start_instances", "stop_instances", "reboot_instances"])
def test_a_terminated_instance_does_not_come_back(site: Site, operation: str) -> None:
    """MOTO.md section 4 row 12: moto starts it again."""
    node = site.node()
    site.ec2.terminate_instances(InstanceIds=[node.instance])
    with refused("IncorrectInstanceState"):
        getattr(site.ec2, operation)(InstanceIds=[node.instance])
    assert state(site, node) == "terminated"


def test_a_stopped_instance_is_not_rebooted(site: Site) -> None:
    """MOTO.md section 4 row 12."""
    node = site.node()
    site.ec2.stop_instances(InstanceIds=[node.instance])
    with refused("IncorrectInstanceState"):
        site.ec2.reboot_instances(InstanceIds=[node.instance])
    assert state(site, node) == "stopped"


def test_one_wrong_instance_keeps_all_from_changing(site: Site) -> None:
    """A call that is refused changes nothing."""
    running, gone = site.node(), site.node()
    site.ec2.terminate_instances(InstanceIds=[gone.instance])
    with refused("IncorrectInstanceState"):
        site.ec2.stop_instances(InstanceIds=[running.instance, gone.instance])
    assert state(site, running) == "running"


def test_termination_is_idempotent(site: Site) -> None:
    """AWS.md 1.1."""
    node = site.node()
    for _ in range(2):
        site.ec2.terminate_instances(InstanceIds=[node.instance])
    assert state(site, node) == "terminated"


def test_a_terminated_instance_shows_no_network_and_breaks_no_listing(site: Site) -> None:
    """MOTO.md section 2 row 18 and section 3 row 9."""
    gone, other = site.node(), site.node()
    site.ec2.terminate_instances(InstanceIds=[gone.instance])
    row = site.instance(gone.instance)
    assert {"PublicIpAddress", "PrivateIpAddress", "SubnetId"}.isdisjoint(row)
    assert row["NetworkInterfaces"] == []
    listed = [row["Instances"][0]["InstanceId"] for row in site.ec2.describe_instances()["Reservations"]]
    assert set(listed) == {gone.instance, other.instance}


def test_termination_protection_holds(site: Site) -> None:
    """AWS.md section 2 E, OperationNotPermitted."""
    node = site.node()
    site.ec2.modify_instance_attribute(InstanceId=node.instance, DisableApiTermination={"Value": True})
    with refused("OperationNotPermitted", says="disableApiTermination"):
        site.ec2.terminate_instances(InstanceIds=[node.instance])
    assert state(site, node) == "running"


def test_an_impaired_instance_says_so_and_can_be_found(site: Site) -> None:
    """MOTO.md section 4 row 13: settable, and the filters work."""
    sick, well = site.node(), site.node()
    impair(sick.instance)
    assert statuses(site) == {sick.instance: "impaired", well.instance: "ok"}
    for name, value in (("instance-status.status", "impaired"), ("instance-status.reachability", "failed")):
        assert list(statuses(site, Filters=[{"Name": name, "Values": [value]}])) == [sick.instance]
    filters = [{"Name": "system-status.status", "Values": ["impaired"]}]
    assert statuses(site, Filters=filters) == {}
    impair(sick.instance, status="ok")
    assert statuses(site)[sick.instance] == "ok"


def test_a_system_impairment_is_another_check(site: Site) -> None:
    """AWS.md section 5: system and instance checks."""
    node = site.node()
    impair(node.instance, check="system")
    row = site.ec2.describe_instance_status(InstanceIds=[node.instance])["InstanceStatuses"][0]
    assert (row["SystemStatus"]["Status"], row["InstanceStatus"]["Status"]) == ("impaired", "ok")


def test_an_impaired_zone_impairs_its_instances_and_no_others(site: Site) -> None:
    """MOTO.md section 10 D, the impaired zone."""
    near, far = site.node(), site.node(subnet=site.far_subnet)
    impair_zone("eu-west-1a")
    assert statuses(site) == {near.instance: "impaired", far.instance: "ok"}
    filters = [{"Name": "state", "Values": ["impaired"]}]
    zones = site.ec2.describe_availability_zones(Filters=filters)["AvailabilityZones"]
    assert [row["ZoneName"] for row in zones] == ["eu-west-1a"]
    reset()
    assert site.ec2.describe_availability_zones(Filters=filters)["AvailabilityZones"] == []
    with pytest.raises(ValueError, match="no such zone"):
        impair_zone("eu-west-1x")


def test_only_running_instances_have_a_status_unless_all_are_asked_for(site: Site) -> None:
    """AWS.md section 3."""
    running, stopped = site.node(), site.node()
    site.ec2.stop_instances(InstanceIds=[stopped.instance])
    assert statuses(site) == {running.instance: "ok"}
    assert statuses(site, IncludeAllInstances=True)[stopped.instance] == "not-applicable"


def test_status_ids_and_pages_exclude_each_other(site: Site) -> None:
    """AWS.md section 3."""
    node = site.node()
    with refused("InvalidParameterCombination"):
        site.ec2.describe_instance_status(InstanceIds=[node.instance], MaxResults=5)


@pytest.mark.parametrize(
    "name",
    [
        "network-interface.addresses.private-ip-address",
        "network-interface.network-interface-id",
        "network-interface.addresses.association.public-ip",
        "network-interface.association.allocation-id",
        "private-ip-address",
        "instance-id",
        "tag:role",
    ],
)
def test_filters_that_moto_lacks_work(site: Site, name: str) -> None:
    """MOTO.md section 3 row 20."""
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "role", "Value": "db"}]}]
    node, eip = site.node(TagSpecifications=tags), site.eip()
    site.node()
    site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=node.interface)
    row = site.instance(node.instance)
    values = {
        "network-interface.addresses.private-ip-address": row["PrivateIpAddress"],
        "network-interface.network-interface-id": node.interface,
        "network-interface.addresses.association.public-ip": row["PublicIpAddress"],
        "network-interface.association.allocation-id": eip,
        "private-ip-address": row["PrivateIpAddress"],
        "instance-id": node.instance,
        "tag:role": "db",
    }
    found = site.ec2.describe_instances(Filters=[{"Name": name, "Values": [values[name]]}])["Reservations"]
    assert [entry["Instances"][0]["InstanceId"] for entry in found] == [node.instance]


def test_metadata_options_are_merged(site: Site) -> None:
    """MOTO.md section 4 row 14."""
    node = site.node()
    site.ec2.modify_instance_metadata_options(InstanceId=node.instance, HttpPutResponseHopLimit=2)
    with refused("DryRunOperation", status=412):
        site.ec2.modify_instance_metadata_options(InstanceId=node.instance, HttpTokens="optional", DryRun=True)
    site.ec2.modify_instance_metadata_options(InstanceId=node.instance, HttpTokens="required")
    options = site.instance(node.instance)["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 2)


def test_an_automatic_public_address_goes_with_a_stop_and_with_an_elastic_ip(site: Site) -> None:
    """AWS.md 1.1 and 1.2; it belongs to amazon."""
    site.ec2.modify_subnet_attribute(SubnetId=site.subnet, MapPublicIpOnLaunch={"Value": True})
    node, eip = site.node(), site.eip()
    first = site.instance(node.instance)["PublicIpAddress"]
    assert site.row(node.interface)["Association"]["IpOwnerId"] == "amazon"
    site.ec2.stop_instances(InstanceIds=[node.instance])
    assert "PublicIpAddress" not in site.instance(node.instance)
    site.ec2.start_instances(InstanceIds=[node.instance])
    second = site.instance(node.instance)["PublicIpAddress"]
    assert second != first
    made = site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=node.interface)
    assert site.instance(node.instance)["PublicIpAddress"] == site.address(eip)["PublicIp"]
    site.ec2.disassociate_address(AssociationId=made["AssociationId"])
    assert site.instance(node.instance)["PublicIpAddress"] not in {first, second}


def test_a_second_interface_keeps_a_new_automatic_address_away(site: Site) -> None:
    """AWS.md 1.1 and 1.2."""
    site.ec2.modify_subnet_attribute(SubnetId=site.subnet, MapPublicIpOnLaunch={"Value": True})
    node = site.node()
    site.attach(site.interface(), node)
    site.ec2.stop_instances(InstanceIds=[node.instance])
    site.ec2.start_instances(InstanceIds=[node.instance])
    assert "PublicIpAddress" not in site.instance(node.instance)


@pytest.mark.parametrize("restores", [True, False])
def test_the_loser_of_an_elastic_ip_may_get_an_automatic_address(
    site: Site, settings: Settings, *, restores: bool
) -> None:
    """AWS.md 1.1, U: whether being remapped away counts as disassociation."""
    settings.change(remap_restores_public_ip=restores)
    site.ec2.modify_subnet_attribute(SubnetId=site.subnet, MapPublicIpOnLaunch={"Value": True})
    old, new, eip = site.node(), site.node(), site.eip()
    site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=old.interface)
    site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=new.interface)
    assert ("PublicIpAddress" in site.instance(old.instance)) is restores


def test_an_existing_interface_can_be_the_primary_one(site: Site) -> None:
    """AWS.md 1.3, the cold attach; it is not deleted with the instance."""
    interface = site.interface(PrivateIpAddress="10.0.1.40")
    node = site.node(NetworkInterfaces=[{"DeviceIndex": 0, "NetworkInterfaceId": interface}])
    assert node.interface == interface
    assert site.instance(node.instance)["PrivateIpAddress"] == "10.0.1.40"
    with refused("InvalidNetworkInterface.InUse"):
        site.node(NetworkInterfaces=[{"DeviceIndex": 0, "NetworkInterfaceId": interface}])
    site.ec2.terminate_instances(InstanceIds=[node.instance])
    assert site.row(interface)["Status"] == "available"


def test_a_launch_with_several_interfaces_gives_each_its_index(site: Site) -> None:
    """AWS.md 1.3; MOTO.md section 3 row 28: the secondary count is honoured."""
    specs = [
        {"DeviceIndex": 0, "SubnetId": site.subnet, "SecondaryPrivateIpAddressCount": 1},
        {"DeviceIndex": 1, "SubnetId": site.other_subnet, "Description": "inside"},
    ]
    node = site.node(NetworkInterfaces=specs)
    shown = site.instance(node.instance)["NetworkInterfaces"]
    assert [entry["Attachment"]["DeviceIndex"] for entry in shown] == [0, 1]
    assert [len(entry["PrivateIpAddresses"]) for entry in shown] == [2, 1]
    assert shown[1]["Description"] == "inside"


def test_a_refused_launch_leaves_no_interface(site: Site) -> None:
    """A call that is refused changes nothing."""
    specs = [
        {"DeviceIndex": 0, "SubnetId": site.subnet},
        {"DeviceIndex": 1, "SubnetId": site.subnet, "PrivateIpAddress": "10.0.2.9"},
    ]
    with refused("InvalidParameterValue"):
        site.node(NetworkInterfaces=specs)
    assert site.ec2.describe_network_interfaces()["NetworkInterfaces"] == []
    assert site.ec2.describe_instances()["Reservations"] == []


def test_a_client_token_launches_once(site: Site) -> None:
    """MOTO.md section 3 row 28."""
    assert site.node(ClientToken="once") == site.node(ClientToken="once")
    assert len(site.ec2.describe_instances()["Reservations"]) == 1


def test_several_instances_share_a_reservation(site: Site) -> None:
    """RunInstances with a count."""
    run = site.ec2.run_instances(
        ImageId="ami-12345678", MinCount=3, MaxCount=3, InstanceType="t3.micro", SubnetId=site.subnet
    )
    assert [row["AmiLaunchIndex"] for row in run["Instances"]] == [0, 1, 2]
    assert len({row["PrivateIpAddress"] for row in run["Instances"]}) == 3
    assert len(site.ec2.describe_instances()["Reservations"]) == 1


def test_an_unknown_instance_type_is_refused(site: Site) -> None:
    """AWS.md 1.3: limits come from the type."""
    with refused("InvalidParameterValue", says="t99.huge"):
        site.node(instance_type="t99.huge")


def test_user_data_reaches_the_instance(site: Site) -> None:
    """What cloud-init would read."""
    node = site.node(UserData="#!/bin/sh")
    assert [row.user_data for row in instances() if row.instance_id == node.instance] == [b"#!/bin/sh"]


def test_an_instance_profile_is_shown(site: Site) -> None:
    """AWS.md section 2 E: rights of a node come from its profile."""
    node = site.node(IamInstanceProfile={"Name": "failover-node"})
    arn = "arn:aws:iam::123456789012:instance-profile/failover-node"
    assert site.instance(node.instance)["IamInstanceProfile"]["Arn"] == arn


def test_a_launch_parameter_without_an_imitation_is_refused(site: Site) -> None:
    """A wrong answer would be worse than none."""
    with refused("LabNotImplemented", says="HibernationOptions"):
        site.node(HibernationOptions={"Configured": True})


def test_the_default_vpc_reaches_the_internet(ec2: Any) -> None:
    """As AWS makes it: Elastic IPs work there at once."""
    site = Site(ec2)
    site.subnet = ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"][0][
        "SubnetId"
    ]
    node, eip = site.node(), site.eip()
    ec2.associate_address(AllocationId=eip, NetworkInterfaceId=node.interface)
    ec2.release_address(AllocationId=eip)
    assert ec2.describe_addresses()["Addresses"] == []
