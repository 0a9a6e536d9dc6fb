"""The journal's own questions: which run is unfinished, and when moves were made."""

import pytest

from toolkit.domain.events import Event, EventName, History

Row = tuple[EventName, str, float] | tuple[EventName, str, float, str]


def events(*rows: Row) -> History:
    return History(
        tuple(Event(name, run, at, {"status": status[0]} if status else {}) for name, run, at, *status in rows)
    )


def test_a_run_that_began_and_did_not_end_is_unfinished() -> None:
    history = events((EventName.RUN_STARTED, "1", 1.0), (EventName.STEP_DONE, "1", 2.0))
    assert [event.name for event in history.unfinished()] == [EventName.RUN_STARTED, EventName.STEP_DONE]


def test_a_run_that_ended_is_finished() -> None:
    assert events((EventName.RUN_STARTED, "1", 1.0), (EventName.RUN_ENDED, "1", 2.0)).unfinished() == ()


def test_an_empty_journal_has_nothing_unfinished() -> None:
    assert History().unfinished() == ()


@pytest.mark.parametrize("status", ["done", "unverified"])
def test_a_later_run_that_left_the_group_whole_settles_an_earlier_one(status: str) -> None:
    history = events(
        (EventName.RUN_STARTED, "1", 1.0), (EventName.RUN_STARTED, "2", 2.0), (EventName.RUN_ENDED, "2", 3.0, status)
    )
    assert history.unfinished() == ()


@pytest.mark.parametrize("status", ["failed", "hold", "superseded"])
def test_a_later_run_that_did_nothing_leaves_an_earlier_one_unfinished(status: str) -> None:
    history = events(
        (EventName.RUN_STARTED, "1", 1.0), (EventName.RUN_STARTED, "2", 2.0), (EventName.RUN_ENDED, "2", 3.0, status)
    )
    assert [event.run for event in history.unfinished()] == ["1"]


def test_of_several_unfinished_runs_the_last_one_counts() -> None:
    history = events((EventName.RUN_STARTED, "1", 1.0), (EventName.RUN_STARTED, "2", 2.0))
    assert [event.run for event in history.unfinished()] == ["2"]


def test_a_hold_after_an_unfinished_run_leaves_it_unfinished() -> None:
    history = events((EventName.RUN_STARTED, "1", 1.0), (EventName.RUN_HELD, "2", 2.0))
    assert [event.run for event in history.unfinished()] == ["1"]


def test_only_runs_that_changed_something_count_as_moves_from_their_beginning() -> None:
    history = events(
        (EventName.RUN_STARTED, "1", 1.0),
        (EventName.STEP_DONE, "1", 2.0),
        (EventName.RUN_STARTED, "2", 5.0),
        (EventName.STEP_FAILED, "2", 6.0),
        (EventName.RUN_HELD, "3", 7.0),
    )
    assert history.move_times() == (1.0,)


def test_the_run_that_a_crash_left_half_way_is_no_move_until_it_ends() -> None:
    half = ((EventName.RUN_STARTED, "1", 1.0), (EventName.STEP_DONE, "1", 2.0))
    assert events(*half).move_times() == ()
    assert events(*half, (EventName.RUN_ENDED, "1", 3.0)).move_times() == (1.0,)


def test_an_event_is_the_same_after_it_was_written_and_read() -> None:
    event = Event(EventName.STEP_DONE, "1", 2.5, {"step": "eip:1"})
    assert Event.from_json(event.as_json()) == event
