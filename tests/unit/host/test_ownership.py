"""What the node agent counts as its own: that alone it ever takes away."""

from __future__ import annotations

from toolkit.domain.guest import Change
from toolkit.host.iproute import HostSilent
from toolkit.testing import FakeHost, pair

from .machine import Machine, move


class Crowded(FakeHost):
    """A machine where another program adds ``address`` a moment before this one does."""

    def __init__(self, address: str, *, on: str) -> None:
        super().__init__()
        self.place = (on, address)

    def change(self, change: Change) -> None:
        if change.takes == self.place[1]:
            self.places.add((*self.place, 32))
        super().change(change)


def test_what_another_program_added_a_moment_sooner_is_not_ones_own_and_stays() -> None:
    world = pair("private_ip")
    machine = Machine(world, "db-1", Crowded("10.0.1.50", on="eth0"))
    end = machine.round()
    assert "File exists" in end.reason
    assert machine.host.remembered == frozenset()
    move(world, "db-2")
    machine.restart()
    assert "10.0.1.50 is on this machine and AWS says elsewhere" in machine.round().reason
    assert machine.floating == {"10.0.1.50"}


def test_an_address_that_was_refused_and_came_by_another_hand_later_is_not_ones_own() -> None:
    world = pair("private_ip")
    machine = Machine(world, "db-1")
    machine.host.refuses.add("add 10.0.1.50 to eth0")
    machine.round()
    machine.host.places.add(("eth0", "10.0.1.50", 32))
    move(world, "db-2")
    machine.round()
    assert machine.floating == {"10.0.1.50"}


def test_an_address_that_could_not_be_brought_to_its_device_stays_ones_own_on_the_other() -> None:
    world = pair("private_ip")
    machine = Machine(world, "db-1")
    machine.host.attach("eth9", "02:00:00:00:00:99", "10.0.1.50/32")
    machine.host.own(frozenset({"10.0.1.50"}))
    machine.host.refuses |= {"drop 10.0.1.50 from eth9", "add 10.0.1.50 to eth0"}
    machine.round()
    machine.host.refuses.clear()
    move(world, "db-2")
    machine.round()
    assert machine.floating == set()


class Silent(FakeHost):
    """A machine so busy that ``ip`` does what it should and ends too late to tell."""

    def change(self, change: Change) -> None:
        super().change(change)
        raise HostSilent(f"ip {' '.join(change.arguments)}: timed out")


def test_an_address_that_another_program_keeps_on_another_device_is_not_ones_own_for_a_refusal() -> None:
    machine = Machine(pair("private_ip"), "db-1")
    machine.host.attach("eth9", "02:00:00:00:00:99", "10.0.1.50/32")
    machine.host.refuses.add("add 10.0.1.50 to eth0")
    machine.round()
    assert machine.host.remembered == frozenset()


def test_an_address_stays_ones_own_while_it_is_not_known_whether_it_was_added() -> None:
    world = pair("private_ip")
    machine = Machine(world, "db-1", Silent())
    machine.round()
    move(world, "db-2")
    machine.round()
    assert machine.floating == set()


def test_an_address_that_others_keep_at_another_length_loses_only_the_agents_own() -> None:
    """What is left of it is told: a person must know that two machines may answer."""
    world = pair("private_ip")
    machine = Machine(world, "db-1")
    machine.round()
    machine.host.places.add(("eth0", "10.0.1.50", 24))
    move(world, "db-2")
    machine.round()
    assert {place for place in machine.host.places if place[1] == "10.0.1.50"} == {("eth0", "10.0.1.50", 24)}
    assert machine.host.remembered == frozenset()
    assert "10.0.1.50 is on this machine and AWS says elsewhere" in machine.round().reason
