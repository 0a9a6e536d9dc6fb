from __future__ import annotations

import socket

import pytest

from support import look_servers
from support.look_groups import A, group
from support.virtual_loop import VirtualLoop, observed
from toolkit.domain.group import TcpProbe, Verify
from toolkit.domain.health import Observation, Outcome
from toolkit.domain.snapshot import Snapshot
from toolkit.probes import Probes
from toolkit.probes.look import Look


def looked(
    port: int, *, host: str = look_servers.LOOPBACK, timeout_seconds: float = 2.0, via: str | None = None
) -> Observation:
    probed = group(TcpProbe(port, timeout_seconds=timeout_seconds), nodes=(A,), via=via)
    (seen,) = Probes().look(probed, {A.name: host}, Snapshot())
    return seen


def test_an_accepted_connection_passes() -> None:
    with look_servers.accepting() as port:
        seen = looked(port)
    assert (seen.node, seen.probe, seen.outcome) == ("db-1", f"tcp {port}", Outcome.PASSED)


def test_an_ipv6_target_is_reached() -> None:
    with look_servers.accepting(host="::1") as port:
        assert looked(port, host="::1").outcome is Outcome.PASSED


def test_a_name_is_tried_at_each_of_its_addresses() -> None:
    with look_servers.accepting() as port:
        assert looked(port, host="localhost").outcome is Outcome.PASSED


def test_a_closed_port_fails_as_refused() -> None:
    seen = looked(look_servers.closed())
    assert (seen.outcome, seen.why) == (Outcome.FAILED, "connection refused")


def test_a_silent_target_fails_at_the_time_limit() -> None:
    with look_servers.silent() as port:
        seen = looked(port, timeout_seconds=0.05)
    assert (seen.outcome, seen.why) == (Outcome.FAILED, "no answer within 50 ms")
    assert seen.took_seconds >= 0.05


def test_what_is_no_host_name_says_nothing_about_the_target() -> None:
    seen = looked(80, host="x" * 64 + ".localhost")
    assert (seen.outcome, seen.why) == (Outcome.NOT_MADE, "x" * 64 + ".localhost is no host name")


def test_a_lost_first_syn_is_no_failure() -> None:
    """A second attempt at half of the time limit reaches the target that the first one lost."""
    with socket.socket() as server:
        server.bind((look_servers.LOOPBACK, 0))
        server.listen(0)
        port = server.getsockname()[1]
        blocking = [socket.socket() for _ in range(2)]
        for client in blocking:
            client.settimeout(0)
            client.connect_ex((look_servers.LOOPBACK, port))

        def drain(_: VirtualLoop) -> None:
            server.accept()[0].close()

        # The kernel repeats a dropped SYN after 1 s of real time, of which next to none passes here.
        look = Look("db-1", "tcp", TcpProbe(port, timeout_seconds=0.9), look_servers.LOOPBACK)
        seen = observed(look, (0.03, drain))
        for client in blocking:
            client.close()
    assert seen.outcome is Outcome.PASSED
    assert seen.took_seconds == pytest.approx(0.45)


def test_a_node_without_a_known_address_is_not_looked_at() -> None:
    (seen,) = Probes().look(group(TcpProbe(80), nodes=(A,)), {}, Snapshot())
    assert (seen.outcome, seen.why) == (Outcome.NOT_MADE, "no address of db-1 is known")


def test_through_goes_by_the_first_network_probe() -> None:
    with look_servers.accepting() as port:
        seen = Probes().through(group(TcpProbe(port)), "127.0.0.1")
    assert (seen.node, seen.outcome) == ("127.0.0.1", Outcome.PASSED)


def test_through_a_public_address_goes_by_the_proxy_of_the_verification() -> None:
    with (
        look_servers.accepting() as port,
        look_servers.serving(look_servers.proxying({("203.0.113.7", 5432): port})) as proxy,
    ):
        probed = group(TcpProbe(5432), verify=Verify(via=f"socks5://127.0.0.1:{proxy}"))
        assert Probes().through(probed, "203.0.113.7").outcome is Outcome.PASSED


def test_through_without_a_network_probe_is_not_made() -> None:
    assert Probes().through(group(), "127.0.0.1").outcome is Outcome.NOT_MADE
