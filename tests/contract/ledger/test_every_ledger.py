"""What a ledger promises, whichever it is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from contract.ledger.places import LEASE_SECONDS, Folder, Place, Table, answer, ask, racer, tell
from toolkit.domain.errors import LeaseHeld, LeaseLost
from toolkit.domain.events import Event, EventName

STARTED = Event(EventName.RUN_STARTED, "run-1", 1.5, {"target": "db-2", "plan": {"stages": []}})
DONE = Event(EventName.STEP_DONE, "run-1", 2.5, {"step": "eip:1"})
ENDED = Event(EventName.RUN_ENDED, "run-1", 3.5, {"status": "done"})


def test_a_lease_that_nobody_holds_is_granted_to_who_asks(place: Place) -> None:
    grant = place.ledger("a").acquire("db")
    assert (grant.group, grant.owner) == ("db", "a")
    assert place.clock.monotonic() < grant.until <= place.clock.monotonic() + LEASE_SECONDS


def test_nobody_owns_a_lease_before_the_first_run(place: Place) -> None:
    assert place.ledger("a").owner("db") is None
    assert place.ledger("a").history("db").events == ()


def test_the_owner_is_named_while_the_lease_is_held_and_not_after(place: Place) -> None:
    ledger, other = place.ledger("a"), place.ledger("b")
    grant = ledger.acquire("db")
    assert other.owner("db") == "a"
    ledger.release(grant)
    assert other.owner("db") is None


def test_a_held_lease_is_refused_with_the_name_of_its_owner(place: Place) -> None:
    place.ledger("a").acquire("db")
    with pytest.raises(LeaseHeld) as refused:
        place.ledger("b").acquire("db")
    assert refused.value.owner == "a"


def test_leases_of_two_groups_have_nothing_to_do_with_each_other(place: Place) -> None:
    place.ledger("a").acquire("db")
    assert place.ledger("b").acquire("web").owner == "b"


def test_a_released_lease_is_granted_again_with_a_higher_fence(place: Place) -> None:
    ledger, other = place.ledger("a"), place.ledger("b")
    first = ledger.acquire("db")
    ledger.release(first)
    second = other.acquire("db")
    other.release(second)
    assert first.fence < second.fence < ledger.acquire("db").fence


def test_opening_events_are_written_with_the_lease(place: Place) -> None:
    ledger = place.ledger("a")
    ledger.acquire("db", opening=[STARTED])
    assert place.ledger("b").history("db").events == (STARTED,)


def test_a_refused_run_leaves_no_opening_events(place: Place) -> None:
    place.ledger("a").acquire("db", opening=[STARTED])
    with pytest.raises(LeaseHeld):
        place.ledger("b").acquire("db", opening=[ENDED])
    assert place.ledger("a").history("db").events == (STARTED,)


def test_events_come_back_whole_and_in_the_order_of_their_writing(place: Place) -> None:
    ledger, other = place.ledger("a"), place.ledger("b")
    grant = ledger.append(ledger.acquire("db", opening=[STARTED]), [DONE])
    ledger.release(ledger.append(grant, [DONE, DONE]), [ENDED])
    other.release(other.acquire("db", opening=[STARTED]), [ENDED])
    wanted = (STARTED, DONE, DONE, DONE, ENDED, STARTED, ENDED)
    assert other.history("db").events == wanted


def test_the_order_holds_past_a_hundred_writes(place: Place) -> None:
    ledger = place.ledger("a")
    grant = ledger.acquire("db")
    events = [Event(EventName.STEP_DONE, "run-1", float(number)) for number in range(101)]
    for event in events:
        grant = ledger.append(grant, [event])
    assert list(ledger.history("db").events) == events


def test_a_plan_of_a_thousand_steps_goes_through_the_journal(place: Place) -> None:
    ledger = place.ledger("a")
    steps = [
        {"id": f"eip:eipalloc-{n:017x}", "summary": f"put 203.0.113.{n % 256} on eni-{n * 7919:017x}" * 8}
        for n in range(1000)
    ]
    opening = Event(EventName.RUN_STARTED, "run-1", 1.0, {"plan": steps})
    ledger.acquire("db", opening=[opening])
    assert ledger.history("db").events == (opening,)


def test_renewing_moves_the_end_of_the_term(place: Place) -> None:
    ledger = place.ledger("a")
    grant = ledger.acquire("db")
    place.clock.advance(5.0)
    assert ledger.renew(grant).until == pytest.approx(grant.until + 5.0)


def test_a_released_grant_can_write_nothing_more(place: Place) -> None:
    ledger = place.ledger("a")
    grant = ledger.acquire("db")
    ledger.release(grant)
    with pytest.raises(LeaseLost):
        ledger.append(grant, [DONE])
    with pytest.raises(LeaseLost):
        ledger.release(grant)
    assert ledger.history("db").events == ()


def test_a_lease_left_by_a_dead_process_of_this_machine_is_taken_over_at_once(place: Place) -> None:
    place.die_holding("db")
    grant = place.ledger("b").acquire("db")
    assert grant.owner == "b"
    assert grant.fence > 1


@pytest.mark.parametrize("place", ["memory", "dynamodb"], indirect=True)
def test_a_silent_owner_loses_the_lease_after_a_full_term_and_not_before(place: Place) -> None:
    silent, waiter = place.ledger("a"), place.ledger("b")
    grant = silent.acquire("db")
    with pytest.raises(LeaseHeld):
        waiter.acquire("db")
    place.clock.advance(LEASE_SECONDS - 1.0)
    with pytest.raises(LeaseHeld):
        waiter.acquire("db")
    place.clock.advance(1.0)
    taken = waiter.acquire("db", opening=[STARTED])
    assert taken.fence == grant.fence + 1
    with pytest.raises(LeaseLost):
        silent.append(grant, [DONE])
    assert waiter.history("db").events == (STARTED,)


def test_an_owner_that_renews_keeps_the_lease_for_ever(place: Place) -> None:
    owner, waiter = place.ledger("a"), place.ledger("b")
    grant = owner.acquire("db")
    for _ in range(4):
        with pytest.raises(LeaseHeld):
            waiter.acquire("db")
        place.clock.advance(LEASE_SECONDS * 0.6)
        grant = owner.renew(grant)
    with pytest.raises(LeaseHeld):
        waiter.acquire("db")


def test_of_eight_threads_that_ask_at_once_one_gets_the_lease(place: Place) -> None:
    ledgers = [place.ledger(f"owner-{number}") for number in range(8)]
    with ThreadPoolExecutor(len(ledgers)) as pool:
        for turn in range(10):
            barrier = Barrier(len(ledgers))

            def compete(number: int, barrier: Barrier = barrier, group: str = f"group-{turn}") -> str | None:
                barrier.wait()
                try:
                    return ledgers[number].acquire(group).owner
                except LeaseHeld:
                    return None

            winners = [owner for owner in pool.map(compete, range(len(ledgers))) if owner]
            assert len(winners) == 1


@pytest.mark.parametrize("place", ["file", "dynamodb"], indirect=True)
def test_of_four_processes_that_ask_at_once_one_gets_the_lease(place: Folder | Table) -> None:
    processes = [racer(place.where) for _ in range(4)]
    try:
        for turn in range(10):
            for process in processes:
                tell(process, f"acquire group-{turn}")
            answers = [answer(process) for process in processes]
            assert sorted(said.partition(" ")[0] for said in answers) == ["held", "held", "held", "won"], answers
            winner = processes[answers.index("won")]
            assert all(f"/{winner.pid}/" in said for said in answers if said != "won")
            assert ask(winner, f"release group-{turn}") == "won"
    finally:
        for process in processes:
            process.kill()
            process.communicate()
