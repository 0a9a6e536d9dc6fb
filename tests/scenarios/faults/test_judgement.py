"""The rules by which cells are judged, on traces made by hand: each admits what it must and nothing more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from faults.broken import keeping
from faults.endings import End
from faults.invariants import Concern, Lease, Moment, Placement, Story, Trace, violations
from faults.simulated import play
from faults.verdicts import FIRST, Cell, judged

NOWHERE: Placement = {"eni:eni-1": frozenset({"i-1"}), "eni:eni-2": frozenset({"i-2"})}
THERE: Placement = {**NOWHERE, "ip:fd00::1": frozenset({"eni-1"})}
ELSEWHERE: Placement = {**NOWHERE, "ip:fd00::1": frozenset({"eni-2"})}
CONCERN = Concern(kinds={"ip:fd00::1": "ipv6"}, nodes={"db-1": "i-1", "db-2": "i-2"})
NODES = frozenset({"i-1", "i-2"})
GAP = "no address on none for longer than its kind's gap"
KEPT = "no lease kept after the end"
LEASE = "no change without the lease or with an old number"
OLD = Lease(owner="old", fence=1, released=False)
NEW = Lease(owner="new", fence=2, released=False)


def trace(*moments: Moment, **more: object) -> Trace:
    return replace(Trace(concern=CONCERN, moments=moments), **more)  # type: ignore[arg-type]


def change(placement: Placement, *, run: str = "old", lease: Lease = OLD, at: float = 0.0, asked: int = 0) -> Moment:
    counts = {run: asked}
    return Moment(what="a change", run=run, placement=placement, lease=lease, changes=True, at=at, asked=counts)


def start(lease: Lease = OLD) -> Moment:
    return Moment(what="a run begins", run="old", placement=THERE, lease=lease, begins=True, healthy=NODES)


def opened() -> list[Moment]:
    """A run has the lease and takes the address from its place."""
    return [replace(start(), lease=None), start(), change(NOWHERE)]


def test_a_gap_is_counted_in_the_changes_that_its_run_asks_for_not_in_seconds_of_a_slow_machine() -> None:
    slow = trace(*opened(), change(ELSEWHERE, at=29.0, asked=2))
    busy = trace(*opened(), change(ELSEWHERE, at=1.0, asked=25))
    assert violations(slow) == {}
    assert GAP in violations(busy)


def test_a_run_that_waits_without_end_is_caught_by_the_seconds() -> None:
    assert GAP in violations(trace(*opened(), change(ELSEWHERE, at=31.0)))


def test_the_time_that_a_process_was_suspended_is_none_of_its_gap() -> None:
    woken = replace(change(ELSEWHERE, at=61.0), still_seconds=60.0)
    assert violations(trace(*opened(), woken)) == {}
    assert GAP in violations(trace(*opened(), replace(woken, still_seconds=20.0)))


@pytest.mark.parametrize("ends", ["dies", "ends"])
def test_a_run_that_is_over_leaves_no_gap_but_what_resume_is_judged_by(ends: str) -> None:
    over = Moment(what="it is over", run="old", placement=NOWHERE, lease=OLD, at=1.0)
    done = replace(over, dies=ends == "dies", ends=ends == "ends", hindered=True)
    assert violations(trace(*opened(), done, change(ELSEWHERE, at=90.0), story=Story(open_run=True))) == {}


def robbed(*late: Moment, stolen: bool = True) -> Trace:
    """Another run takes the lease of a living one and moves the address; then the old one goes on."""
    acted = change(ELSEWHERE, run="new", lease=NEW)
    return trace(replace(start(), lease=None), start(), acted, *late, stolen=stolen)


def test_of_a_robbed_run_one_change_that_was_under_way_is_admitted() -> None:
    late = change(THERE, lease=NEW)
    assert LEASE not in violations(robbed(late))
    assert LEASE in violations(robbed(late, stolen=False))


def test_of_a_robbed_run_a_second_change_of_the_same_address_is_not_admitted() -> None:
    assert LEASE in violations(robbed(change(THERE, lease=NEW), change(ELSEWHERE, lease=NEW)))


def test_of_a_robbed_run_nothing_is_admitted_after_it_has_looked() -> None:
    looked = Moment(what="a look at the lease", run="old", placement=ELSEWHERE, lease=NEW, looked=True)
    assert LEASE in violations(robbed(looked, change(THERE, lease=NEW)))


def test_an_end_that_hides_an_address_with_nobody_is_unexplained() -> None:
    taken = [replace(moment, run=FIRST) for moment in opened()]
    over = Moment(what="it is over", run=FIRST, placement=NOWHERE, lease=OLD, ends=True)
    back = Moment(what="the resume", run="run-2", placement=ELSEWHERE, lease=NEW)
    cell, resumed = Cell("ipv6", "a trouble", 1), End("done")
    hidden = judged(cell, trace(*taken, over, back), End("failed"), resumed)
    assert hidden.unexplained == "failed, with ip:fd00::1 at nobody"
    assert judged(cell, trace(*taken, over, back), End("incomplete"), resumed).unexplained == ""


def test_a_run_that_ends_and_keeps_its_lease_is_caught_unless_it_was_kept_from_giving_it_back() -> None:
    over = Moment(what="it is over", run="old", placement=THERE, lease=OLD, ends=True)
    assert KEPT in violations(trace(start(), over))
    assert KEPT not in violations(trace(start(), replace(over, hindered=True)))
    assert KEPT not in violations(trace(start(), replace(over, lease=replace(OLD, released=True))))
    assert KEPT not in violations(trace(start(), replace(over, lease=NEW)))


@pytest.mark.parametrize("trouble", ["clock jumps an hour ahead", "holder of the lease paused for a minute"])
@pytest.mark.parametrize("position", [5, 9])
def test_a_cell_sees_an_engine_that_keeps_its_lease(trouble: str, position: int) -> None:
    """Its resume finds the lease held, too."""
    verdict = play(Cell("eip", trouble, position), broken=keeping)
    assert KEPT in verdict.violations
    assert not verdict.sound
