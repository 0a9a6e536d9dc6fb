"""What every ``Host`` does alike: the fake one, and a real kernel's in a network namespace."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.guests import Guest, wired
from toolkit.domain.errors import FailoverError
from toolkit.domain.guest import Change
from toolkit.host.changes import difference
from toolkit.host.iproute import IpHost
from toolkit.host.wanted import WantedAddress, WantedInterface
from toolkit.ports import Host
from toolkit.testing import FakeHost

MAC = "02:00:00:00:0a:02"
CARD = WantedInterface(MAC, 1, "10.0.2.0/24", ("2001:db8:2::/64",))
FIRST, SIXTH, OVERLAY = (
    WantedAddress("10.0.2.7", CARD),
    WantedAddress("2001:db8:2::7", CARD),
    WantedAddress("10.99.0.1"),
)
ROUTER = "fe80::1"


@dataclass(frozen=True)
class Machine:
    """A host whose ``eth1`` is a second interface; ``hear`` lets its kernel hear of an IPv6 router there."""

    host: Host
    hear: Callable[[], object]
    namespace: Guest | None = field(default=None)

    def agree(self, *wanted: WantedAddress) -> tuple[str, ...]:
        """Bring it in line; what there is to remark."""
        plan = difference(wanted, self.host.guest(), self.host.owned(), suspects=())
        for change in plan.changes:
            self.host.change(change)
        self.host.own(frozenset(each.address for each in wanted))
        return plan.remarks

    def left(self, *wanted: WantedAddress) -> tuple[Change, ...]:
        """What would still have to be done."""
        return difference(wanted, self.host.guest(), self.host.owned(), suspects=()).changes


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.root)])
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Machine]:
    if request.param == "fake":
        fake = FakeHost()
        fake.attach("eth1", MAC)
        yield Machine(fake, lambda: fake.routers.update(eth1=ROUTER))
        return
    with wired(node=("", "10.0.1.10/24")) as (wire, guests):
        guest = guests["node"]
        wire.plug(guest, "eth1", mac=MAC)
        host = IpHost(tmp_path / "record", namespace=guest.namespace)
        yield Machine(host, lambda: guest.ip("-6", "route", "add", "default", "via", ROUTER, "dev", "eth1"), guest)


def test_what_is_wanted_is_there_afterwards_and_nothing_is_left_to_do(machine: Machine) -> None:
    machine.agree(FIRST, OVERLAY)
    found = machine.host.guest()
    assert (found.devices_with("10.0.2.7"), found.devices_with("10.99.0.1")) == (("eth1",), ("lo",))
    assert {(rule.source, rule.table) for rule in found.rules} == {("10.0.2.7", 17_801)}
    assert {(route.destination, route.via) for route in found.routes} == {
        ("10.0.2.0/24", None),
        ("default", "10.0.2.1"),
    }
    assert machine.left(FIRST, OVERLAY) == ()


def test_an_ipv6_address_gets_its_routing_once_a_router_is_heard(machine: Machine) -> None:
    assert machine.host.guest().routers == {}
    machine.agree(SIXTH)
    (remark,) = machine.agree(SIXTH)
    assert "no router" in remark
    machine.hear()
    assert machine.host.guest().routers == {"eth1": ROUTER}
    machine.agree(SIXTH)
    found = machine.host.guest()
    assert {rule.source for rule in found.rules} == {"2001:db8:2::7"}
    assert {(r.destination, r.via) for r in found.routes} == {("2001:db8:2::/64", None), ("default", ROUTER)}
    assert machine.left(SIXTH) == ()


def test_what_is_wanted_no_more_is_gone_with_all_its_routing(machine: Machine) -> None:
    machine.agree(FIRST)
    machine.hear()
    machine.agree(FIRST, SIXTH)
    machine.agree()
    found = machine.host.guest()
    assert (found.devices_with("10.0.2.7"), found.devices_with("2001:db8:2::7")) == ((), ())
    assert (found.rules, found.routes) == (frozenset(), frozenset())


def test_a_change_that_the_machine_refuses_is_an_error(machine: Machine) -> None:
    impossible = Change("add 10.0.2.9 to eth9", ("addr", "add", "10.0.2.9/32", "dev", "eth9"))
    with pytest.raises(FailoverError, match="eth9"):
        machine.host.change(impossible)


def test_an_address_at_another_length_stays_where_ones_own_is_dropped(machine: Machine) -> None:
    machine.host.change(Change("theirs", ("addr", "add", "10.0.2.7/24", "dev", "eth1")))
    machine.host.change(Change("ours", ("addr", "add", "10.0.2.7/32", "dev", "eth1")))
    machine.host.own(frozenset({"10.0.2.7"}))
    machine.agree()
    assert {place for place in machine.host.guest().addresses if place[1] == "10.0.2.7"} == {("eth1", "10.0.2.7", 24)}


@pytest.mark.parametrize("place", ["10.0.2.9/32", "2001:db8:2::9/128"])
def test_an_address_that_is_there_already_is_refused(machine: Machine, place: str) -> None:
    again = Change(f"add {place} to eth1", ("addr", "add", place, "dev", "eth1"))
    machine.host.change(again)
    with pytest.raises(FailoverError, match=r"File exists|already assigned"):
        machine.host.change(again)


@pytest.mark.root
@pytest.mark.parametrize(
    ("wanted", "stranger"), [(FIRST, "198.51.100.9"), (SIXTH, "2001:db8:ffff::9")], ids=["ipv4", "ipv6"]
)
@pytest.mark.parametrize("machine", ["real"], indirect=True)
def test_the_kernel_sends_answers_of_the_address_by_its_own_interface(
    machine: Machine, wanted: WantedAddress, stranger: str
) -> None:
    assert machine.namespace is not None
    machine.agree(wanted)
    machine.hear()
    machine.agree(wanted)
    (route,) = json.loads(machine.namespace.ip("-j", "route", "get", stranger, "from", wanted.address))
    assert (route["dev"], route["table"]) == ("eth1", "17801")
