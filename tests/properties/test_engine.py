"""Of whole runs in random worlds with random deaths, faults and other hands: no address is lost or on two nodes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from support.random_worlds import moves
from support.rig import by_hand, engine, held, plan_to
from toolkit.domain.errors import CloudError, FailoverError
from toolkit.domain.holder import HeldBy
from toolkit.testing import (
    Killed,
    World,
    broken,
    impossible,
    not_ready,
    refused,
    silent,
    throttled,
    unreachable,
)
from toolkit.testing.faults import Effect

# An error that is an answer says that nothing was done; only a lost one leaves it open.
REFUSALS = [throttled, unreachable, not_ready, refused, impossible]
LOST_ANSWERS = [broken, silent]


@dataclass(frozen=True)
class Trouble:
    """Calls of the run, from the first-th on, fail so."""

    error: Callable[[str], CloudError]
    effect: Effect
    first: int
    times: int


def troubles(errors: Sequence[Callable[[str], CloudError]], effect: Effect) -> st.SearchStrategy[Trouble]:
    return st.builds(
        Trouble,
        error=st.sampled_from(errors),
        effect=st.just(effect),
        first=st.integers(1, 8),
        times=st.integers(1, 4),
    )


any_trouble = troubles([*REFUSALS, *LOST_ANSWERS], "does not happen") | troubles(LOST_ANSWERS, "happens")


RUN_SECONDS = 30.0
LONGER_THAN_A_RUN_SECONDS = 40.0
slowness = st.tuples(*(st.sampled_from([0.0, 0.0, 5.0, LONGER_THAN_A_RUN_SECONDS]) for _ in range(3)))


def everything_at(world: World, node: str) -> bool:
    return set(held(world).values()) <= {HeldBy(node)}


def nothing_twice(world: World) -> bool:
    cards = world.store.cards.values()
    addresses = [ip for card in cards for ip in (*card.private_ips, *card.ipv6s)]
    carried = [(e.interface, e.private_ip) for e in world.store.elastics.values() if e.interface]
    return len(addresses) == len(set(addresses)) and len(carried) == len(set(carried))


def settled(world: World) -> bool:
    """Whether the journal says that no run is left to be looked at."""
    return world.ledger.history("db").unfinished() == ()


@settings(max_examples=60)
@given(moves())
def test_an_undisturbed_run_arrives_with_exactly_the_planned_calls(move: tuple[World, str]) -> None:
    world, target = move
    steps = plan_to(world, target).steps
    result = engine(world).run(world.group, by_hand(world, target))
    assert result.status == "done"
    assert everything_at(world, target)
    assert len(world.cloud.calls) == len(steps)
    assert settled(world)


@settings(max_examples=60)
@given(moves(), st.lists(st.integers(1, 25), max_size=4))
def test_whatever_dies_however_often_the_last_resume_arrives(move: tuple[World, str], deaths: list[int]) -> None:
    world, target = move
    ledger = world.ledger
    began = False
    for number, point in enumerate(deaths):
        world.cloud.switch.revive(at=point)
        try:
            one = engine(world, ledger=ledger)
            _ = one.resume(world.group) if began else one.run(world.group, by_hand(world, target))
        except Killed:
            ledger.die()
        began = ledger.history("db").unfinished() != ()
        ledger = ledger.beside(f"owner-{number + 2}")
    world.cloud.switch.revive()
    last = engine(world, ledger=ledger)
    result = last.resume(world.group) if began else last.run(world.group, by_hand(world, target))
    assert result.status == "done"
    assert everything_at(world, target)
    assert nothing_twice(world)
    assert settled(world)


@settings(max_examples=100)
@given(moves(), st.lists(any_trouble, max_size=3), st.sampled_from([0.0, 2.0, 20.0]), slowness)
def test_after_any_trouble_the_world_is_whole_or_the_journal_says_what_is_open(
    move: tuple[World, str], faults: list[Trouble], lag_seconds: float, delays: tuple[float, float, float]
) -> None:
    world, target = move
    world.ledger.lease_seconds = 900.0
    before = held(world)
    if lag_seconds:
        world.cloud.lag_reads(lag_seconds)
    slow = world.cloud.delays
    slow.attach_seconds, slow.detach_seconds, slow.private_ip_seconds = delays
    for fault in faults:
        world.cloud.fail(None, fault.error, effect=fault.effect, first=fault.first, times=fault.times)
    result = engine(world, run_seconds=RUN_SECONDS).run(world.group, by_hand(world, target))
    world.cloud.faults.clear()
    # Longer than any effect may still be under way.
    world.clock.sleep(2 * LONGER_THAN_A_RUN_SECONDS)
    slow.attach_seconds = slow.detach_seconds = slow.private_ip_seconds = 0.0
    assert nothing_twice(world)
    if settled(world):
        now = held(world)
        homeless = [key for key, holder in before.items() if isinstance(holder, HeldBy) and now[key] not in ALL_HELD]
        assert not homeless
        assert result.status != "done" or everything_at(world, target)
    else:
        resumed = engine(world).resume(world.group)
        assert resumed.status == "done", resumed.reason
        assert everything_at(world, target)


ALL_HELD = {HeldBy(f"db-{number}") for number in range(1, 5)}


@settings(max_examples=60)
@given(moves(), moves(), st.randoms(use_true_random=False))
def test_another_hand_in_the_middle_leaves_no_address_on_two_nodes(
    move: tuple[World, str], other: tuple[World, str], chance: Random
) -> None:
    del other
    world, target = move
    names = [node.name for node in world.group.members if node.name != target]
    assume(names)
    foreign = list(plan_to(world, chance.choice(names)).steps)

    def interfere(_call: object) -> None:
        if foreign and chance.random() < 0.4:
            try:
                world.cloud.by_another_hand(foreign.pop(0).call)
            except CloudError:
                return

    world.ledger.lease_seconds = 900.0
    world.cloud.after_call.append(interfere)
    result = engine(world).run(world.group, by_hand(world, target))
    world.cloud.after_call.clear()
    assert nothing_twice(world)
    if result.status == "done":
        assert everything_at(world, target)
    if not settled(world):
        engine(world).resume(world.group)
        assert everything_at(world, target)


@settings(max_examples=60)
@given(moves(), st.lists(st.tuples(st.booleans(), st.integers(1, 12)), min_size=1, max_size=5))
def test_two_controllers_that_die_in_turn_end_at_the_last_ones_target(
    move: tuple[World, str], turns: list[tuple[bool, int]]
) -> None:
    world, first_target = move
    other_target = next(node.name for node in world.group.members if node.name != first_target)
    ledgers = {True: world.ledger, False: world.ledger.beside("owner-b")}
    for number, (mine, point) in enumerate(turns):
        world.cloud.switch.revive(at=point)
        try:
            engine(world, ledger=ledgers[mine]).run(world.group, by_hand(world, first_target if mine else other_target))
        except Killed:
            ledgers[mine].die()
            ledgers[mine] = world.ledger.beside(f"owner-{mine}-{number}")
        except FailoverError as error:
            raise AssertionError(str(error)) from error
        assert nothing_twice(world)
    world.cloud.switch.revive()
    result = engine(world, ledger=world.ledger.beside("owner-last")).run(world.group, by_hand(world, other_target))
    assert result.status == "done"
    assert everything_at(world, other_target)
