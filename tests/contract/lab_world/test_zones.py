"""What a name means inside and outside, by state alone (AWS.md §4)."""

from dataclasses import replace

import pytest

from toolkit.lab.state import Interface, Peering, State, Vpc
from toolkit.lab.zones import Alias, Record, Reply, Row, View, Zone

NAME = "ec2-203-0-113-7.eu-west-1.compute.amazonaws.com"
HOME = Vpc(id="vpc-1", cidrs=("10.0.0.0/16",), dns_hostnames=True)
HELD = Interface(
    id="eni-1",
    vpc="vpc-1",
    subnet="subnet-1",
    zone="eu-west-1a",
    private_ips=("10.0.1.10", "10.0.1.50"),
    public={"10.0.1.10": "203.0.113.7"},
)
STATE = State(interfaces=(HELD,), vpcs=(HOME, Vpc(id="vpc-2", dns_hostnames=True)))
PRIVATE = Zone(
    name="internal.example.com",
    private=True,
    vpcs=frozenset({"vpc-1"}),
    records=(
        Record(name="db.internal.example.com", kind="A", ttl=10, values=("10.0.1.50",)),
        Record(name="a.b.internal.example.com", kind="A", ttl=10, values=("10.0.1.51",)),
        Record(name="www.internal.example.com", kind="CNAME", ttl=30, values=(NAME + ".",)),
        Record(name="loop.internal.example.com", kind="CNAME", ttl=30, values=("loop.internal.example.com",)),
        Record(name="alias.internal.example.com", kind="A", ttl=0, alias=Alias("db.internal.example.com")),
    ),
)
PUBLIC = Zone(
    name="example.com",
    records=(Record(name="db.internal.example.com", kind="A", ttl=60, values=("198.51.100.1",)),),
)
INSIDE = View(state=STATE, zones=(PUBLIC, PRIVATE), vpc="vpc-1")
OUTSIDE = View(state=STATE, zones=(PUBLIC, PRIVATE))


def values(reply: Reply) -> list[tuple[str, int, str]]:
    return [(row.kind, row.ttl, row.value) for row in reply.rows]


def test_inside_its_vpc_a_public_name_is_the_private_address_for_a_minute() -> None:
    assert values(INSIDE.answer(NAME, kind="A")) == [("A", 60, "10.0.1.10")]


def test_outside_a_public_name_is_the_public_address_for_a_week() -> None:
    assert values(OUTSIDE.answer(NAME, kind="A")) == [("A", 604_800, "203.0.113.7")]


def test_in_another_vpc_a_public_name_is_the_public_address() -> None:
    view = View(state=STATE, vpc="vpc-2")
    assert [row.value for row in view.answer(NAME, kind="A").rows] == ["203.0.113.7"]


@pytest.mark.parametrize(("support", "hostnames"), [(True, False), (False, True)])
def test_without_both_dns_attributes_there_is_no_public_name(*, support: bool, hostnames: bool) -> None:
    home = replace(HOME, dns_support=support, dns_hostnames=hostnames)
    view = View(state=replace(STATE, vpcs=(home,)))
    assert view.answer(NAME, kind="A") == Reply("NXDOMAIN")


def test_a_vpc_without_dns_support_has_no_resolver() -> None:
    view = View(state=replace(STATE, vpcs=(replace(HOME, dns_support=False),)), vpc="vpc-1")
    assert view.answer("db.internal.example.com", kind="A").outcome == "SERVFAIL"


@pytest.mark.parametrize(
    ("allowing", "other", "value"),
    [
        ({"vpc-1"}, Vpc(id="vpc-2", dns_hostnames=True), "10.0.1.10"),
        ({"vpc-2"}, Vpc(id="vpc-2", dns_hostnames=True), "203.0.113.7"),
        (set(), Vpc(id="vpc-2", dns_hostnames=True), "203.0.113.7"),
        ({"vpc-1"}, Vpc(id="vpc-2", dns_hostnames=False), "203.0.113.7"),
    ],
)
def test_a_peered_vpc_sees_the_private_address_where_the_names_vpc_allows_it(
    allowing: set[str], other: Vpc, value: str
) -> None:
    peering = Peering(vpcs=frozenset({"vpc-1", "vpc-2"}), allowing=frozenset(allowing))
    view = View(state=replace(STATE, vpcs=(HOME, other), peerings=(peering,)), vpc="vpc-2")
    assert values(view.answer(NAME, kind="A")) == [("A", 60, value)]


def test_case_and_the_last_dot_do_not_matter() -> None:
    assert values(INSIDE.answer(NAME.upper() + ".", kind="A")) == [("A", 60, "10.0.1.10")]


def test_a_public_name_has_no_ipv6_address_but_exists() -> None:
    assert INSIDE.answer(NAME, kind="AAAA") == Reply("NOERROR")


def test_the_name_of_nobodys_address_is_that_address() -> None:
    name = NAME.replace("113-7", "113-9")
    assert [row.value for row in INSIDE.answer(name, kind="A").rows] == ["203.0.113.9"]


def test_a_private_name_is_its_address_inside() -> None:
    reply = INSIDE.answer("ip-10-0-1-10.eu-west-1.compute.internal", kind="A")
    assert values(reply) == [("A", 60, "10.0.1.10")]


@pytest.mark.parametrize(
    ("view", "name"),
    [
        (OUTSIDE, "ip-10-0-1-10.eu-west-1.compute.internal"),
        (INSIDE, "ip-192-168-1-10.eu-west-1.compute.internal"),
        (INSIDE, "ip-10-0-1-999.eu-west-1.compute.internal"),
        (INSIDE, "nowhere.test"),
    ],
)
def test_names_that_a_side_does_not_know_do_not_exist(view: View, name: str) -> None:
    assert view.answer(name, kind="A").outcome == "NXDOMAIN"


def test_a_private_zone_answers_inside_its_vpcs_only() -> None:
    assert values(INSIDE.answer("db.internal.example.com", kind="A")) == [("A", 10, "10.0.1.50")]
    assert values(OUTSIDE.answer("db.internal.example.com", kind="A")) == [("A", 60, "198.51.100.1")]


def test_a_name_that_its_private_zone_lacks_does_not_fall_through() -> None:
    assert INSIDE.answer("new.internal.example.com", kind="A") == Reply("NXDOMAIN", (), "internal.example.com")


def test_a_name_between_zone_and_record_exists_without_data() -> None:
    assert INSIDE.answer("b.internal.example.com", kind="A") == Reply("NOERROR", (), "internal.example.com")


def test_a_record_of_another_kind_is_an_empty_answer() -> None:
    assert INSIDE.answer("db.internal.example.com", kind="TXT") == Reply("NOERROR", (), "internal.example.com")


def test_a_cname_is_followed_to_the_address_of_this_side() -> None:
    assert INSIDE.answer("www.internal.example.com", kind="A").rows == (
        Row("www.internal.example.com", "CNAME", 30, NAME + "."),
        Row(NAME, "A", 60, "10.0.1.10"),
    )


def test_a_question_for_the_cname_itself_is_not_followed() -> None:
    assert values(INSIDE.answer("www.internal.example.com", kind="CNAME")) == [("CNAME", 30, NAME + ".")]


def test_a_cname_loop_fails() -> None:
    assert INSIDE.answer("loop.internal.example.com", kind="A").outcome == "SERVFAIL"


def test_an_alias_answers_under_its_own_name() -> None:
    assert INSIDE.answer("alias.internal.example.com", kind="A").rows == (
        Row("alias.internal.example.com", "A", 10, "10.0.1.50"),
    )
