"""Elastic IPs move as AWS.md 1.1 says; MOTO.md section 10, A1 to A8."""

from __future__ import annotations

from typing import Any

import pytest

from toolkit.lab.ec2 import Settings, lend_address

from .site import Clock, Site, refused


def test_a_move_leaves_one_owner_in_every_view(site: Site) -> None:
    """AWS.md 1.1: one call moves an address; MOTO.md section 2 row 8, the ghost owner."""
    old, new, eip = site.node(), site.node(), site.eip()
    site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=old.interface, AllowReassociation=True)
    site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=new.interface, AllowReassociation=True)
    public_ip = site.address(eip)["PublicIp"]
    assert "Association" not in site.row(old.interface)
    assert "PublicIpAddress" not in site.instance(old.instance)
    assert site.row(new.interface)["Association"]["PublicIp"] == public_ip
    assert site.instance(new.instance)["PublicIpAddress"] == public_ip
    assert site.address(eip)["NetworkInterfaceId"] == new.interface
    assert site.address(eip)["InstanceId"] == new.instance
    by_ip = site.ec2.describe_instances(Filters=[{"Name": "ip-address", "Values": [public_ip]}])
    assert [row["Instances"][0]["InstanceId"] for row in by_ip["Reservations"]] == [new.instance]


def test_a_real_move_gives_a_new_association_id(site: Site) -> None:
    """AWS.md 1.1: a stored AssociationId goes stale."""
    old, new, eip = site.node(), site.node(), site.eip()
    first = site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=old.interface)
    second = site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=new.interface)
    assert first["AssociationId"] != second["AssociationId"]
    assert site.address(eip)["AssociationId"] == second["AssociationId"]


def test_reassociation_is_automatic_when_the_flag_is_left_out(site: Site) -> None:
    """AWS.md 1.1 and MOTO.md section 2 row 5."""
    old, new, eip = site.node(), site.node(), site.eip()
    site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=old.interface)
    site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=new.interface)
    assert site.address(eip)["NetworkInterfaceId"] == new.interface


def test_very_old_accounts_refuse_reassociation_when_the_flag_is_left_out(site: Site, settings: Settings) -> None:
    """AWS.md 1.1, L: reported with the default false."""
    settings.change(allow_reassociation_default=False)
    old, new, eip = site.node(), site.node(), site.eip()
    site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=old.interface)
    with refused("Resource.AlreadyAssociated"):
        site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=new.interface)


@pytest.mark.parametrize("first", ["instance", "interface"])
@pytest.mark.parametrize("second", ["instance", "interface"])
def test_without_reassociation_an_associated_address_stays(site: Site, first: str, second: str) -> None:
    """MOTO.md section 2 rows 6 and 7: strict in all four combinations of targets."""
    old, new, eip = site.node(), site.node(), site.eip()
    names = {"instance": "InstanceId", "interface": "NetworkInterfaceId"}
    made = site.ec2.associate_address(AllocationId=eip, **{names[first]: getattr(old, first)})
    says = f"resource {eip} is already associated with associate-id {made['AssociationId']}"
    with refused("Resource.AlreadyAssociated", says=says):
        site.ec2.associate_address(AllocationId=eip, AllowReassociation=False, **{names[second]: getattr(new, second)})
    assert site.address(eip)["NetworkInterfaceId"] == old.interface


def test_the_displaced_address_becomes_free_and_stays_allocated(site: Site) -> None:
    """AWS.md 1.1: the target's own Elastic IP is silently disassociated; MOTO.md section 2 row 9."""
    node, mine, theirs = site.node(), site.eip(), site.eip()
    site.ec2.associate_address(AllocationId=theirs, NetworkInterfaceId=node.interface)
    site.ec2.associate_address(AllocationId=mine, NetworkInterfaceId=node.interface, AllowReassociation=False)
    assert "AssociationId" not in site.address(theirs)
    assert list(site.carried(node.interface).values()) == [mine]


