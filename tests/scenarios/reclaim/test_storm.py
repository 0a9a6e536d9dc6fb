"""Issue 3, must show 3: five nodes come up at the same moment, a hundred times, in memory.

Each is a ``Reclaimer`` in a thread of its own on one fake AWS and one state table in memory: what is shown is the rule,
not the program. The installed command in processes of its own, over the wire, does the same in ``test_command.py``,
some rounds each time, and by ``make faults ARGS=--boots``, a hundred.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Barrier
from typing import TYPE_CHECKING, Final

import pytest

from support.rig import engine
from toolkit.domain.holder import HeldBy
from toolkit.engine.gather import holders, reads_of
from toolkit.engine.reclaim import Reclaimer
from toolkit.pacing import Deadline
from toolkit.testing import Builder, FakeClock, FakeCloud, FakeProber, FakeResolver, MemoryLedger, World

if TYPE_CHECKING:
    from toolkit.engine.outcome import Result

NODES: Final = 5
ROUNDS: Final = 100
SHARES: Final = 4


class Brisk(FakeClock):
    """A clock that stands while somebody sleeps, for as long as another thread needs to get on."""

    def sleep(self, seconds: float) -> None:
        time.sleep(0.001 if seconds else 0.0)


@dataclass(frozen=True)
class Storm:
    """Five nodes on one cloud and one state table."""

    worlds: tuple[World, ...]

    def reclaim(self) -> list[Result]:
        """Every node's own reclaim, begun at the same moment."""
        barrier = Barrier(NODES)

        def boot(number: int) -> Result:
            world = self.worlds[number]
            deadline = Deadline.after(world.clock, 300.0)
            node = world.group.members[number]
            reclaimer = Reclaimer(engine(world), node.instance, deadline=deadline, tell=lambda _: None)
            barrier.wait()
            return reclaimer.reclaim(world.group)

        with ThreadPoolExecutor(NODES) as pool:
            return list(pool.map(boot, range(NODES)))

    @property
    def first(self) -> World:
        return self.worlds[0]

    def holder(self) -> set[object]:
        snapshot = self.first.cloud.read(reads_of(self.first.group))
        return set(holders(self.first.group, snapshot).values())

    def changes(self) -> list[str]:
        return [call.action for call in self.first.cloud.made]


def storm(*, on: int | None) -> Storm:
    """The Elastic IP of the group is on the node of that number, on none for None."""
    builder, clock = Builder(), Brisk()
    nodes = [builder.node(f"db-{number}") for number in range(NODES)]
    builder.eip(on=None if on is None else nodes[on])
    group = builder.world().group
    cloud, ledger, prober = FakeCloud(builder.store, clock), MemoryLedger(clock), FakeProber(clock)
    first = World(group, clock, cloud, ledger, prober, FakeResolver(cloud))
    return Storm(tuple(replace(first, ledger=ledger.beside(f"boot-{number}")) for number in range(NODES)))


@pytest.mark.parametrize("share", range(SHARES))
def test_of_five_nodes_that_claim_a_free_address_at_once_one_gets_it(share: int) -> None:
    for _ in range(share, ROUNDS, SHARES):
        boots = storm(on=None)
        results = boots.reclaim()
        assert [result.exit_code for result in results] == [0] * NODES, results
        assert boots.changes() == ["AssociateAddress"]
        assert boots.holder() == {HeldBy("db-0")}


@pytest.mark.parametrize("share", range(SHARES))
def test_a_healthy_holder_is_never_robbed_by_five_nodes_at_once(share: int) -> None:
    for turn in range(share, ROUNDS, SHARES):
        holder = turn % NODES
        boots = storm(on=holder)
        results = boots.reclaim()
        assert [result.exit_code for result in results] == [0] * NODES, results
        assert boots.changes() == []
        assert boots.holder() == {HeldBy(f"db-{holder}")}


@pytest.mark.parametrize("share", range(SHARES))
def test_a_dead_holder_loses_its_address_once_to_one_of_the_others(share: int) -> None:
    for turn in range(share, ROUNDS, SHARES):
        dead = turn % NODES
        boots = storm(on=dead)
        boots.first.prober.down.add(f"db-{dead}")
        boots.reclaim()
        assert boots.changes() == ["AssociateAddress"]
        assert boots.holder() == {HeldBy("db-1" if dead == 0 else "db-0")}
