"""Errors, dry runs, names and ids look as EC2's do; what the lab cannot do, it says."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from botocore.exceptions import ClientError

from toolkit.lab.ec2 import Settings, reset
from toolkit.lab.ec2.world import WORLD

from .site import Site, refused

SCOPE = "AWS4-HMAC-SHA256 Credential=lab/20260101/eu-west-1/ec2/aws4_request, SignedHeaders=host, Signature=0"


@pytest.fixture
def raw(ec2: Any) -> Iterator[Any]:
    """Sends form fields without any SDK: returns the status and the parsed body."""
    host = urlsplit(ec2.meta.endpoint_url).netloc
    with closing(HTTPConnection(host)) as connection:

        def send(body: str) -> tuple[int, ET.Element]:
            headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": SCOPE}
            connection.request("POST", "/", body=body, headers=headers)
            response = connection.getresponse()
            return response.status, ET.fromstring(response.read())  # noqa: S314 - our own server's body

        yield send


def test_an_error_has_the_shape_that_only_ec2_uses(raw: Any) -> None:
    """AWS.md section 2: Response, Errors, Error, RequestID."""
    status, root = raw("Action=DescribeAddresses&Version=2016-11-15&AllocationId.1=eipalloc-0123456789abcdef0")
    assert (status, root.tag) == (400, "Response")
    assert root.findtext("Errors/Error/Code") == "InvalidAllocationID.NotFound"
    assert root.findtext("RequestID")


def test_a_parameter_that_ec2_does_not_know_is_refused(raw: Any) -> None:
    status, root = raw("Action=DescribeAddresses&Version=2016-11-15&AllocationsIds.1=x")
    assert (status, root.findtext("Errors/Error/Code")) == (400, "UnknownParameter")


def test_a_parameter_that_is_missing_is_named(raw: Any) -> None:
    _, root = raw("Action=AttachNetworkInterface&Version=2016-11-15&DeviceIndex=1")
    assert root.findtext("Errors/Error/Code") == "MissingParameter"
    assert "nterfaceId" in str(root.findtext("Errors/Error/Message"))


@pytest.mark.parametrize("body", ["DeviceIndex=one", "DryRun=perhaps", "DeviceIndex.1=1"])
def test_a_value_of_the_wrong_type_is_refused(raw: Any, body: str) -> None:
    common = "Action=AttachNetworkInterface&Version=2016-11-15&NetworkInterfaceId=eni-1&InstanceId=i-1"
    _, root = raw(f"{common}&{body}")
    assert root.findtext("Errors/Error/Code") == "InvalidParameterValue"


@pytest.mark.parametrize("body", ["AllocationId.x=eipalloc-1", "Filter=a&Filter.1.Name=b"])
def test_a_list_that_is_not_numbered_is_refused(raw: Any, body: str) -> None:
    _, root = raw(f"Action=DescribeAddresses&Version=2016-11-15&{body}")
    assert root.findtext("Errors/Error/Code") == "InvalidQueryParameter"


def test_a_list_is_read_in_the_order_of_its_numbers(raw: Any, site: Site) -> None:
    eips = sorted(site.eip() for _ in range(3))
    numbered = "&".join(f"AllocationId.{9 + place}={eip}" for place, eip in enumerate(eips))
    _, root = raw(f"Action=DescribeAddresses&Version=2016-11-15&{numbered}")
    shown = [element.text for element in root.iter() if element.tag.endswith("allocationId")]
    assert shown == eips


def test_an_unknown_action_is_refused(raw: Any) -> None:
    _, root = raw("Action=MakeCoffee&Version=2016-11-15")
    assert root.findtext("Errors/Error/Code") == "InvalidAction"


def test_what_the_lab_does_not_imitate_fails_loudly(ec2: Any) -> None:
    """MOTO.md section 9: never an HTML page, never a retried 500."""
    with refused("LabNotImplemented", says="CreateFleet"):
        ec2.create_fleet(LaunchTemplateConfigs=[], TargetCapacitySpecification={"TotalTargetCapacity": 1})
    with refused("LabNotImplemented", says="DescribeVpcs"):
        ec2.describe_vpcs(Filters=[{"Name": "no-such-filter", "Values": ["x"]}])


@pytest.mark.parametrize(
    ("operation", "parameters", "code"),
    [
        ("describe_addresses", {"AllocationIds": ["eipalloc-zz"]}, "InvalidAllocationID.Malformed"),
        ("describe_network_interfaces", {"NetworkInterfaceIds": ["eni-zz"]}, "InvalidNetworkInterfaceId.Malformed"),
        ("describe_instances", {"InstanceIds": ["i-zz"]}, "InvalidInstanceID.Malformed"),
        ("describe_route_tables", {"RouteTableIds": ["rtb-zz"]}, "InvalidRouteTableId.Malformed"),
        ("describe_addresses", {"PublicIps": ["203.0.113.200"]}, "InvalidAddress.NotFound"),
        (
            "describe_network_interfaces",
            {"NetworkInterfaceIds": [f"eni-{'0' * 17}"]},
            "InvalidNetworkInterfaceID.NotFound",
        ),
        ("describe_instances", {"InstanceIds": [f"i-{'0' * 17}"]}, "InvalidInstanceID.NotFound"),
        ("describe_route_tables", {"RouteTableIds": [f"rtb-{'0' * 17}"]}, "InvalidRouteTableID.NotFound"),
        ("create_network_interface", {"SubnetId": f"subnet-{'0' * 17}"}, "InvalidSubnetID.NotFound"),
        (
            "create_tags",
            {"Resources": [f"eipalloc-{'0' * 17}"], "Tags": [{"Key": "a", "Value": "b"}]},
            "InvalidAllocationID.NotFound",
        ),
    ],
)
def test_ids_are_refused_in_their_own_spelling(ec2: Any, operation: str, parameters: Any, code: str) -> None:
    """AWS.md section 2 E, spelling traps; MOTO.md section 2 row 23."""
    with refused(code):
        getattr(ec2, operation)(**parameters)


def dry_runs(site: Site) -> dict[str, dict[str, Any]]:
    """Every changing operation that knows DryRun, with parameters that would succeed."""
    node, other, free, eip = site.node(), site.node(), site.interface(), site.eip()
    held = site.interface()
    attachment = site.attach(held, other)
    associated = site.eip()
    made = site.ec2.associate_address(AllocationId=associated, NetworkInterfaceId=held)
    return {
        "allocate_address": {"Domain": "vpc"},
        "associate_address": {"AllocationId": eip, "NetworkInterfaceId": node.interface},
        "disassociate_address": {"AssociationId": made["AssociationId"]},
        "release_address": {"AllocationId": eip},
        "create_network_interface": {"SubnetId": site.subnet},
        "delete_network_interface": {"NetworkInterfaceId": free},
        "attach_network_interface": {"NetworkInterfaceId": free, "InstanceId": node.instance, "DeviceIndex": 1},
        "detach_network_interface": {"AttachmentId": attachment},
        "modify_network_interface_attribute": {"NetworkInterfaceId": free, "SourceDestCheck": {"Value": False}},
        "stop_instances": {"InstanceIds": [node.instance]},
        "reboot_instances": {"InstanceIds": [node.instance]},
        "terminate_instances": {"InstanceIds": [node.instance]},
        "modify_instance_attribute": {"InstanceId": node.instance, "SourceDestCheck": {"Value": False}},
        "create_tags": {"Resources": [free], "Tags": [{"Key": "a", "Value": "b"}]},
        "create_route_table": {"VpcId": site.vpc},
    }


def everything(site: Site) -> list[Any]:
    return [
        site.ec2.describe_addresses()["Addresses"],
        site.ec2.describe_network_interfaces()["NetworkInterfaces"],
        site.ec2.describe_instances()["Reservations"],
        site.ec2.describe_route_tables()["RouteTables"],
    ]


def test_a_dry_run_answers_412_and_changes_nothing(site: Site) -> None:
    """AWS.md section 2 C and MOTO.md section 5."""
    calls = dry_runs(site)
    before = everything(site)
    for operation, parameters in calls.items():
        with refused("DryRunOperation", status=412):
            getattr(site.ec2, operation)(DryRun=True, **parameters)
    assert everything(site) == before


def test_a_dry_run_checks_ids_first(site: Site) -> None:
    """MOTO.md, "Not settled"."""
    with refused("InvalidAllocationID.NotFound"):
        site.ec2.associate_address(
            AllocationId=f"eipalloc-{'0' * 17}", NetworkInterfaceId=site.node().interface, DryRun=True
        )


def test_a_dry_run_may_not_look_at_ids(site: Site, settings: Settings) -> None:
    """MOTO.md, "Not settled"."""
    settings.change(dry_run_checks_ids=False)
    with refused("DryRunOperation", status=412):
        site.ec2.associate_address(AllocationId="x", NetworkInterfaceId="y", DryRun=True)


def test_a_dry_run_does_not_prove_that_the_state_permits(site: Site) -> None:
    """AWS.md section 2 C, L."""
    first, second, interface = site.node(), site.node(), site.interface()
    site.attach(interface, first)
    with refused("DryRunOperation", status=412):
        site.ec2.attach_network_interface(
            NetworkInterfaceId=interface, InstanceId=second.instance, DeviceIndex=1, DryRun=True
        )


def named(site: Site, *, support: bool, hostnames: bool) -> tuple[str, str, str]:
    """The public names of a node with an Elastic IP: interface, private address, instance."""
    for attribute, value in (("EnableDnsSupport", support), ("EnableDnsHostnames", hostnames)):
        site.ec2.modify_vpc_attribute(VpcId=site.vpc, **{attribute: {"Value": value}})
    node = site.node()
    site.ec2.associate_address(AllocationId=site.eip(), NetworkInterfaceId=node.interface)
    row = site.row(node.interface)
    return (
        row["Association"]["PublicDnsName"],
        row["PrivateIpAddresses"][0]["Association"]["PublicDnsName"],
        site.instance(node.instance)["PublicDnsName"],
    )


@pytest.mark.parametrize(("support", "hostnames"), [(True, False), (False, True), (False, False)])
def test_public_names_need_both_attributes_of_the_vpc(site: Site, *, support: bool, hostnames: bool) -> None:
    """AWS.md section 4; MOTO.md section 4 row 9."""
    assert named(site, support=support, hostnames=hostnames) == ("", "", "")


def test_a_public_name_is_that_of_the_region(site: Site) -> None:
    """AWS.md section 4; MOTO.md section 4 row 10."""
    names = named(site, support=True, hostnames=True)
    assert names == ("ec2-203-0-113-1.eu-west-1.compute.amazonaws.com",) * 3


def test_the_first_region_has_names_of_its_own(far_ec2: Any) -> None:
    """AWS.md section 4: compute-1 and ec2.internal."""
    site = Site(far_ec2)
    site.vpc = far_ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    site.subnet = site.new_subnet("10.0.1.0/24", zone="us-east-1a")
    gateway = far_ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    far_ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=site.vpc)
    names = named(site, support=True, hostnames=True)
    assert names == ("ec2-203-0-113-1.compute-1.amazonaws.com",) * 3
    interface = far_ec2.describe_network_interfaces()["NetworkInterfaces"][0]
    assert interface["PrivateDnsName"] == "ip-10-0-1-4.ec2.internal"


@pytest.mark.parametrize("own", [True, False])
def test_an_address_on_a_secondary_private_address_may_have_no_name(
    site: Site, settings: Settings, *, own: bool
) -> None:
    """AWS.md section 4, U."""
    settings.change(secondary_public_name=own)
    site.ec2.modify_vpc_attribute(VpcId=site.vpc, EnableDnsHostnames={"Value": True})
    interface = site.interface(SecondaryPrivateIpAddressCount=1)
    second = site.private_ips(interface)[1]
    site.ec2.associate_address(AllocationId=site.eip(), NetworkInterfaceId=interface, PrivateIpAddress=second)
    name = site.row(interface)["PrivateIpAddresses"][1]["Association"]["PublicDnsName"]
    assert bool(name) is own


def test_regions_are_apart(site: Site, far_ec2: Any) -> None:
    """AWS.md 1.1: an address belongs to its region."""
    with refused("InvalidAllocationID.NotFound"):
        far_ec2.describe_addresses(AllocationIds=[site.eip()])
    assert far_ec2.describe_addresses()["Addresses"] == []


def test_a_reset_empties_everything(site: Site, settings: Settings) -> None:
    settings.change(eip_quota=1, instance_start=60.0)
    images = WORLD.region("eu-west-1", account="123456789012").store.amis
    site.node()
    site.eip()
    reset()
    assert everything(site)[:3] == [[], [], []]
    assert settings == Settings()
    assert WORLD.region("eu-west-1", account="123456789012").store.amis is images


def test_tags_are_kept_with_addresses_interfaces_and_instances(site: Site) -> None:
    """MOTO.md section 2 row 20: tag filters with wildcards."""
    node, eip = site.node(), site.eip()
    tags = [{"Key": "failover:group", "Value": "db"}]
    site.ec2.create_tags(Resources=[eip, node.instance, node.interface], Tags=tags)
    filters = [{"Name": "tag:failover:group", "Values": ["d?"]}]
    assert [row["Tags"] for row in site.ec2.describe_addresses(Filters=filters)["Addresses"]] == [tags]
    assert [row["TagSet"] for row in site.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]] == [
        tags
    ]
    assert len(site.ec2.describe_instances(Filters=filters)["Reservations"]) == 1
    site.ec2.delete_tags(Resources=[eip], Tags=tags)
    assert site.ec2.describe_addresses(Filters=filters)["Addresses"] == []


def race(count: int, act: Any) -> list[str]:
    """What each of several callers got that start together: ``ok`` or the refusal's code."""
    barrier = Barrier(count)

    def run(number: int) -> str:
        barrier.wait()
        try:
            act(number)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "ok"

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_one_of_many_attaches_wins(site: Site) -> None:
    """MOTO.md section 7: sixteen of sixteen win in moto."""
    nodes, interface = [site.node() for _ in range(8)], site.interface()
    results = race(8, lambda number: site.attach(interface, nodes[number]))
    assert sorted(results) == ["InvalidNetworkInterface.InUse"] * 7 + ["ok"]


def test_one_of_many_associations_without_reassociation_wins(site: Site) -> None:
    """MOTO.md section 7."""
    nodes, eip = [site.node() for _ in range(8)], site.eip()

    def associate(number: int) -> None:
        site.ec2.associate_address(
            AllocationId=eip, NetworkInterfaceId=nodes[number].interface, AllowReassociation=False
        )

    assert sorted(race(8, associate)) == ["Resource.AlreadyAssociated"] * 7 + ["ok"]
    assert sum(bool(site.carried(node.interface)) for node in nodes) == 1
