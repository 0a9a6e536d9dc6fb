"""The lab's two DNS servers, asked over the wire: the truth, and each way of failing to tell it."""

import socket

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from toolkit.lab import Lab, World

from .conftest import Clients


@pytest.fixture
def world(lab: Lab) -> World:
    return lab.seed("pair")


def name_of(world: World) -> str:
    names: list[str] = world.configuration["groups"]["db"]["verify"]["names"]
    return names[0]


def ask(
    server: str, name: str, *, kind: str = "A", tcp: bool = False, edns: bool = True, timeout: float = 5.0
) -> dns.message.Message:
    host, _, port = server.partition(":")
    query = dns.message.make_query(name, kind, use_edns=edns)
    over = dns.query.tcp if tcp else dns.query.udp
    return over(query, host, port=int(port), timeout=timeout)


def addresses(response: dns.message.Message) -> list[str]:
    return [rdata.to_text() for rrset in response.answer for rdata in rrset]


@pytest.mark.parametrize("tcp", [False, True])
def test_each_side_gives_its_own_address(lab: Lab, world: World, *, tcp: bool) -> None:
    assert addresses(ask(lab.dns_inside, name_of(world), tcp=tcp)) == ["10.0.1.10"]
    assert addresses(ask(lab.dns_outside, name_of(world), tcp=tcp)) == [world["eip-ip"]]


def test_the_name_that_ec2_shows_is_the_name_that_resolves(lab: Lab, world: World, client: Clients) -> None:
    found = client("ec2").describe_network_interfaces(NetworkInterfaceIds=[world["db-1-eni"]])
    name = found["NetworkInterfaces"][0]["Association"]["PublicDnsName"]
    assert addresses(ask(lab.dns_inside, name)) == ["10.0.1.10"]


def test_the_inside_answer_turns_with_a_move(lab: Lab, world: World, client: Clients) -> None:
    client("ec2").associate_address(AllocationId=world["eip"], NetworkInterfaceId=world["db-2-eni"])
    assert addresses(ask(lab.dns_inside, name_of(world))) == ["10.0.1.20"]
    assert addresses(ask(lab.dns_outside, name_of(world))) == [world["eip-ip"]]


def test_a_record_changed_in_route_53_is_answered_at_once(lab: Lab, world: World, client: Clients) -> None:
    rows = {
        "Name": world["record"],
        "Type": "A",
        "TTL": 5,
        "ResourceRecords": [{"Value": "10.0.1.20"}],
    }
    client("route53").change_resource_record_sets(
        HostedZoneId=world["zone"],
        ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": rows}]},
    )
    response = ask(lab.dns_inside, world["record"])
    assert (addresses(response), response.answer[0].ttl) == (["10.0.1.20"], 5)


def test_a_change_that_is_not_in_sync_is_not_answered_yet(lab: Lab, world: World, client: Clients) -> None:
    lab.set(route53_sync_seconds=600.0)
    rows = {
        "Name": world["record"],
        "Type": "A",
        "TTL": 5,
        "ResourceRecords": [{"Value": "10.0.1.20"}],
    }
    client("route53").change_resource_record_sets(
        HostedZoneId=world["zone"],
        ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": rows}]},
    )
    assert addresses(ask(lab.dns_inside, world["record"])) == ["10.0.1.10"]


def test_a_name_that_does_not_exist_comes_with_the_zones_soa(lab: Lab, world: World) -> None:
    response = ask(lab.dns_inside, "missing.internal.example.com")
    assert world.name == "pair"
    assert response.rcode() == dns.rcode.NXDOMAIN
    assert response.authority[0].name.to_text() == "internal.example.com."


@pytest.mark.parametrize(("edns", "version"), [(True, 0), (False, -1)])
def test_edns_is_answered_only_to_those_who_speak_it(lab: Lab, world: World, *, edns: bool, version: int) -> None:
    assert ask(lab.dns_inside, name_of(world), edns=edns).edns == version


