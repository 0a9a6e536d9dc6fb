from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from support import look_servers
from support.look_groups import A, group
from support.virtual_loop import VirtualLoop, observed
from toolkit.domain.group import TcpProbe
from toolkit.domain.health import Observation, Outcome
from toolkit.domain.snapshot import Snapshot
from toolkit.probes import Probes
from toolkit.probes.look import Look


def look(host: str, via: str) -> Observation:
    probed = group(TcpProbe(80, timeout_seconds=2.0), nodes=(A,), via=via)
    (seen,) = Probes().look(probed, {A.name: host}, Snapshot())
    return seen


@pytest.mark.parametrize("host", ["10.0.1.10", "2600:1f18::10", "db-1.internal"])
def test_the_proxy_connects_on_to_literals_and_names(host: str) -> None:
    with (
        look_servers.accepting() as port,
        look_servers.serving(look_servers.proxying({(host, 80): port})) as proxy,
    ):
        assert look(host, f"socks5://127.0.0.1:{proxy}").outcome is Outcome.PASSED


def test_a_target_that_refuses_behind_the_proxy_fails_as_refused() -> None:
    with look_servers.serving(look_servers.proxying({})) as proxy:
        seen = look("10.0.1.10", f"socks5://127.0.0.1:{proxy}")
    assert (seen.outcome, seen.why) == (Outcome.FAILED, "connection refused")


def test_a_proxy_that_is_away_says_nothing_about_the_target() -> None:
    port = look_servers.closed()
    seen = look("10.0.1.10", f"socks5://127.0.0.1:{port}")
    assert (seen.outcome, seen.why) == (Outcome.NOT_MADE, f"the proxy 127.0.0.1:{port}: connection refused")


def stall(loop: VirtualLoop) -> None:
    """The program stands still for so long that every time limit is over when it goes on."""
    loop.now += 10.0


@pytest.mark.parametrize("later", [[], [(0.01, stall)]], ids=["a loop on time", "a loop that stood still"])
def test_a_proxy_that_never_answers_says_nothing_about_the_target(
    later: list[tuple[float, Callable[[VirtualLoop], None]]],
) -> None:
    with look_servers.silent() as port:
        probe = TcpProbe(80, timeout_seconds=1.0)
        seen = observed(Look("db-1", "tcp", probe, "10.0.1.10", f"socks5://127.0.0.1:{port}"), *later)
    assert (seen.outcome, seen.why) == (Outcome.NOT_MADE, f"the proxy 127.0.0.1:{port}: no answer within 900 ms")


def replying(reply: bytes) -> Callable[[socket.socket], None]:
    def handle(sock: socket.socket) -> None:
        sock.recv(3)
        sock.sendall(b"\x05\x00")
        sock.recv(65536)
        sock.sendall(reply)

    return handle


@pytest.mark.parametrize(
    ("code", "outcome", "why"),
    [
        (1, Outcome.FAILED, "the proxy could not connect"),
        (2, Outcome.NOT_MADE, "the proxy's rules forbid this target"),
        (3, Outcome.FAILED, "host unreachable"),
        (4, Outcome.FAILED, "host unreachable"),
        (6, Outcome.FAILED, "host unreachable"),
    ],
)
def test_each_refusal_of_a_proxy_has_its_own_meaning(code: int, outcome: Outcome, why: str) -> None:
    with look_servers.serving(replying(bytes([5, code, 0, 1]) + bytes(6))) as proxy:
        seen = look("10.0.1.10", f"socks5://127.0.0.1:{proxy}")
    assert (seen.outcome, seen.why) == (outcome, why)


def test_a_proxy_that_hangs_up_says_nothing_about_the_target() -> None:
    with look_servers.serving(replying(b"\x05")) as proxy:
        assert look("10.0.1.10", f"socks5://127.0.0.1:{proxy}").outcome is Outcome.NOT_MADE


@pytest.mark.parametrize("via", ["http://127.0.0.1:1", "socks5://127.0.0.1", "socks5://:9", "socks5://h:port"])
def test_what_is_no_socks5_proxy_is_named_with_the_remedy(via: str) -> None:
    seen = look("10.0.1.10", via)
    assert seen.outcome is Outcome.NOT_MADE
    assert "write socks5://host:port" in seen.why
