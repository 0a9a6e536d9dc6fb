"""A node agent that AWS lets read one group and not the other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from toolkit.domain.errors import CloudError, ExitCode, Unreachable
from toolkit.domain.snapshot import Reads
from toolkit.host.agent import Agent, Round
from toolkit.testing import FakeHost, World, pair, refused, unreachable

BOTH = {"10.0.1.50", "10.99.0.10"}


class Machine:
    """db-1, which holds a private address for the group ``db`` and an overlay address for the group ``web``.

    ``secret`` are the groups that AWS refuses to show.
    """

    def __init__(self, *kinds: str) -> None:
        self.world = pair(*(kinds or ("private_ip", "route")))
        group = self.world.group
        self.groups = [
            replace(group, name="db", addresses=tuple(a for a in group.addresses if a.kind != "route")),
            replace(group, name="web", addresses=group.of_kind("route")),
        ]
        self.host = FakeHost()
        for card in self.world.store.cards_of(self.world.node("db-1").instance):
            index = card.attachment.device_index if card.attachment else 0
            self.host.attach(f"eth{index}", card.mac, *([f"{card.private_ips[0]}/24"] if index == 0 else []))
        self.secret: set[str] = set()
        self.error = refused
        self.world.cloud.before_read.append(self._check)
        self.restart()

    def _check(self, reads: Reads) -> None:
        if ("web" if reads.tables else "db") in self.secret:
            raise self.error("DescribeThings")

    def restart(self) -> None:
        world = self.world
        instance = world.node("db-1").instance
        self.agent = Agent(self.host, world.cloud, world.ledger, instance=instance, clock=world.clock)

    def round(self) -> Round:
        return self.agent.round(self.groups)

    @property
    def floating(self) -> set[str]:
        return self.host.addresses & (BOTH | {"10.0.1.201"})


def leave(world: World) -> None:
    """The private address goes to db-2, by another hand."""
    card, other = (world.store.cards[world.interface(name)] for name in ("db-1", "db-2"))
    card.private_ips.remove("10.0.1.50")
    other.private_ips.append("10.0.1.50")


@pytest.mark.parametrize("secret", ["db", "web"])
def test_a_group_that_cannot_be_read_keeps_no_other_group_from_its_addresses(secret: str) -> None:
    machine = Machine()
    machine.secret = {secret}
    end = machine.round()
    assert machine.floating == {"web": {"10.0.1.50"}, "db": {"10.99.0.10"}}[secret]
    assert (end.exit_code, end.node) == (ExitCode.INCOMPLETE, "db-1")
    assert f"group {secret} can't be read" in end.reason


def test_what_a_group_that_cannot_be_read_has_stays() -> None:
    machine = Machine()
    machine.round()
    machine.secret = {"web"}
    leave(machine.world)
    machine.round()
    assert machine.floating == {"10.99.0.10"}, "the address of db is gone from AWS, and dropped"


def test_so_it_is_for_an_agent_that_has_only_just_started() -> None:
    machine = Machine()
    machine.round()
    machine.restart()
    machine.secret = {"web"}
    machine.round()
    assert machine.floating == BOTH


def test_the_address_of_an_interface_stays_with_its_routing_while_its_group_cannot_be_read() -> None:
    """Only AWS tells which addresses an interface has: what nobody else claims may be one of them."""
    machine = Machine("eni", "route")
    machine.round()
    machine.restart()
    machine.secret = {"db"}
    machine.host.changes.clear()
    machine.round()
    assert (machine.floating, machine.host.changes) == ({"10.0.1.201", "10.99.0.10"}, [])


def test_a_group_that_can_be_read_only_at_the_second_look_loses_nothing_yet() -> None:
    machine = Machine()
    machine.round()
    leave(machine.world)
    machine.world.store.tables.clear()  # what web lost makes the agent look twice
    machine.secret = {"db"}
    machine.world.clock.call_after(0.5, machine.secret.clear)
    machine.round()
    assert machine.floating == {"10.0.1.50"}
    machine.round()
    assert machine.floating == set()


def test_when_no_group_can_be_read_nothing_is_touched() -> None:
    machine = Machine()
    machine.round()
    machine.secret = {"db", "web"}
    machine.host.changes.clear()
    with pytest.raises(CloudError):
        machine.round()
    assert machine.host.changes == []


def test_an_aws_that_does_not_answer_is_waited_for_once_and_not_for_each_group() -> None:
    machine = Machine()
    machine.groups *= 20
    machine.secret, machine.error = {"db", "web"}, unreachable
    began = machine.world.clock.monotonic()
    with pytest.raises(Unreachable):
        machine.round()
    assert machine.world.clock.monotonic() - began < 8.0


def test_a_dry_run_tells_what_it_could_not_read() -> None:
    machine = Machine()
    machine.secret = {"web"}
    plan = machine.agent.planned(machine.groups)
    assert [change.summary for change in plan.changes] == ["add 10.0.1.50 to eth0"]
    assert "group web can't be read" in plan.remarks[0]
