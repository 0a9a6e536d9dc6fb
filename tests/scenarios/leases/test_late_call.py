"""The one gap that nobody can close: a process suspended between its look at the lease and its call.

EC2 and Route 53 know no fencing number (``AWS.md`` §6). What the engine promises is the bound: that one call, none
after it, no word in the journal; and whoever looks next decides on the world, not on the journal.
"""

from __future__ import annotations

import pytest

from support.rig import by_hand, engine, held, on_failure
from toolkit.domain.errors import LeaseLost
from toolkit.domain.holder import Free, HeldBy
from toolkit.domain.steps import Call
from toolkit.testing import World, pair

# A route has a call for each table; they go out side by side, and each is a process's last.
KINDS = ["eip", "private_ip", "ipv6", "eni", "dns"]
TWO_CALLS = {"ipv6", "eni"}


def late(world: World) -> list[Call]:
    """What a run to ``db-2`` calls that sleeps right before its first call, while another run proves ``db-1``."""
    calls: list[Call] = []

    def oversleep(call: Call) -> None:
        calls.append(call)
        if len(calls) > 1:
            return
        world.clock.advance(60.0)
        other = engine(world, ledger=world.ledger.beside("owner-2"))
        assert other.run(world.group, by_hand(world, "db-1")).status == "done"
        assert len(calls) == 1, "the other run had nothing to call"

    world.cloud.before_call.append(oversleep)
    with pytest.raises(LeaseLost):
        engine(world).run(world.group, by_hand(world, "db-2"))
    world.cloud.before_call.clear()
    return calls


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_that_comes_too_late_is_the_last_of_its_run_and_leaves_no_word_in_the_journal(kind: str) -> None:
    world = pair(kind)
    assert len(late(world)) == 1
    events = world.ledger.history("db").events
    assert {event.run for event in events[-3:]} == {events[-1].run}
    assert events[-1].data == {"status": "done"}
    assert world.ledger.history("db").unfinished() == ()


@pytest.mark.parametrize("kind", KINDS)
def test_after_a_call_that_came_too_late_the_next_run_on_a_failure_makes_the_group_whole(kind: str) -> None:
    """An address of a kind that takes two calls may be nowhere, and no run is open that tells of it."""
    world = pair(kind)
    late(world)
    assert set(held(world).values()) == ({Free()} if kind in TWO_CALLS else {HeldBy("db-2")})
    world.prober.down.add("db-1")
    later = engine(world, ledger=world.ledger.beside("owner-3"))
    assert later.run(world.group, on_failure(world)).status in {"done", "hold"}
    assert set(held(world).values()) == {HeldBy("db-2")}
