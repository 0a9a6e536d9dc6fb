"""The process dies at any point, or any answer is lost: resume brings every address to exactly one right node."""

import pytest

from support.rig import by_hand, engine, held, on_failure
from toolkit.domain.errors import FailoverError
from toolkit.domain.events import EventName
from toolkit.domain.holder import HeldBy
from toolkit.testing import Builder, Killed, World, broken, pair, silent, throttled

MUTATIONS = 9  # of a mixed group: eip, private_ip, route x 2, dns 1 each; ipv6 and eni 2


def mixed() -> World:
    """Every kind on db-1, with an Elastic IP that a moving private address carries."""
    builder = Builder()
    first, _ = builder.node("db-1"), builder.node("db-2")
    builder.eip(on=first)
    builder.private_ip("10.0.1.50", on=first)
    builder.eip(on=first, carrier="10.0.1.50")
    builder.ipv6("2001:db8:0:1::50", on=first)
    builder.eni(on=first)
    builder.route("10.99.0.10/32", on=first)
    builder.dns("db.internal.example.com", on=first)
    return builder.world()


def points() -> int:
    """At how many points a run of the mixed group may die."""
    world = mixed()
    engine(world).run(world.group, by_hand(world, "db-2"))
    return len(world.cloud.switch.passed)


POINTS = points()


def die_at(world: World, point: int) -> None:
    """A run that is killed at its n-th point, and the machine that knows it is gone."""
    world.cloud.switch.revive(at=point)
    with pytest.raises(Killed):
        engine(world).run(world.group, by_hand(world, "db-2"))
    world.ledger.die()
    world.cloud.switch.revive()


def everything_at(world: World, node: str) -> bool:
    return set(held(world).values()) == {HeldBy(node)}


def once(world: World) -> bool:
    """No address is on two interfaces."""
    cards = world.store.cards.values()
    addresses = [ip for card in cards for ip in (*card.private_ips, *card.ipv6s)]
    return len(addresses) == len(set(addresses))


def test_a_whole_run_has_as_many_changes_as_promised() -> None:
    world = mixed()
    engine(world).run(world.group, by_hand(world, "db-2"))
    assert len(world.cloud.calls) == len(world.cloud.made) == MUTATIONS


@pytest.mark.parametrize("point", range(1, POINTS + 1))
def test_resume_finishes_after_a_death_at_any_point(point: int) -> None:
    world = mixed()
    die_at(world, point)
    began = any(event.name is EventName.RUN_STARTED for event in world.ledger.history("db").events)
    later = engine(world, ledger=world.ledger.beside("owner-2"))
    result = later.resume(world.group)
    assert result.status == "done"
    assert everything_at(world, "db-2" if began else "db-1")
    assert once(world)
    assert world.ledger.history("db").unfinished() == ()
    assert len(world.cloud.made) <= MUTATIONS


@pytest.mark.parametrize("point", range(1, POINTS + 1, 3))
def test_the_next_run_finishes_too_without_a_resume(point: int) -> None:
    world = mixed()
    die_at(world, point)
    world.cloud.terminate(world.node("db-1").instance)
    result = engine(world, ledger=world.ledger.beside("owner-2")).run(world.group, on_failure(world))
    assert result.status == "done" or result.reason.startswith("holder-healthy")
    assert everything_at(world, "db-2")
    assert once(world)


