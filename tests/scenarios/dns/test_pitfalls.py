"""Each pitfall of split-horizon names, produced by a real server in front of the lab's resolver, and its cure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from support import look_daemons, look_turning
from toolkit.domain.naming import Expectation, Standing, View, together
from toolkit.lab import Lab

from .conftest import Judge, internet

bind = pytest.mark.server("named")
dnsmasq = pytest.mark.server("dnsmasq")
unbound = pytest.mark.server("unbound")


def forwarders(server: str) -> str:
    host, _, port = server.partition(":")
    return f"forwarders {{ {host} port {port}; }};"


def server_line(server: str) -> str:
    return f"server={server.replace(':', '#')}"


@bind
def test_bind_that_forwards_only_is_right(lab: Lab, judge: Judge, tmp_path: Path) -> None:
    with look_daemons.named(tmp_path, f"options {{ @options forward only; {forwarders(lab.dns_inside)} }};") as server:
        told = judge(server)
    assert (told.standing, told.cause) == (Standing.RIGHT, "")


@bind
def test_bind_that_forwards_first_gets_the_public_view_when_the_vpc_s_resolver_fails(
    lab: Lab, judge: Judge, tmp_path: Path
) -> None:
    lab.set(dns_mode="servfail", dns_side="inside")
    port = look_daemons.free_port()
    config = (
        f'options {{ @options forward first; {forwarders(lab.dns_inside)} }}; zone "." {{ type hint; file @hints; }};'
    )
    with internet(lab.dns_outside, port=port), look_daemons.named(tmp_path, config, port=port) as server:
        told = judge(server)
    assert told.standing is Standing.WRONG_VIEW
    assert "`forward first`" in told.cause
    assert "`forward only;`" in told.remedy


@bind
def test_bind_that_forwards_only_never_gets_the_public_view(lab: Lab, judge: Judge, tmp_path: Path) -> None:
    """The cure of ``forward first``: no answer while the VPC's resolver fails, the right one afterwards."""
    lab.set(dns_mode="servfail", dns_side="inside")
    port = look_daemons.free_port()
    config = f"options {{ @options forward only; {forwarders(lab.dns_inside)} servfail-ttl 0; }};"
    config += ' zone "." { type hint; file @hints; };'
    with internet(lab.dns_outside, port=port), look_daemons.named(tmp_path, config, port=port) as server:
        told = judge(server)
        assert told.standing is Standing.MISSING
        assert "upstream" in told.remedy
        lab.set(dns_mode="right")
        assert judge(server).standing is Standing.RIGHT


@bind
@pytest.mark.parametrize(("swapped", "standing"), [(False, Standing.RIGHT), (True, Standing.WRONG_VIEW)])
def test_bind_s_views_each_get_their_own_side(
    lab: Lab, judge: Judge, tmp_path: Path, *, swapped: bool, standing: Standing
) -> None:
    sides = [lab.dns_inside, lab.dns_outside][:: -1 if swapped else 1]
    config = "options { @options };"
    for host, side in zip((look_daemons.LOOPBACK, look_daemons.LOOPBACK_6), sides, strict=True):
        config += f'view "{host}" {{ match-destinations {{ {host}; }}; forward only; {forwarders(side)} }};'
    with look_daemons.named(tmp_path, config) as server:
        outside = server.replace(look_daemons.LOOPBACK, f"[{look_daemons.LOOPBACK_6}]")
        assert judge(server, View.INSIDE).standing is standing
        assert judge(outside, View.OUTSIDE).standing is standing


