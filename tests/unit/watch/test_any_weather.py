"""Whatever happens to nodes, AWS and the state table: the policy's limits hold, and calm ends with all in one place."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.rig import held, with_policy
from support.watch_sim import Sim, by_tcp
from toolkit.domain.holder import HeldBy
from toolkit.testing import World, broken, pair, silent, throttled, unreachable

NODES = ("db-1", "db-2")
MOST_MOVES = 3
WINDOW_SECONDS = 600.0
CALM_SECONDS = 900.0


@dataclass(frozen=True)
class Happening:
    """Something that befalls the world, so many seconds after the one before."""

    after_seconds: float
    what: str
    node: str
    times: int

    def befall(self, world: World) -> None:
        match self.what:
            case "dies":
                world.prober.down.add(self.node)
            case "lives":
                world.prober.down.discard(self.node)
            case "is unseen":
                world.prober.unseen.add(self.node)
            case "is seen":
                world.prober.unseen.discard(self.node)
            case "reads fail":
                world.cloud.fail("read", unreachable, times=self.times)
            case "calls are throttled":
                world.cloud.fail("AssociateAddress", throttled, times=self.times)
            case "answers are lost":
                world.cloud.fail("AssociateAddress", silent, effect="happens", times=self.times)
            case _:
                world.ledger.fail(*[broken("TransactWriteItems")] * self.times)


HAPPENINGS = st.builds(
    Happening,
    after_seconds=st.floats(0.0, 40.0),
    what=st.sampled_from(
        [
            *("dies", "lives", "is unseen", "is seen"),
            *("reads fail", "calls are throttled", "answers are lost", "the table fails"),
        ]
    ),
    node=st.sampled_from(NODES),
    times=st.integers(1, 20),
)


def most_in_a_window(moves: list[float]) -> int:
    return max((sum(0 <= later - first < WINDOW_SECONDS for later in moves) for first in moves), default=0)


@pytest.mark.no_cover
@settings(max_examples=25)
@given(st.lists(HAPPENINGS, max_size=25))
def test_the_limits_hold_in_any_weather_and_calm_finds_everything_together(happenings: list[Happening]) -> None:
    world = by_tcp(pair("eip", "route"))
    with_policy(world, cooldown_seconds=0.0, max_moves=MOST_MOVES, max_moves_window_seconds=WINDOW_SECONDS)
    sim = Sim(world)
    at = 0.0
    for happening in happenings:
        at += happening.after_seconds
        sim.after(at, lambda happening=happening: happening.befall(world))  # type: ignore[misc]

    def calm() -> None:
        world.prober.down.clear()
        world.prober.unseen.clear()
        world.cloud.faults.clear()

    sim.after(at, calm)
    sim.run_for(at + CALM_SECONDS)
    history = world.ledger.history("db")
    assert most_in_a_window(list(history.move_times())) <= MOST_MOVES
    assert history.unfinished() == ()
    (holder, *others) = set(held(world).values())
    assert isinstance(holder, HeldBy)
    assert others == []