def test_the_flag_may_guard_the_target_too(site: Site, settings: Settings) -> None:
    """AWS.md 1.1, L: whether AllowReassociation covers the target's present address is not settled."""
    settings.change(reassociation_guards_target=True)
    node, mine, theirs = site.node(), site.eip(), site.eip()
    site.ec2.associate_address(AllocationId=theirs, NetworkInterfaceId=node.interface)
    with refused("Resource.AlreadyAssociated", says=theirs):
        site.ec2.associate_address(AllocationId=mine, NetworkInterfaceId=node.interface, AllowReassociation=False)
    assert list(site.carried(node.interface).values()) == [theirs]


def test_each_private_address_carries_its_own_elastic_ip(site: Site) -> None:
    """AWS.md 1.1: one per private address; MOTO.md section 2 row 10."""
    node, first, second = site.node(), site.eip(), site.eip()
    site.ec2.assign_private_ip_addresses(NetworkInterfaceId=node.interface, PrivateIpAddresses=["10.0.1.50"])
    site.ec2.associate_address(AllocationId=first, NetworkInterfaceId=node.interface)
    site.ec2.associate_address(AllocationId=second, NetworkInterfaceId=node.interface, PrivateIpAddress="10.0.1.50")
    primary = site.private_ips(node.interface)[0]
    assert site.carried(node.interface) == {primary: first, "10.0.1.50": second}
    assert site.address(second)["PrivateIpAddress"] == "10.0.1.50"


def test_a_private_address_of_another_interface_is_refused(site: Site) -> None:
    """MOTO.md section 2 row 10."""
    node, eip = site.node(), site.eip()
    with refused("InvalidParameterValue", says="10.0.1.99"):
        site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=node.interface, PrivateIpAddress="10.0.1.99")


def test_repeating_an_association_keeps_its_id(site: Site) -> None:
    """AWS.md 1.1: documented idempotent."""
    node, eip = site.node(), site.eip()
    first = site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=node.interface)
    again = site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=node.interface, AllowReassociation=False)
    assert first["AssociationId"] == again["AssociationId"]


def test_repeating_an_association_may_give_a_new_id(site: Site, settings: Settings) -> None:
    """MOTO.md, "Not settled": whether AWS keeps the id."""
    settings.change(reassociate_same_target_keeps_id=False)
    node, eip = site.node(), site.eip()
    first = site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=node.interface)
    again = site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=node.interface)
    assert first["AssociationId"] != again["AssociationId"]
    assert site.address(eip)["AssociationId"] == again["AssociationId"]


def test_an_instance_with_two_interfaces_is_no_target(site: Site) -> None:
    """AWS.md 1.1 and MOTO.md section 2 row 11."""
    node, eip = site.node(), site.eip()
    site.attach(site.interface(), node)
    with refused("InvalidInstanceID", says="multiple interfaces"):
        site.ec2.associate_address(AllocationId=eip, InstanceId=node.instance)


def test_instance_and_interface_exclude_each_other(site: Site) -> None:
    """AWS.md 1.1: exactly one of them."""
    node, eip = site.node(), site.eip()
    with refused("InvalidParameterCombination"):
        site.ec2.associate_address(AllocationId=eip, InstanceId=node.instance, NetworkInterfaceId=node.interface)
    with refused("MissingParameter"):
        site.ec2.associate_address(AllocationId=eip)


def test_a_public_ip_alone_does_not_name_a_vpc_address(site: Site) -> None:
    """AWS.md section 2 E, the quoted sentence."""
    node = site.node()
    public_ip = site.address(site.eip())["PublicIp"]
    with refused("InvalidParameterCombination", says="You must specify an allocation id"):
        site.ec2.associate_address(PublicIp=public_ip, InstanceId=node.instance)


def test_the_instance_follows_the_interface_that_carries_the_address(site: Site) -> None:
    """MOTO.md section 2 row 12 and section 3 row 14."""
    first, second, eip = site.node(), site.node(), site.eip()
    interface = site.interface()
    site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=interface)
    assert "InstanceId" not in site.address(eip)
    attachment = site.attach(interface, first)
    assert site.address(eip)["InstanceId"] == first.instance
    site.ec2.detach_network_interface(AttachmentId=attachment)
    site.attach(interface, second)
    assert site.address(eip)["InstanceId"] == second.instance
    filters = [{"Name": "instance-id", "Values": [second.instance]}]
    assert [row["AllocationId"] for row in site.ec2.describe_addresses(Filters=filters)["Addresses"]] == [eip]