@bind
def test_bind_s_response_policy_hides_the_name(lab: Lab, judge: Judge, tmp_path: Path) -> None:
    rows = ["$TTL 60", "@ SOA localhost. root.localhost. 1 60 60 60 60", "@ NS localhost.", "*.amazonaws.com CNAME ."]
    (tmp_path / "rpz").write_text("\n".join(rows) + "\n")
    config = (
        f'options {{ @options forward only; {forwarders(lab.dns_inside)} response-policy {{ zone "rpz.test"; }}; }};'
    )
    config += ' zone "rpz.test" { type primary; file "rpz"; };'
    with look_daemons.named(tmp_path, config, until="rpz.test: reload done") as server:
        told = judge(server)
    assert told.standing is Standing.MISSING
    assert "response policy zone rpz.test" in told.cause


@bind
def test_a_name_that_passes_the_response_policy_is_right(lab: Lab, judge: Judge, tmp_path: Path, name: str) -> None:
    rows = ["$TTL 60", "@ SOA localhost. root.localhost. 1 60 60 60 60", "@ NS localhost.", "*.amazonaws.com CNAME ."]
    (tmp_path / "rpz").write_text("\n".join([*rows, f"{name} CNAME rpz-passthru."]) + "\n")
    config = (
        f'options {{ @options forward only; {forwarders(lab.dns_inside)} response-policy {{ zone "rpz.test"; }}; }};'
    )
    config += ' zone "rpz.test" { type primary; file "rpz"; };'
    with look_daemons.named(tmp_path, config, until="rpz.test: reload done") as server:
        assert judge(server).standing is Standing.RIGHT


@bind
@pytest.mark.parametrize("cured", [False, True])
def test_bind_s_deny_answer_addresses_refuses_the_private_address(
    lab: Lab, judge: Judge, tmp_path: Path, *, cured: bool
) -> None:
    cure = 'except-from { "amazonaws.com"; }' if cured else ""
    config = f"options {{ @options forward only; {forwarders(lab.dns_inside)} "
    config += f"deny-answer-addresses {{ 10.0.0.0/8; }} {cure}; }};"
    with look_daemons.named(tmp_path, config) as server:
        told = judge(server)
    assert told.standing is (Standing.RIGHT if cured else Standing.MISSING)
    assert ("deny-answer-addresses" in told.cause) is not cured


@dnsmasq
def test_plain_dnsmasq_is_right(lab: Lab, judge: Judge, tmp_path: Path) -> None:
    with look_daemons.dnsmasq(tmp_path, server_line(lab.dns_inside)) as server:
        told = judge(server)
    assert (told.standing, told.cause) == (Standing.RIGHT, "")


@dnsmasq
@pytest.mark.parametrize("cured", [False, True])
def test_dnsmasq_s_rebind_protection_strips_the_private_address(
    lab: Lab, judge: Judge, tmp_path: Path, *, cured: bool
) -> None:
    cure = ["rebind-domain-ok=/amazonaws.com/"] if cured else []
    with look_daemons.dnsmasq(tmp_path, server_line(lab.dns_inside), "stop-dns-rebind", *cure) as server:
        told = judge(server)
    assert told.standing is (Standing.RIGHT if cured else Standing.MISSING)
    assert ("--stop-dns-rebind" in told.cause) is not cured


@dnsmasq
@pytest.mark.parametrize("cured", [False, True])
def test_dnsmasq_s_cname_does_not_lead_to_an_upstream_name(
    lab: Lab, judge: Judge, tmp_path: Path, expected: Expectation, *, cured: bool
) -> None:
    """The cure: the CNAME is in a zone that a real server has, and dnsmasq forwards to it."""
    own = Expectation("db.example.com", expected.inside, expected.outside, expected.earlier)
    rows = ["$TTL 60", "@ SOA ns.example.com. root.example.com. 1 60 60 60 60", "@ NS ns", "ns A 127.0.0.1"]
    (tmp_path / "zone").write_text("\n".join([*rows, f"db CNAME {expected.name}."]) + "\n")
    config = f"options {{ @options forward only; {forwarders(lab.dns_inside)} }};"
    config += ' zone "example.com" { type primary; file "zone"; };'
    with look_daemons.named(tmp_path, config) as zone:
        upstream = zone if cured else lab.dns_inside
        lines = [] if cured else [f"cname=db.example.com,{expected.name}"]
        with look_daemons.dnsmasq(tmp_path, server_line(upstream), *lines) as server:
            told = judge(server, against=own)
    assert told.standing is (Standing.RIGHT if cured else Standing.MISSING)
    assert ("`--cname`" in told.cause) is not cured


