"""The ledger in memory keeps the lease's rules: one owner, a growing fence, no write after a takeover."""

import pytest

from toolkit.domain.errors import JournalBroken, LeaseHeld, LeaseLost
from toolkit.domain.events import Event, EventName
from toolkit.testing import FakeClock, Killed, KillSwitch, MemoryLedger

EVENT = Event(EventName.RUN_STARTED, "run-1", 1.0, {"why": "test"})


def test_a_second_owner_is_told_who_holds_the_lease() -> None:
    ledger = MemoryLedger(FakeClock())
    ledger.acquire("db")
    with pytest.raises(LeaseHeld, match="owner-1"):
        ledger.beside("owner-2").acquire("db")


def test_a_lease_that_ran_out_is_taken_over_with_a_higher_fence() -> None:
    ledger = MemoryLedger(FakeClock(), lease_seconds=15.0)
    first = ledger.acquire("db")
    ledger.clock.sleep(15.0)
    assert ledger.beside("owner-2").acquire("db").fence == first.fence + 1


def test_the_old_owner_writes_nothing_after_a_takeover() -> None:
    ledger = MemoryLedger(FakeClock())
    grant = ledger.acquire("db")
    ledger.die()
    ledger.beside("owner-2").acquire("db")
    for write in (lambda: ledger.append(grant, [EVENT]), lambda: ledger.renew(grant), lambda: ledger.release(grant)):
        with pytest.raises(LeaseLost):
            write()
    assert ledger.history("db").events == ()


def test_each_write_renews_the_lease_and_outdates_the_grant_before() -> None:
    ledger = MemoryLedger(FakeClock())
    old = ledger.acquire("db")
    ledger.clock.sleep(10.0)
    new = ledger.append(old, [EVENT])
    assert new.until == old.until + 10.0
    with pytest.raises(LeaseLost):
        ledger.renew(old)


def test_a_released_lease_is_free_at_once_and_its_events_stay() -> None:
    ledger = MemoryLedger(FakeClock())
    ledger.release(ledger.acquire("db", opening=[EVENT]))
    assert ledger.owner("db") is None
    assert ledger.history("db").events == (EVENT,)
    assert ledger.beside("owner-2").acquire("db").fence == 2


def test_a_scripted_failure_writes_nothing() -> None:
    ledger = MemoryLedger(FakeClock())
    grant = ledger.acquire("db")
    ledger.fail(JournalBroken("the disk is full"))
    with pytest.raises(JournalBroken):
        ledger.append(grant, [EVENT])
    assert ledger.append(grant, [EVENT]).fence == 1


def test_a_dead_process_writes_nothing_more() -> None:
    switch = KillSwitch(at=2)
    ledger = MemoryLedger(FakeClock(), switch=switch)
    with pytest.raises(Killed):
        ledger.acquire("db", opening=[EVENT])
    with pytest.raises(Killed):
        ledger.beside("owner-2").acquire("db")
    assert ledger.history("db").events == (EVENT,)


def test_time_passes_only_for_those_who_sleep_and_what_is_due_happens_on_the_way() -> None:
    clock = FakeClock(monotonic_seconds=0.0, wall_seconds=100.0)
    seen: list[float] = []
    clock.call_after(2.0, lambda: seen.append(clock.monotonic()))
    clock.sleep(5.0)
    assert (seen, clock.monotonic(), clock.wall()) == ([2.0], 5.0, 105.0)
