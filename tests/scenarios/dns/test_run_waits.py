"""Issue 5, must show 2: the installed command proves a move past real caches, with those as its resolvers."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import look_turning
from toolkit.lab import Lab, World

pytestmark = pytest.mark.server("named", "dnsmasq", "unbound")


def test_a_run_ends_when_the_last_cache_has_turned_and_not_before(lab: Lab, world: World, tmp_path: Path) -> None:
    """No client got the earlier holder's address after the end of the run; it did wait for some."""
    turned = look_turning.turn(lab, world, tmp_path)
    assert (turned.run.code, turned.run.body["status"]) == (0, "done"), turned.run
    for client in turned.clients.values():
        assert client.old_at
        assert client.new_at
        assert max(client.old_at) < turned.ended_at
    checks = {check["where"]: check["detail"] for check in turned.run.body["verification"]}
    waited = [where for where, detail in checks.items() if "since" in detail]
    assert waited
    assert f"dns inside {lab.dns_inside}" not in waited


def test_a_run_whose_time_is_over_before_a_cache_turned_names_the_laggards(
    lab: Lab, world: World, tmp_path: Path
) -> None:
    turned = look_turning.turn(lab, world, tmp_path, ttl=60, timeout="2s")
    assert (turned.run.code, turned.run.body["status"]) == (5, "unverified"), turned.run
    late = {check["where"]: check["detail"] for check in turned.run.body["verification"] if not check["passed"]}
    assert set(late) == {f"dns inside {client.server}" for client in turned.clients.values()}
    for detail in late.values():
        assert "answers 10.0.1.10, wanted 10.0.1.20; the cache still has the address of db-1" in detail
        assert "empty the cache" in detail
