"""What a watcher keeps of a journal answers everything that it asks of the whole one."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from toolkit.domain.events import Event, EventName, History
from toolkit.watch.wishes import moved_by_itself

NODES = ("db-1", "db-2")
RUNS = ("1", "2", "3", "4", "5")
BEGUN = st.fixed_dictionaries(
    {
        "target": st.sampled_from(NODES),
        "cause": st.sampled_from(["failure", "manual", "reconcile", "failback"]),
        "resumes": st.one_of(st.none(), st.sampled_from(RUNS)),
    }
)
ENDED = st.fixed_dictionaries({"status": st.sampled_from(["done", "unverified", "failed", "hold", "superseded"])})
WORDS: st.SearchStrategy[tuple[EventName, dict[str, Any]]] = st.one_of(
    st.tuples(st.just(EventName.RUN_STARTED), BEGUN),
    st.tuples(st.just(EventName.STEP_DONE), st.just({})),
    st.tuples(st.just(EventName.RUN_ENDED), ENDED),
    st.tuples(st.just(EventName.RUN_HELD), st.just({})),
)


@st.composite
def journals(draw: st.DrawFn) -> History:
    """Events of five runs in any order that a crash, a repeat or another machine could leave behind."""
    rows = draw(st.lists(st.tuples(st.sampled_from(RUNS), WORDS, st.floats(0, 50)), max_size=30))
    at, events = 0.0, []
    for run, (name, data), later in rows:
        at += later
        events.append(Event(name, run, at, data))
    return History(tuple(events))


@given(journals(), st.floats(0, 1500))
def test_what_is_kept_of_a_journal_has_the_same_open_run_and_the_same_last_mover(whole: History, moment: float) -> None:
    kept = whole.since(moment)
    assert kept.unfinished() == whole.unfinished()
    for node in NODES:
        assert moved_by_itself(kept, node) is moved_by_itself(whole, node)


@given(journals(), st.floats(0, 1500))
def test_what_is_kept_has_every_move_of_the_time_that_counts_and_the_last_of_all(whole: History, moment: float) -> None:
    kept = whole.since(moment)
    recent = [at for at in whole.move_times() if at >= moment]
    assert [at for at in kept.move_times() if at >= moment] == recent
    assert max(kept.move_times(), default=None) == max(whole.move_times(), default=None)


@given(journals(), st.floats(0, 1500))
def test_what_is_kept_stands_in_the_order_of_the_journal(whole: History, moment: float) -> None:
    left = iter(whole.events)
    assert all(any(event is each for each in left) for event in whole.since(moment).events)


def test_a_run_that_is_old_and_settled_is_not_kept() -> None:
    rows = [
        (EventName.RUN_STARTED, {"target": "db-2"}),
        (EventName.STEP_DONE, {}),
        (EventName.RUN_ENDED, {"status": "done"}),
    ]
    whole = History(tuple(Event(name, str(run), 100.0 * run, data) for run in range(1, 9) for name, data in rows))
    assert {event.run for event in whole.since(750.0).events} == {"8"}