def test_switching_host_names_off_takes_the_name_away(lab: Lab, world: World, client: Clients) -> None:
    client("ec2").modify_vpc_attribute(VpcId=world["vpc"], EnableDnsHostnames={"Value": False})
    assert ask(lab.dns_inside, name_of(world)).rcode() == dns.rcode.NXDOMAIN


def test_an_answer_too_long_for_udp_is_cut_and_whole_over_tcp(lab: Lab, world: World, client: Clients) -> None:
    rows = {
        "Name": "many.internal.example.com",
        "Type": "A",
        "TTL": 5,
        "ResourceRecords": [{"Value": f"10.1.0.{n}"} for n in range(1, 101)],
    }
    client("route53").change_resource_record_sets(
        HostedZoneId=world["zone"],
        ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": rows}]},
    )
    short = ask(lab.dns_inside, "many.internal.example.com")
    assert short.flags & dns.flags.TC
    assert addresses(short) == []
    assert len(addresses(ask(lab.dns_inside, "many.internal.example.com", tcp=True))) == 100


def test_truncation_can_be_forced(lab: Lab, world: World) -> None:
    lab.set(dns_mode="truncated")
    assert ask(lab.dns_inside, name_of(world)).flags & dns.flags.TC
    assert addresses(ask(lab.dns_inside, name_of(world), tcp=True)) == ["10.0.1.10"]


def test_a_lost_query_is_never_answered(lab: Lab, world: World) -> None:
    lab.set(dns_mode="lost")
    with pytest.raises(dns.exception.Timeout):
        ask(lab.dns_inside, name_of(world), timeout=0.03)


def test_a_slow_server_takes_its_time(lab: Lab, world: World) -> None:
    lab.set(dns_mode="slow", dns_delay_seconds=600.0)
    with pytest.raises(dns.exception.Timeout):
        ask(lab.dns_inside, name_of(world), timeout=0.02)
    lab.set(dns_delay_seconds=0.01)
    assert addresses(ask(lab.dns_inside, name_of(world))) == ["10.0.1.10"]


def test_a_server_that_fails_says_so(lab: Lab, world: World) -> None:
    lab.set(dns_mode="servfail")
    assert ask(lab.dns_outside, name_of(world)).rcode() == dns.rcode.SERVFAIL


def test_the_wrong_view_gives_the_other_sides_answer(lab: Lab, world: World) -> None:
    lab.set(dns_mode="wrong_view", dns_side="inside")
    assert addresses(ask(lab.dns_inside, name_of(world))) == [world["eip-ip"]]
    assert addresses(ask(lab.dns_outside, name_of(world))) == [world["eip-ip"]]


def test_after_a_move_a_flip_flop_server_gives_old_and_new_in_turn(lab: Lab, world: World, client: Clients) -> None:
    lab.set(dns_mode="flip_flop")
    assert addresses(ask(lab.dns_inside, name_of(world))) == ["10.0.1.10"]
    client("ec2").associate_address(AllocationId=world["eip"], NetworkInterfaceId=world["db-2-eni"])
    answers = [addresses(ask(lab.dns_inside, name_of(world)))[0] for _ in range(4)]
    assert sorted(answers) == ["10.0.1.10", "10.0.1.10", "10.0.1.20", "10.0.1.20"]


def test_a_flip_flop_server_gives_the_new_answer_alone_once_its_time_is_over(
    lab: Lab, world: World, client: Clients
) -> None:
    """A minute at first; none at all here."""
    assert lab.settings()["dns_flip_seconds"] == 60.0
    lab.set(dns_mode="flip_flop", dns_flip_seconds=0.0)
    assert addresses(ask(lab.dns_inside, name_of(world))) == ["10.0.1.10"]
    client("ec2").associate_address(AllocationId=world["eip"], NetworkInterfaceId=world["db-2-eni"])
    answers = {addresses(ask(lab.dns_inside, name_of(world)))[0] for _ in range(4)}
    assert answers == {"10.0.1.20"}


def test_nonsense_is_dropped(lab: Lab, world: World) -> None:
    host, _, port = lab.dns_inside.partition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
        caller.sendto(b"\0\1\2", (host, int(port)))
    assert addresses(ask(lab.dns_inside, name_of(world))) == ["10.0.1.10"]
