"""When each real cache turns after a move, and that the proof waits for exactly that."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest

from support import look_daemons, look_dns
from toolkit.domain.naming import Expectation, Standing, View, standing
from toolkit.domain.settling import Proof
from toolkit.resolve import DnsResolver

T = TypeVar("T")
NAME = "ec2-203-0-113-10.eu-west-1.compute.amazonaws.com"
AFTER = Expectation(NAME, frozenset({"10.0.1.20"}), frozenset({"203.0.113.10"}), {"10.0.1.10": "db-1"})
# A whole record's life in the shortest unit that DNS has; AWS gives 60.
TTL_SECONDS = 1


@pytest.mark.server("named", "dnsmasq", "unbound")
def test_the_proof_settles_when_the_last_cache_has_turned(tmp_path: Path) -> None:
    """Each server is asked until its proof settles; afterwards none gives the old address any more."""
    records = look_dns.Records(rows=[f"{NAME} {TTL_SECONDS} A 10.0.1.10"])
    folders = {kind: tmp_path / kind for kind in ("bind", "dnsmasq", "unbound")}
    for folder in folders.values():
        folder.mkdir()
    with contextlib.ExitStack() as stack:
        upstream = stack.enter_context(look_dns.answering(records))
        host, _, port = upstream.partition(":")
        forward = f"options {{ @options forward only; forwarders {{ {host} port {port}; }}; }};"
        servers = [
            stack.enter_context(look_daemons.named(folders["bind"], forward)),
            stack.enter_context(look_daemons.dnsmasq(folders["dnsmasq"], f"server={host}#{port}")),
            stack.enter_context(look_daemons.unbound(folders["unbound"], upstream)),
        ]
        _in_parallel(servers, lambda server: DnsResolver().ask(NAME, server, timeout_seconds=5.0))
        records.rows[:] = [f"{NAME} {TTL_SECONDS} A 10.0.1.20"]
        settled_at = _in_parallel(servers, _until_settled)
        said = _in_parallel(servers, lambda server: DnsResolver().ask(NAME, server, timeout_seconds=5.0).addresses)
    assert set(said.values()) == {("10.0.1.20",)}
    for turned, settled in settled_at.values():
        assert settled >= turned


def _until_settled(server: str) -> tuple[float, float]:
    """When the server's answers turned, and when the proof settled: monotonic seconds."""
    proof, until = Proof(), time.monotonic() + 20.0
    while time.monotonic() < until:
        answer = DnsResolver().ask(NAME, server, timeout_seconds=5.0)
        right = standing(answer, View.INSIDE, AFTER) is Standing.RIGHT
        now = time.monotonic()
        before, proof = proof, proof.after(right=right, ttl=answer.ttl, at=now)
        assert right or not before.settled(now=now)
        if proof.settled(now=now):
            return proof.right_since or now, now
        time.sleep(0.02)
    raise AssertionError(f"{server} did not settle: {proof.in_words(now=time.monotonic())}")


def _in_parallel(servers: Sequence[str], act: Callable[[str], T]) -> dict[str, T]:
    with ThreadPoolExecutor(len(servers)) as pool:
        return dict(zip(servers, pool.map(act, servers), strict=True))
