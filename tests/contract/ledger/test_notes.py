"""What is told beside any run: no lease is needed, and none is disturbed."""

from __future__ import annotations

from contract.ledger.places import Place
from toolkit.domain.events import Event, EventName

STARTED = Event(EventName.RUN_STARTED, "run-1", 1.5, {"target": "db-2"})
READY = Event(EventName.GUEST_READY, "guest", 2.0, {"node": "db-2", "addresses": ["10.0.1.50"]})
DONE = Event(EventName.STEP_DONE, "run-1", 2.5, {"step": "eip:1"})
ENDED = Event(EventName.RUN_ENDED, "run-1", 3.5, {"status": "done"})


def _names(place: Place) -> list[str]:
    return sorted(event.name.value for event in place.ledger("reader").history("db").events)


def test_a_note_needs_no_lease(place: Place) -> None:
    place.ledger("agent").note("db", READY)
    assert place.ledger("reader").history("db").events == (READY,)
    assert place.ledger("reader").owner("db") is None


def test_a_note_is_written_while_another_holds_the_lease_and_takes_nothing_from_it(place: Place) -> None:
    runner = place.ledger("runner")
    grant = runner.acquire("db", opening=[STARTED])
    place.ledger("agent").note("db", READY)
    runner.release(runner.append(grant, [DONE]), [ENDED])
    assert _names(place) == ["guest_ready", "run_ended", "run_started", "step_done"]


def test_notes_leave_a_run_as_unfinished_as_it_is(place: Place) -> None:
    runner = place.ledger("runner")
    runner.acquire("db", opening=[STARTED])
    place.ledger("agent").note("db", READY)
    assert [event.run for event in place.ledger("reader").history("db").unfinished()] == ["run-1"]


def test_the_same_note_may_be_written_twice(place: Place) -> None:
    agent = place.ledger("agent")
    agent.note("db", READY)
    agent.note("db", READY)
    assert place.ledger("reader").history("db").events == (READY, READY)


def test_notes_of_one_group_are_not_told_of_another(place: Place) -> None:
    place.ledger("agent").note("web", READY)
    assert place.ledger("reader").history("db").events == ()


def test_the_first_lease_after_a_note_is_granted_as_the_first_ever(place: Place) -> None:
    place.ledger("agent").note("db", READY)
    assert place.ledger("runner").acquire("db").fence == 1