def test_a_stopped_instance_keeps_its_elastic_ip_and_may_get_one(site: Site) -> None:
    """AWS.md 1.2."""
    node, first, second = site.node(), site.eip(), site.eip()
    site.ec2.associate_address(AllocationId=first, NetworkInterfaceId=node.interface)
    site.ec2.stop_instances(InstanceIds=[node.instance])
    assert site.address(first)["InstanceId"] == node.instance
    site.ec2.associate_address(AllocationId=second, InstanceId=node.instance)
    assert site.address(second)["InstanceId"] == node.instance


def test_termination_frees_the_elastic_ip(site: Site) -> None:
    """AWS.md 1.2 and MOTO.md section 2 row 18."""
    node, other, eip = site.node(), site.node(), site.eip()
    site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=node.interface)
    site.ec2.terminate_instances(InstanceIds=[node.instance])
    assert {"AssociationId", "InstanceId", "NetworkInterfaceId"}.isdisjoint(site.address(eip))
    site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=other.interface, AllowReassociation=False)


def test_a_terminated_instance_is_no_target(site: Site) -> None:
    """MOTO.md section 2 row 16."""
    node, eip = site.node(), site.eip()
    site.ec2.terminate_instances(InstanceIds=[node.instance])
    with refused("InvalidInstanceID"):
        site.ec2.associate_address(AllocationId=eip, InstanceId=node.instance)


def test_a_pending_instance_is_not_yet_a_target(site: Site, settings: Settings, clock: Clock) -> None:
    """AWS.md section 2 B, the quoted sentence."""
    settings.change(instance_start=5.0)
    node, eip = site.node(), site.eip()
    with refused("InvalidInstanceID", says=f"The pending instance '{node.instance}' is not in a valid state"):
        site.ec2.associate_address(AllocationId=eip, InstanceId=node.instance)
    with refused("IncorrectInstanceState", says=f"instance to which '{node.interface}' is attached"):
        site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=node.interface)
    clock.advance(5)
    site.ec2.associate_address(AllocationId=eip, InstanceId=node.instance)


def test_deleting_an_interface_frees_its_elastic_ip(site: Site) -> None:
    """MOTO.md section 3 row 17."""
    interface, eip = site.interface(), site.eip()
    site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=interface)
    site.ec2.delete_network_interface(NetworkInterfaceId=interface)
    assert "AssociationId" not in site.address(eip)


def test_a_vpc_without_internet_gateway_takes_no_elastic_ip(ec2: Any) -> None:
    """AWS.md section 2 E, Gateway.NotAttached; MOTO.md section 2 row 16."""
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.1.0/24")["Subnet"]["SubnetId"]
    site = Site(ec2, vpc=vpc, subnet=subnet)
    with refused("Gateway.NotAttached", says=vpc):
        ec2.associate_address(AllocationId=site.eip(), NetworkInterfaceId=site.interface())


def test_the_quota_is_five_addresses(ec2: Any) -> None:
    """AWS.md 1.1, L-0263D0A3; MOTO.md section 2 row 2."""
    for _ in range(5):
        ec2.allocate_address(Domain="vpc")
    with refused("AddressLimitExceeded"):
        ec2.allocate_address(Domain="vpc")


def test_the_quota_can_be_raised(ec2: Any, settings: Settings) -> None:
    """AWS.md 1.1: adjustable."""
    settings.change(eip_quota=6)
    for _ in range(6):
        ec2.allocate_address(Domain="vpc")
    with refused("AddressLimitExceeded"):
        ec2.allocate_address(Domain="vpc")


