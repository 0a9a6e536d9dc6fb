"""The lease while a run works under it."""

import pytest

from support.rig import tenure
from toolkit.domain.errors import JournalBroken, LeaseLost
from toolkit.domain.events import EventName
from toolkit.testing import pair, throttled


def test_a_fresh_lease_is_not_renewed_at_every_check() -> None:
    world = pair("eip")
    mine = tenure(world)
    mine.check()
    world.clock.sleep(7.0)
    mine.check()
    assert world.ledger.writes == ["acquire"]


def test_the_lease_is_renewed_when_half_of_its_term_is_over() -> None:
    world = pair("eip")
    mine = tenure(world)
    world.clock.sleep(7.6)
    mine.check()
    assert world.ledger.writes == ["acquire", "renew"]


def test_renewing_outlives_a_throttled_table() -> None:
    world = pair("eip")
    mine = tenure(world)
    world.clock.sleep(8.0)
    world.ledger.fail(throttled("UpdateItem"), throttled("UpdateItem"))
    mine.check()
    assert world.ledger.writes == ["acquire", "renew"]


def test_a_lease_that_can_not_be_renewed_in_time_is_lost() -> None:
    world = pair("eip")
    mine = tenure(world)
    world.ledger.before_write.append(lambda _name: world.clock.sleep(1.0))
    world.ledger.fail(*(throttled("UpdateItem") for _ in range(100)))
    world.clock.sleep(8.0)
    with pytest.raises((LeaseLost, type(throttled("")))):
        mine.check()
    assert world.clock.monotonic() < 1017.0


def test_a_check_after_a_takeover_says_that_the_lease_is_lost() -> None:
    world = pair("eip")
    mine = tenure(world)
    world.clock.sleep(15.0)
    world.ledger.beside("owner-2").acquire("db")
    with pytest.raises(LeaseLost, match="owner-2"):
        mine.check()


def test_writing_events_renews_the_lease() -> None:
    world = pair("eip")
    mine = tenure(world)
    world.clock.sleep(7.0)
    mine.record([mine.event(EventName.RUN_STARTED)])
    world.clock.sleep(7.0)
    mine.check()
    assert world.ledger.writes == ["acquire", "append"]


def test_a_run_that_overslept_its_term_goes_on_when_nobody_took_over() -> None:
    """The write itself is refused to whoever is not the last owner: the clock need not forbid it."""
    world = pair("eip")
    mine = tenure(world)
    world.clock.sleep(60.0)
    mine.record([mine.event(EventName.STEP_DONE)])
    assert world.watcher.names == [EventName.STEP_DONE]
    mine.check()


def test_a_run_that_overslept_its_term_writes_nothing_when_somebody_took_over() -> None:
    world = pair("eip")
    mine = tenure(world)
    world.clock.sleep(60.0)
    world.ledger.beside("owner-2").acquire("db")
    with pytest.raises(LeaseLost, match="owner-2"):
        mine.record([mine.event(EventName.STEP_DONE)])
    assert world.ledger.history("db").events == ()


@pytest.mark.parametrize(("ahead_seconds", "seen"), [(-86_400.0, True), (59.0, True), (61.0, False)])
def test_what_the_owner_before_did_just_now_is_seen_unless_our_clock_is_too_far_ahead_of_its(
    ahead_seconds: float,
    seen: bool,  # noqa: FBT001 - a case's expectation
) -> None:
    world = pair("eip")
    before = world.ledger.beside("owner-2")
    before.release(before.acquire("db"))
    world.clock.set_wall(world.clock.wall() + ahead_seconds)
    assert tenure(world).previous_within(60.0) is seen


def test_events_that_could_not_be_written_are_told_to_nobody() -> None:
    world = pair("eip")
    mine = tenure(world)
    world.ledger.fail(JournalBroken("the disk is full"))
    with pytest.raises(JournalBroken):
        mine.record([mine.event(EventName.RUN_STARTED)])
    assert world.watcher.events == []


def test_closing_writes_the_last_events_and_frees_the_group() -> None:
    world = pair("eip")
    mine = tenure(world)
    mine.close([mine.event(EventName.RUN_ENDED, {"status": "done"})])
    assert world.ledger.owner("db") is None
    assert [event.name for event in world.ledger.history("db").events] == [EventName.RUN_ENDED]
    assert world.watcher.names == [EventName.RUN_ENDED]