@dnsmasq
@pytest.mark.parametrize("cured", [False, True])
def test_dnsmasq_s_min_cache_ttl_keeps_the_address_of_the_earlier_holder(
    judge: Judge, lab: Lab, tmp_path: Path, expected: Expectation, move: Callable[[], None], *, cured: bool
) -> None:
    """The cure: without it the record's own TTL, of one second here, is over before the second look."""
    lines = [] if cured else ["min-cache-ttl=3600"]
    moved = Expectation(expected.name, frozenset({"10.0.1.20"}), expected.outside, {"10.0.1.10": "db-1"})
    with (
        look_turning.cutting(lab.dns_inside, ttl=1) as upstream,
        look_daemons.dnsmasq(tmp_path, server_line(upstream), *lines) as server,
    ):
        judge(server)
        before = judge(server)
        move()
        look_turning.outlived(1)
        after = judge(server, against=moved)
    assert before.standing is Standing.RIGHT
    assert ("`--min-cache-ttl`" in before.cause) is not cured
    assert after.standing is (Standing.RIGHT if cured else Standing.STALE)
    assert ("keeps the address of db-1" in after.cause) is not cured
    assert ("by `--min-cache-ttl`" in after.cause) is not cured
    assert ("remove `--min-cache-ttl`" in after.remedy) is not cured


@dnsmasq
def test_a_plain_cache_of_the_earlier_holder_s_address_is_named_with_the_time_it_has_left(
    judge: Judge, lab: Lab, tmp_path: Path, expected: Expectation, move: Callable[[], None]
) -> None:
    moved = Expectation(expected.name, frozenset({"10.0.1.20"}), expected.outside, {"10.0.1.10": "db-1"})
    with look_daemons.dnsmasq(tmp_path, server_line(lab.dns_inside)) as server:
        judge(server)
        move()
        after = judge(server, against=moved)
    assert after.standing is Standing.STALE
    assert after.cause.startswith("the cache still has the address of db-1, for")
    assert "min-cache-ttl" not in after.cause


@unbound
def test_plain_unbound_is_right(lab: Lab, judge: Judge, tmp_path: Path) -> None:
    with look_daemons.unbound(tmp_path, lab.dns_inside) as server:
        assert judge(server).standing is Standing.RIGHT


@unbound
@pytest.mark.parametrize("cured", [False, True])
def test_unbound_s_private_address_strips_the_private_address(
    lab: Lab, judge: Judge, tmp_path: Path, *, cured: bool
) -> None:
    cure = ['private-domain: "amazonaws.com"'] if cured else []
    with look_daemons.unbound(tmp_path, lab.dns_inside, "private-address: 10.0.0.0/8", *cure) as server:
        told = judge(server)
    assert told.standing is (Standing.RIGHT if cured else Standing.MISSING)
    assert ("`private-address`" in told.cause) is not cured


@dnsmasq
@pytest.mark.parametrize("cured", [False, True])
def test_resolvers_of_different_views_disagree(lab: Lab, judge: Judge, tmp_path: Path, *, cured: bool) -> None:
    """As with two servers in one resolv.conf, of which one is not in the VPC; the cure: it forwards there too."""
    upstream = lab.dns_inside if cured else lab.dns_outside
    with look_daemons.dnsmasq(tmp_path, server_line(upstream)) as other:
        told = [judge(lab.dns_inside), judge(other)]
    assert together(told) is (Standing.RIGHT if cured else Standing.DISAGREEING)
    assert ("public view leaked" in told[1].cause) is not cured