def test_an_allocation_shows_where_it_belongs(ec2: Any) -> None:
    """MOTO.md section 2 rows 1 and 13: no loopback addresses, both pool fields, no keys of a holder."""
    made = ec2.allocate_address(Domain="vpc")
    assert made["PublicIp"].startswith("203.0.113.")
    assert (made["PublicIpv4Pool"], made["NetworkBorderGroup"]) == ("amazon", "eu-west-1")
    row = ec2.describe_addresses()["Addresses"][0]
    assert set(row) == {"AllocationId", "PublicIp", "Domain", "PublicIpv4Pool", "NetworkBorderGroup"}


def test_an_address_that_is_held_cannot_be_allocated_again(ec2: Any) -> None:
    """MOTO.md section 2 row 3."""
    ec2.allocate_address(Domain="vpc", Address="198.51.100.7")
    with refused("InvalidIPAddress.InUse"):
        ec2.allocate_address(Domain="vpc", Address="198.51.100.7")


def test_an_associated_address_cannot_be_released(site: Site) -> None:
    """MOTO.md section 2 row 15."""
    node, eip = site.node(), site.eip()
    made = site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=node.interface)
    with refused("InvalidIPAddress.InUse"):
        site.ec2.release_address(AllocationId=eip)
    site.ec2.disassociate_address(AssociationId=made["AssociationId"])
    site.ec2.release_address(AllocationId=eip)
    with refused("InvalidAllocationID.NotFound", says=f"'{eip}'"):
        site.ec2.describe_addresses(AllocationIds=[eip])


def test_a_stale_association_id_is_refused(site: Site) -> None:
    """AWS.md 1.1, L: in practice InvalidAssociationID.NotFound."""
    old, new, eip = site.node(), site.node(), site.eip()
    stale = site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=old.interface)["AssociationId"]
    site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=new.interface)
    with refused("InvalidAssociationID.NotFound", says=stale):
        site.ec2.disassociate_address(AssociationId=stale)
    assert site.address(eip)["NetworkInterfaceId"] == new.interface


def test_a_stale_association_id_may_be_accepted(site: Site, settings: Settings) -> None:
    """AWS.md 1.1: documented idempotent; it must not touch the new holder."""
    settings.change(stale_disassociate="ok")
    old, new, eip = site.node(), site.node(), site.eip()
    stale = site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=old.interface)["AssociationId"]
    site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=new.interface)
    site.ec2.disassociate_address(AssociationId=stale)
    assert site.address(eip)["NetworkInterfaceId"] == new.interface


def test_the_address_of_a_nat_gateway_is_out_of_reach(site: Site) -> None:
    """AWS.md 1.1: AuthFailure, and the interface says who manages it."""
    node, eip = site.node(), site.eip()
    site.ec2.create_nat_gateway(SubnetId=site.subnet, AllocationId=eip)
    held = site.address(eip)
    sentence = "You do not have permission to access the specified resource."
    with refused("AuthFailure", status=403, says=sentence):
        site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=node.interface, AllowReassociation=True)
    with refused("AuthFailure", status=403):
        site.ec2.disassociate_address(AssociationId=held["AssociationId"])
    assert site.address(eip) == held
    row = site.row(held["NetworkInterfaceId"])
    assert (row["InterfaceType"], row["RequesterManaged"]) == ("nat_gateway", True)
    with refused("OperationNotPermitted"):
        site.ec2.delete_network_interface(NetworkInterfaceId=held["NetworkInterfaceId"])


def test_the_address_of_a_load_balancer_says_so(site: Site) -> None:
    """AWS.md 1.1: Address.ServiceManaged."""
    node, eip = site.node(), site.eip()
    lend_address(eip, subnet_id=site.subnet, service="nlb")
    assert site.address(eip)["ServiceManaged"] == "nlb"
    with refused("AuthFailure", status=403):
        site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=node.interface)


def test_a_deleted_nat_gateway_gives_its_address_back(site: Site) -> None:
    """AWS.md 1.1."""
    node, eip = site.node(), site.eip()
    gateway = site.ec2.create_nat_gateway(SubnetId=site.subnet, AllocationId=eip)["NatGateway"]["NatGatewayId"]
    site.ec2.delete_nat_gateway(NatGatewayId=gateway)
    site.ec2.associate_address(AllocationId=eip, NetworkInterfaceId=node.interface, AllowReassociation=False)
