"""The lab's network: an address leads to whoever holds it now, seen from inside or from outside."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from toolkit.lab import Lab, World

from . import socks
from .conftest import Clients

UNREACHABLE, REFUSED = 4, 5


@pytest.fixture
def world(lab: Lab) -> World:
    return lab.seed("pair")


@pytest.fixture
def greeter() -> Iterator[tuple[str, int]]:
    """A real service on loopback that greets and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    caller, _ = listener.accept()
                except OSError:
                    return
                with caller:
                    caller.sendall(b"220 real\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[:2]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize("role", ["eip-ip", "db-1-ip", "private_ip", "ipv6", "vip-eni-ip"])
def test_from_inside_every_address_of_a_node_leads_to_it(lab: Lab, world: World, role: str) -> None:
    assert socks.who(lab.socks_inside, world[role]) == world["db-1"]


@pytest.mark.parametrize("host", ["10.99.0.10", "fd99::10"])
def test_from_inside_an_overlay_address_follows_its_route(lab: Lab, world: World, host: str) -> None:
    assert socks.who(lab.socks_inside, host) == world["db-1"]


def test_from_outside_a_public_address_leads_to_its_node(lab: Lab, world: World) -> None:
    assert socks.who(lab.socks_outside, world["eip-ip"]) == world["db-1"]


@pytest.mark.parametrize("host", ["10.0.1.10", "10.0.1.50", "10.99.0.10"])
def test_from_outside_no_private_address_answers(lab: Lab, world: World, host: str) -> None:
    assert world.name == "pair"
    assert socks.reply(lab.socks_outside, host) == UNREACHABLE


def test_a_moved_elastic_ip_leads_to_its_new_holder(lab: Lab, world: World, client: Clients) -> None:
    client("ec2").associate_address(AllocationId=world["eip"], NetworkInterfaceId=world["db-2-eni"])
    assert socks.who(lab.socks_outside, world["eip-ip"]) == world["db-2"]


def test_a_moved_private_address_leads_to_its_new_holder(lab: Lab, world: World, client: Clients) -> None:
    client("ec2").assign_private_ip_addresses(
        NetworkInterfaceId=world["db-2-eni"],
        PrivateIpAddresses=[world["private_ip"]],
        AllowReassignment=True,
    )
    assert socks.who(lab.socks_inside, world["private_ip"]) == world["db-2"]


def test_a_replaced_route_leads_to_its_new_target(lab: Lab, world: World, client: Clients) -> None:
    for table in ("table-1", "table-2"):
        client("ec2").replace_route(
            RouteTableId=world[table],
            DestinationCidrBlock=world["overlay"],
            NetworkInterfaceId=world["db-2-eni"],
        )
    assert socks.who(lab.socks_inside, "10.99.0.10") == world["db-2"]


def test_a_detached_interface_leads_nowhere(lab: Lab, world: World, client: Clients) -> None:
    ec2 = client("ec2")
    row = ec2.describe_network_interfaces(NetworkInterfaceIds=[world["vip-eni"]])["NetworkInterfaces"][0]
    ec2.detach_network_interface(AttachmentId=row["Attachment"]["AttachmentId"])
    assert socks.reply(lab.socks_inside, world["vip-eni-ip"]) == UNREACHABLE


def test_names_in_requests_are_resolved_by_the_same_side(lab: Lab, world: World) -> None:
    assert socks.who(lab.socks_inside, world["record"]) == world["db-1"]
    assert socks.reply(lab.socks_outside, world["record"]) == UNREACHABLE


def test_a_port_leads_to_the_real_service_that_is_mapped_to_it(
    lab: Lab, world: World, greeter: tuple[str, int]
) -> None:
    lab.listen(world["db-1"], 25, target=greeter)
    with socks.connected(lab.socks_inside, world["db-1-ip"], port=25) as (code, caller):
        assert (code, caller.recv(100)) == (0, b"220 real\r\n")


def test_a_real_service_that_stopped_refuses(lab: Lab, world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    lab.listen(world["db-1"], 8080, target=("127.0.0.1", port))
    assert socks.reply(lab.socks_inside, world["db-1-ip"]) == REFUSED


def test_a_port_where_nothing_listens_refuses(lab: Lab, world: World) -> None:
    assert socks.reply(lab.socks_inside, world["db-1-ip"], port=9) == REFUSED


def test_a_port_that_hung_up_refuses(lab: Lab, world: World) -> None:
    lab.hang_up(world["db-1"], 8080)
    assert socks.reply(lab.socks_inside, world["db-1-ip"]) == REFUSED


def test_a_stopped_instance_is_unreachable(lab: Lab, world: World) -> None:
    lab.stop_instance(world["db-1"])
    assert socks.reply(lab.socks_inside, world["db-1-ip"]) == UNREACHABLE


def test_a_cut_instance_is_unreachable_until_it_is_healed(lab: Lab, world: World) -> None:
    lab.cut(world["db-1"])
    assert socks.reply(lab.socks_outside, world["eip-ip"]) == UNREACHABLE
    lab.heal(world["db-1"])
    assert socks.who(lab.socks_outside, world["eip-ip"]) == world["db-1"]


@pytest.fixture
def echo() -> Iterator[tuple[str, int]]:
    """A real service on loopback that repeats what it hears, for one caller."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            caller, _ = listener.accept()
            with caller, suppress(OSError):
                while heard := caller.recv(100):
                    caller.sendall(heard)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[:2]
        thread.join()


def test_an_open_connection_carries_both_ways_until_its_caller_ends(
    lab: Lab, world: World, echo: tuple[str, int]
) -> None:
    lab.listen(world["db-1"], 5432, target=echo)
    with socks.connected(lab.socks_inside, world["private_ip"], port=5432) as (code, caller):
        for word in (b"one", b"two"):
            caller.sendall(word)
            assert (code, caller.recv(100)) == (0, word)
        caller.shutdown(socket.SHUT_WR)
        assert caller.recv(100) == b""


def test_an_open_connection_is_reset_when_its_address_moves(
    lab: Lab, world: World, client: Clients, echo: tuple[str, int]
) -> None:
    lab.listen(world["db-1"], 5432, target=echo)
    with socks.connected(lab.socks_outside, world["eip-ip"], port=5432) as (_, caller):
        caller.sendall(b"hello")
        assert caller.recv(100) == b"hello"
        client("ec2").associate_address(AllocationId=world["eip"], NetworkInterfaceId=world["db-2-eni"])
        with suppress(ConnectionResetError):
            assert caller.recv(100) == b""


def test_silence_can_be_a_timeout_as_on_aws(lab: Lab, world: World) -> None:
    lab.set(silence="timeout")
    lab.cut(world["db-1"])
    name, _, port = lab.socks_inside.partition(":")
    with socket.create_connection((name, int(port)), 5) as caller:
        caller.sendall(b"\5\1\0")
        caller.recv(2)
        caller.sendall(b"\5\1\0\1\x0a\x00\x01\x0a\x1f\x90")
        caller.settimeout(0.03)
        with pytest.raises(TimeoutError):
            caller.recv(10)


def test_a_caller_that_demands_a_password_is_turned_away(lab: Lab) -> None:
    name, _, port = lab.socks_inside.partition(":")
    with socket.create_connection((name, int(port)), 5) as caller:
        caller.sendall(b"\5\1\2")
        assert caller.recv(2) == b"\5\xff"


def test_commands_other_than_connect_are_not_supported(lab: Lab) -> None:
    name, _, port = lab.socks_inside.partition(":")
    with socket.create_connection((name, int(port)), 5) as caller:
        caller.sendall(b"\5\1\0")
        caller.recv(2)
        caller.sendall(b"\5\2\0\1\x0a\x00\x01\x0a\x1f\x90")
        assert caller.recv(10)[1] == 7