@pytest.mark.parametrize("point", range(2, POINTS + 1, 2))
def test_a_resume_that_dies_itself_is_resumed(point: int) -> None:
    world = mixed()
    die_at(world, POINTS // 2)
    second, third = world.ledger.beside("owner-2"), world.ledger.beside("owner-3")
    world.cloud.switch.revive(at=point)
    try:
        engine(world, ledger=second).resume(world.group)
    except Killed:
        second.die()
        world.cloud.switch.revive()
        engine(world, ledger=third).resume(world.group)
    assert everything_at(world, "db-2")
    assert world.ledger.history("db").unfinished() == ()


@pytest.mark.parametrize("point", [POINTS // 3, POINTS // 2])
def test_a_dead_owner_that_nobody_knows_to_be_dead_is_waited_out_and_then_resumed(point: int) -> None:
    world = mixed()
    world.cloud.switch.revive(at=point)
    with pytest.raises(Killed):
        engine(world).run(world.group, by_hand(world, "db-2"))
    world.cloud.switch.revive()
    later = engine(world, ledger=world.ledger.beside("owner-2"))
    with pytest.raises(FailoverError, match="owner-1"):
        later.resume(world.group)
    world.clock.sleep(world.ledger.lease_seconds)
    assert later.resume(world.group).status == "done"
    assert everything_at(world, "db-2")


@pytest.mark.parametrize("error", [silent, broken])
@pytest.mark.parametrize("position", range(1, MUTATIONS + 1))
def test_one_lost_answer_at_any_call_changes_nothing_about_the_end(position: int, error: type) -> None:
    world = mixed()
    world.cloud.fail(None, error, effect="happens", first=position)
    result = engine(world).run(world.group, by_hand(world, "db-2"))
    assert (result.status, everything_at(world, "db-2"), len(world.cloud.made)) == ("done", True, MUTATIONS)


@pytest.mark.parametrize("position", range(1, MUTATIONS + 1))
def test_a_lost_answer_with_late_reads_loses_no_address(position: int) -> None:
    world = mixed()
    world.ledger.lease_seconds = 600.0
    world.cloud.lag_reads(5.0)
    world.cloud.fail(None, silent, effect="happens", first=position)
    engine(world).run(world.group, by_hand(world, "db-2"))
    world.clock.sleep(60.0)
    engine(world).resume(world.group)
    assert everything_at(world, "db-2")


def test_every_action_throttled_three_times_is_right_within_three_seconds() -> None:
    world = mixed()
    for action in ("AssociateAddress", "AssignPrivateIpAddresses", "ReplaceRoute", "ChangeResourceRecordSets"):
        world.cloud.fail(action, throttled, times=3)
    assert engine(world).run(world.group, by_hand(world, "db-2")).status == "done"
    assert everything_at(world, "db-2")


def test_a_run_that_died_before_its_journal_left_nothing_to_resume() -> None:
    world = pair("eip")
    world.cloud.switch.revive(at=2)
    with pytest.raises(Killed):
        engine(world).run(world.group, by_hand(world, "db-2"))
    world.ledger.die()
    world.cloud.switch.revive()
    result = engine(world, ledger=world.ledger.beside("owner-2")).resume(world.group)
    assert "nothing to resume" in result.reason
    assert everything_at(world, "db-1")


STANDING_POINTS = 26


@pytest.mark.parametrize("point", range(1, STANDING_POINTS + 1))
def test_resume_finishes_a_standing_plan_that_died_at_any_point(point: int) -> None:
    world = mixed()
    one = engine(world)
    trigger = by_hand(world, "db-2")
    view = one.view(world.group, trigger)
    world.cloud.switch.revive(at=point)
    with pytest.raises(Killed):
        one.run(world.group, trigger, standing=view)
    world.ledger.die()
    world.cloud.switch.revive()
    began = any(event.name is EventName.RUN_STARTED for event in world.ledger.history("db").events)
    assert engine(world, ledger=world.ledger.beside("owner-2")).resume(world.group).status == "done"
    assert everything_at(world, "db-2" if began else "db-1")
    assert once(world)
    assert len(world.cloud.made) <= MUTATIONS


def test_a_standing_plan_has_no_more_points_to_die_at() -> None:
    world = mixed()
    one, trigger = engine(world), by_hand(world, "db-2")
    one.run(world.group, trigger, standing=one.view(world.group, trigger))
    assert len(world.cloud.switch.passed) == STANDING_POINTS


def test_an_announcement_that_took_over_from_a_dead_run_does_not_hide_it() -> None:
    world = mixed()
    one, trigger = engine(world), by_hand(world, "db-2")
    view = one.view(world.group, trigger)
    die_at(world, POINTS // 2)
    second = world.ledger.beside("owner-2")
    result = engine(world, ledger=second).run(world.group, trigger, standing=view)
    assert result.status == "done"
    assert everything_at(world, "db-2")
    assert world.ledger.history("db").unfinished() == ()
