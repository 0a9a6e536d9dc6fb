"""Deadlines and repeats on a clock that costs nothing."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from toolkit.domain.errors import Conflict, NotYet, Terminal, Transient, Unreachable
from toolkit.pacing import (
    THROTTLE_FIRST_SECONDS,
    THROTTLE_LONGEST_SECONDS,
    Deadline,
    Pace,
    Polls,
    persist,
    until,
    wait_seconds,
)
from toolkit.testing import FakeClock, broken, throttled, unreachable


def failing(times: int, error: Callable[[str], Exception]) -> Callable[[], str]:
    left = [times]

    def work() -> str:
        if left[0] > 0:
            left[0] -= 1
            raise error("Work")
        return "done"

    return work


def test_a_deadline_has_passed_exactly_when_its_time_is_over() -> None:
    clock = FakeClock()
    deadline = Deadline.after(clock, 5.0)
    clock.sleep(4.9)
    before = deadline.passed
    clock.sleep(0.2)
    assert (before, deadline.passed, deadline.left_seconds) == (False, True, 0.0)


def test_work_is_repeated_until_it_succeeds() -> None:
    clock = FakeClock()
    assert persist(failing(3, throttled), Deadline.after(clock, 60.0)) == "done"
    assert len(clock.slept) == 3


def test_the_last_error_comes_out_when_the_deadline_has_passed() -> None:
    clock = FakeClock()
    with pytest.raises(Unreachable):
        persist(failing(10_000, unreachable), Deadline.after(clock, 10.0))
    assert clock.monotonic() == pytest.approx(1010.0)


def test_work_is_tried_once_even_when_the_deadline_has_passed() -> None:
    assert persist(failing(0, broken), Deadline.after(FakeClock(), 0.0)) == "done"


@pytest.mark.parametrize("error", [Conflict, Terminal])
def test_what_a_repeat_can_not_mend_comes_out_at_once(error: type[Conflict | Terminal]) -> None:
    clock = FakeClock()
    with pytest.raises(error):
        persist(failing(1, lambda action: error(action, "X", "no")), Deadline.after(clock, 60.0))
    assert clock.slept == []


def test_only_the_errors_named_are_waited_out() -> None:
    with pytest.raises(NotYet):
        persist(
            failing(1, lambda action: NotYet(action, "X", "wait")),
            Deadline.after(FakeClock(), 60.0),
            on=(Transient,),
        )


def test_something_else_may_be_done_before_each_wait() -> None:
    done: list[int] = []
    persist(failing(2, throttled), Deadline.after(FakeClock(), 60.0), between=lambda: done.append(1))
    assert done == [1, 1]


def test_throttled_calls_wait_longer_each_time_up_to_a_limit() -> None:
    error = throttled("Work")
    for attempt, longest in ((1, 0.1), (2, 0.2), (3, 0.4), (5, 1.6), (6, 2.0), (50, 2.0)):
        waits = [wait_seconds(error, attempt) for _ in range(50)]
        assert longest / 2 <= min(waits) <= max(waits) <= longest


def test_a_dead_endpoint_is_asked_again_within_half_a_second_however_long_it_lasts() -> None:
    assert max(wait_seconds(unreachable("Work"), attempt) for attempt in (1, 5, 500)) <= 0.5


@pytest.mark.parametrize("attempt", [1_000, 1_025, 100_000])
def test_a_wait_stays_at_its_limit_however_often_a_call_was_throttled(attempt: int) -> None:
    assert wait_seconds(throttled("Work"), attempt) <= THROTTLE_LONGEST_SECONDS


def test_waits_are_spread_so_that_many_callers_do_not_come_together() -> None:
    assert len({wait_seconds(broken("Work"), 2) for _ in range(20)}) > 1


def test_a_question_is_asked_at_a_steady_step_until_it_has_an_answer() -> None:
    clock = FakeClock()
    clock_at_start = clock.monotonic()

    def question() -> str | None:
        return "yes" if clock.monotonic() - clock_at_start >= 1.0 else None

    assert until(question, Deadline.after(clock, 5.0), every_seconds=0.25) == "yes"
    assert clock.slept == [0.25] * 4


def test_a_question_without_an_answer_ends_at_the_deadline() -> None:
    clock = FakeClock()
    assert until(lambda: None, Deadline.after(clock, 1.0), every_seconds=0.4) is None
    assert clock.monotonic() == pytest.approx(1001.0)


def test_a_question_is_asked_once_more_at_the_deadline_itself() -> None:
    clock = FakeClock()
    asked: list[float] = []
    until(lambda: asked.append(clock.monotonic()), Deadline.after(clock, 1.0), every_seconds=0.4)
    assert asked[-1] == pytest.approx(1001.0)


def refused(pace: Pace, *, times: int = 1, now: float = 0.0) -> Pace:
    for _ in range(times):
        pace.refused("Work", asked_at=now, now=now)
    return pace


def turns(pace: Pace, action: str = "Work", *, now: float = 10.0, times: int = 5) -> list[float]:
    return [pace.turn(action, now=now) for _ in range(times)]


def test_until_the_first_refusal_nobody_waits_for_a_turn() -> None:
    assert turns(Pace()) == [0.0] * 5


def test_after_a_refusal_one_call_goes_out_and_the_others_wait() -> None:
    first, *others = turns(refused(Pace()))
    assert first == 0.0
    assert min(others) > 0.0


def test_each_refusal_sets_calls_further_apart_up_to_a_limit() -> None:
    waits = [turns(refused(Pace(), times=times))[-1] for times in (1, 4, 100)]
    assert waits[0] < waits[1] < waits[2] <= THROTTLE_LONGEST_SECONDS * 1.25


def test_refusals_of_calls_that_were_on_their_way_together_count_once() -> None:
    pace = refused(Pace(), now=1.0)
    for _ in range(31):
        pace.refused("Work", asked_at=0.5, now=1.0)
    assert turns(pace)[-1] <= turns(refused(Pace()))[-1] * 2


def test_calls_that_are_taken_come_closer_until_nobody_waits() -> None:
    pace = refused(Pace(), times=3)
    for _ in range(60):
        pace.admitted("Work")
    assert turns(pace) == [0.0] * 5


def test_an_hour_after_a_throttle_nobody_waits() -> None:
    assert turns(refused(Pace(), times=20), now=3_600.0) == [0.0] * 5


def test_a_throttle_is_forgotten_by_and_by() -> None:
    soon, later, much_later = (turns(refused(Pace(), times=20), now=now)[-1] for now in (3.0, 63.0, 183.0))
    assert THROTTLE_LONGEST_SECONDS * 1.25 > soon > 1.0 > later > 0.1 > much_later > 0.0


def test_a_refusal_after_a_quiet_time_begins_as_the_first_did() -> None:
    pace = refused(Pace(), times=20)
    refused(pace, now=3_600.0)
    assert turns(pace, now=3_601.0)[-1] <= THROTTLE_FIRST_SECONDS * 1.25


def test_the_pace_of_one_action_is_not_that_of_another() -> None:
    assert turns(refused(Pace(), times=9), "Other") == [0.0] * 5


def test_a_call_that_is_taken_before_any_refusal_changes_nothing() -> None:
    pace = Pace()
    pace.admitted("Work")
    assert turns(pace) == [0.0] * 5


def looks(askers: int, *, seconds: float = 10.0) -> list[list[float]]:
    """When each of so many would look who all begin at nought and wait as they are told."""
    polls = Polls(0.1, most_per_second=20.0)
    found: list[list[float]] = [[0.0] for _ in range(askers)]
    while min(each[-1] for each in found) < seconds:
        soonest = min(found, key=lambda each: each[-1])
        soonest.append(soonest[-1] + polls.wait_seconds(now=soonest[-1]))
    return found


@pytest.mark.parametrize(("askers", "apart"), [(1, 0.1), (2, 0.1), (8, 0.4), (32, 1.6)])
def test_whoever_waits_beside_others_looks_the_less_often_the_more_they_are(askers: int, apart: float) -> None:
    for each in looks(askers):
        assert [later - earlier for earlier, later in pairwise(each[1:])] == pytest.approx([apart] * (len(each) - 2))


def test_all_who_wait_together_look_no_more_than_twenty_times_a_second() -> None:
    times = sorted(at for each in looks(32) for at in each[1:])
    assert max(sum(begin <= at < begin + 0.999 for at in times) for begin in times) <= 20
