"""What a machine must change to have what AWS says it holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from toolkit.domain.guest import Guest, Link, PolicyRule, TableRoute
from toolkit.host.changes import Difference, difference
from toolkit.host.wanted import WantedAddress, WantedInterface

ETH0 = WantedInterface("02:00:00:00:00:01", 0, "10.0.1.0/24")
ETH1 = WantedInterface("02:00:00:00:00:02", 1, "10.0.2.0/24")
LINKS = (
    Link("lo", "00:00:00:00:00:00", up=True),
    Link("eth0", ETH0.mac, up=True),
    Link("ens6", ETH1.mac, up=False),
)
FLOATING = WantedAddress("10.0.1.50", ETH0)
OVERLAY = WantedAddress("10.99.0.10")
SECOND = WantedAddress("10.0.2.7", ETH1)
RULE = PolicyRule(17_801, "10.0.2.7", 17_801)
ROUTES = frozenset(
    {TableRoute(17_801, "10.0.2.0/24", "ens6"), TableRoute(17_801, "default", "ens6", "10.0.2.1")},
)


def guest(*addresses: tuple[str, str, int], **more: frozenset[PolicyRule] | frozenset[TableRoute]) -> Guest:
    return Guest(LINKS, frozenset({("eth0", "10.0.1.10", 24), *addresses}), **more)  # type: ignore[arg-type]


def diff(
    *wanted: WantedAddress, has: Guest | None = None, owned: tuple[str, ...] = (), suspects: tuple[str, ...] = ()
) -> Difference:
    return difference(wanted, has or guest(), frozenset(owned), suspects=suspects)


def lines(found: Difference) -> list[str]:
    return [" ".join(change.arguments) for change in found.changes]


def test_a_secondary_address_is_added_to_the_device_with_the_interfaces_mac() -> None:
    found = diff(FLOATING)
    assert lines(found) == ["addr add 10.0.1.50/32 dev eth0"]
    assert (found.changes[0].takes, found.changes[0].announces) == ("10.0.1.50", "eth0")


def test_an_overlay_address_is_added_to_the_loopback_device_and_not_announced() -> None:
    found = diff(OVERLAY)
    assert lines(found) == ["addr add 10.99.0.10/32 dev lo"]
    assert found.changes[0].announces is None


def test_an_ipv6_address_is_usable_at_once_and_never_the_source_of_own_connections() -> None:
    assert lines(diff(WantedAddress("2001:db8::50", ETH0))) == [
        "addr add 2001:db8::50/128 dev eth0 nodad preferred_lft 0"
    ]


def test_what_is_there_already_is_left_alone_whoever_added_it() -> None:
    assert diff(FLOATING, has=guest(("eth0", "10.0.1.50", 24))) == Difference()


def test_an_address_of_ones_own_that_is_held_no_more_is_dropped() -> None:
    found = diff(has=guest(("eth0", "10.0.1.50", 32)), owned=("10.0.1.50",))
    assert lines(found) == ["addr del 10.0.1.50/32 dev eth0"]
    assert found.changes[0].drops == "10.0.1.50"


@pytest.mark.parametrize("other", [8, 24, 31])
def test_of_two_lengths_of_an_address_only_the_single_one_is_ever_dropped(other: int) -> None:
    both = guest(("eth0", "10.0.1.50", 32), ("eth0", "10.0.1.50", other))
    assert lines(diff(has=both, owned=("10.0.1.50",))) == ["addr del 10.0.1.50/32 dev eth0"]
    theirs = guest(("eth0", "10.0.1.50", other))
    assert lines(diff(has=theirs, owned=("10.0.1.50",))) == []


def test_an_address_that_somebody_else_added_is_never_dropped_but_told() -> None:
    found = diff(has=guest(("eth0", "10.0.1.50", 24)), suspects=("10.0.1.50",))
    assert found.changes == ()
    assert "10.0.1.50" in found.remarks[0]


def test_an_address_that_looks_alike_is_another_one() -> None:
    found = diff(has=guest(("eth0", "10.0.1.5", 32), ("eth0", "10.0.1.50", 32)), owned=("10.0.1.5",))
    assert lines(found) == ["addr del 10.0.1.5/32 dev eth0"]


def test_an_interface_that_has_not_reached_the_guest_is_waited_for() -> None:
    found = diff(WantedAddress("10.0.3.7", WantedInterface("02:00:00:00:00:99", 2, "10.0.3.0/24")))
    assert found.changes == ()
    assert "10.0.3.7" in found.remarks[0]


def test_a_hot_attached_interface_comes_up_with_routing_by_source() -> None:
    assert lines(diff(SECOND)) == [
        "link set dev ens6 up",
        "addr add 10.0.2.7/32 dev ens6",
        "route replace 10.0.2.0/24 scope link dev ens6 table 17801 proto 178",
        "route replace default via 10.0.2.1 dev ens6 table 17801 proto 178",
        "rule add from 10.0.2.7 lookup 17801 priority 17801 protocol 178",
    ]


def test_routing_that_is_right_is_left_alone() -> None:
    up = Guest(
        (LINKS[0], LINKS[1], Link("ens6", ETH1.mac, up=True)),
        frozenset({("ens6", "10.0.2.7", 32)}),
        frozenset({RULE}),
        ROUTES,
    )
    assert diff(SECOND, has=up, owned=("10.0.2.7",)) == Difference()


def test_an_interface_that_others_configured_gets_no_second_routing() -> None:
    up = Guest((LINKS[0], LINKS[1], Link("ens6", ETH1.mac, up=True)), frozenset({("ens6", "10.0.2.7", 24)}))
    assert diff(SECOND, has=up) == Difference()


def test_routing_of_an_address_that_is_gone_goes_with_it() -> None:
    has = guest(("ens6", "10.0.2.7", 32), rules=frozenset({RULE}), routes=ROUTES)
    assert lines(diff(has=has, owned=("10.0.2.7",))) == [
        "rule del from 10.0.2.7 lookup 17801 priority 17801",
        "route del default via 10.0.2.1 dev ens6 table 17801",
        "route del 10.0.2.0/24 scope link dev ens6 table 17801",
        "addr del 10.0.2.7/32 dev ens6",
    ]


def test_an_address_of_ones_own_on_the_wrong_device_moves_and_stays_ones_own() -> None:
    found = diff(FLOATING, has=guest(("ens6", "10.0.1.50", 32)), owned=("10.0.1.50",))
    assert lines(found) == ["addr del 10.0.1.50/32 dev ens6", "addr add 10.0.1.50/32 dev eth0"]
    assert found.changes[0].drops is None


SIXTH = WantedAddress("2001:db8:2::7", replace(ETH1, networks6=("2001:db8:2::/64",)))
IPV6_ROUTES = frozenset(
    {TableRoute(17_801, "2001:db8:2::/64", "ens6"), TableRoute(17_801, "default", "ens6", "fe80::1")},
)


def test_an_ipv6_address_of_a_hot_attached_interface_is_routed_by_the_router_that_the_kernel_has_heard() -> None:
    assert lines(diff(SIXTH, has=replace(guest(), routers={"ens6": "fe80::1"})))[2:] == [
        "route replace 2001:db8:2::/64 dev ens6 table 17801 proto 178",
        "route replace default via fe80::1 dev ens6 table 17801 proto 178",
        "-6 rule add from 2001:db8:2::7 lookup 17801 priority 17801 protocol 178",
    ]


def test_an_ipv6_address_without_a_router_is_added_and_the_missing_router_told() -> None:
    found = diff(SIXTH)
    assert lines(found) == ["link set dev ens6 up", "addr add 2001:db8:2::7/128 dev ens6 nodad preferred_lft 0"]
    assert found.remarks == ("2001:db8:2::7: ens6 has heard of no router of its network yet",)


def test_a_router_that_has_fallen_silent_stays_in_use() -> None:
    up = Guest(
        (LINKS[0], LINKS[1], Link("ens6", ETH1.mac, up=True)),
        frozenset({("ens6", "2001:db8:2::7", 128)}),
        frozenset({PolicyRule(17_801, "2001:db8:2::7", 17_801)}),
        IPV6_ROUTES,
    )
    assert diff(SIXTH, has=up, owned=("2001:db8:2::7",)) == Difference()


def test_a_router_that_has_changed_takes_the_place_of_the_old_one() -> None:
    up = Guest(
        (LINKS[0], LINKS[1], Link("ens6", ETH1.mac, up=True)),
        frozenset({("ens6", "2001:db8:2::7", 128)}),
        frozenset({PolicyRule(17_801, "2001:db8:2::7", 17_801)}),
        IPV6_ROUTES,
        {"ens6": "fe80::2"},
    )
    assert lines(diff(SIXTH, has=up, owned=("2001:db8:2::7",))) == [
        "route del default via fe80::1 dev ens6 table 17801",
        "route replace default via fe80::2 dev ens6 table 17801 proto 178",
    ]


def test_of_what_is_spared_address_rule_and_routes_stay() -> None:
    has = guest(("ens6", "10.0.2.7", 32), rules=frozenset({RULE}), routes=ROUTES)
    assert difference((), has, {"10.0.2.7"}, suspects=(), spared={"10.0.2.7"}) == Difference()
