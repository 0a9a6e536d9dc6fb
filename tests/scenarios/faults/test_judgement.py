"""The rules by which cells are judged, on traces made by hand: each admits what it must and nothing more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from faults.broken import credulous, keeping
from faults.endings import End
from faults.invariants import Concern, Lease, Moment, Placement, Story, Trace, violations
from faults.simulated import play, points_of
from faults.verdicts import FIRST, Cell, Played, judged
from toolkit.engine.outcome import Result

NOWHERE: Placement = {"eni:eni-1": frozenset({"i-1"}), "eni:eni-2": frozenset({"i-2"})}
THERE: Placement = {**NOWHERE, "ip:fd00::1": frozenset({"eni-1"})}
ELSEWHERE: Placement = {**NOWHERE, "ip:fd00::1": frozenset({"eni-2"})}
CONCERN = Concern(kinds={"ip:fd00::1": "ipv6"}, nodes={"db-1": "i-1", "db-2": "i-2"})
NODES = frozenset({"i-1", "i-2"})
GAP = "no address on none for longer than its kind's gap"
UNPROVEN = "no move to an unproven node"
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


def test_of_a_robbed_run_what_it_had_asked_for_before_it_looked_may_come_and_nothing_after_that() -> None:
    looked = Moment(what="a look at the lease", run="old", placement=ELSEWHERE, lease=NEW, looked=True)
    assert LEASE not in violations(robbed(looked, replace(change(THERE, lease=NEW), asked_at=3)))
    assert LEASE in violations(robbed(looked, replace(change(THERE, lease=NEW), asked_at=4)))


@pytest.mark.parametrize("what", ["a fence", "a repeat", "the start of a detach"])
def test_a_call_under_an_old_number_is_caught_though_it_moved_nothing(what: str) -> None:
    """The second of them, where the lease was stolen; the first one otherwise."""
    late = replace(change(ELSEWHERE, lease=NEW), what=what, call=what)
    assert LEASE in violations(robbed(late, stolen=False))
    assert LEASE not in violations(robbed(late))
    assert LEASE in violations(robbed(late, late))


def test_a_refused_call_under_an_old_number_is_caught_unless_the_lease_was_stolen_and_the_run_not_told() -> None:
    late = replace(change(ELSEWHERE, lease=NEW), refused=True)
    looked = Moment(what="a look at the lease", run="old", placement=ELSEWHERE, lease=NEW, looked=True)
    assert LEASE in violations(robbed(late, stolen=False))
    assert LEASE not in violations(robbed(late, late))
    assert LEASE in violations(robbed(looked, replace(late, asked_at=4)))


def test_a_call_without_the_lease_is_caught_though_it_was_refused() -> None:
    assert LEASE in violations(trace(replace(start(), lease=None), replace(change(THERE), run="nobody")))


ETH: Placement = {"eni:eni-9": frozenset({"i-1"})}
OFF: Placement = {}
ENI = Concern(kinds={"eni:eni-9": "eni"}, nodes={"db-1": "i-1", "db-2": "i-2"})


def detaching(*later: Moment) -> Trace:
    """A run asks for a detach that takes its time."""
    begins = Moment(what="a run begins", run="old", placement=ETH, lease=OLD, begins=True, healthy=NODES)
    asks = replace(change(ETH), what="DetachNetworkInterface", touches=frozenset(ETH))
    return Trace(concern=ENI, moments=(replace(begins, lease=None), begins, asks, *later))


def test_a_gap_that_opens_by_itself_after_a_detach_is_its_runs() -> None:
    word = Moment(what="somebody else begins", run="new", placement=OFF, lease=OLD)
    back = replace(change({"eni:eni-9": frozenset({"i-2"})}, asked=99), what="AttachNetworkInterface")
    assert GAP in violations(detaching(word, back))
    assert GAP not in violations(detaching(word, replace(back, asked={"old": 2})))


def test_what_another_hand_took_is_no_gap_of_the_run() -> None:
    hand = Moment(what="a person", placement=OFF, lease=OLD, hand=True)
    assert GAP not in violations(detaching(hand, change(OFF, asked=99)))


def test_an_address_that_arrives_late_at_an_unproven_node_is_its_runs_doing() -> None:
    arrived = Moment(what="time", placement={"eni:eni-9": frozenset({"i-3"})}, lease=OLD)
    assert UNPROVEN in violations(detaching(arrived))


def verdict(found: Trace, first: End, *, open_run: bool = False) -> str:
    resumed = Played("run-2", End("done"), open_run=False)
    return judged(Cell("ipv6", "a trouble", 1), found, Played(FIRST, first, open_run), resumed).unexplained


def ended(word: str, *, target: str = "", said: str = "") -> End:
    """An end that says what there is to say."""
    return End(word, Result(word, "why", "db", "1", target=target or None), said=said)


def first_run(*moments: Moment) -> list[Moment]:
    return [replace(moment, run=FIRST) for moment in moments]


RESUME = "`failover resume`"
BACK = Moment(what="the resume", run="run-2", placement=ELSEWHERE, lease=NEW)


def over(placement: Placement, *, read_at: int = 0) -> Moment:
    return Moment(what="it is over", run=FIRST, placement=placement, lease=OLD, ends=True, read_at=read_at)


def test_an_end_that_hides_an_address_with_nobody_is_unexplained() -> None:
    hiding = trace(*first_run(*opened()), over(NOWHERE), BACK)
    for word in ("failed", "stopped: Refused", "stopped: JournalBroken", "unverified"):
        assert "with ip:fd00::1 at nobody" in verdict(hiding, End(word))
    for word in ("incomplete", "stopped: LeaseLost", "stopped: Incomplete"):
        assert verdict(hiding, End(word, said=RESUME), open_run=True) == ""


@pytest.mark.parametrize("word", ["hold", "failed"])
def test_a_run_that_says_it_changed_nothing_and_moved_an_address_is_caught(word: str) -> None:
    moved = trace(*first_run(replace(start(), lease=None), start(), change(ELSEWHERE)), over(ELSEWHERE), BACK)
    assert "had moved something" in verdict(moved, ended(word))


def told_done(*between: Moment, at: Placement, read_at: int) -> str:
    """A run moves the address, something happens, and the run says ``done``."""
    moved = first_run(replace(start(), lease=None), start(), change(ELSEWHERE))
    return verdict(trace(*moved, *between, over(at, read_at=read_at), BACK), ended("done", target="db-2"))


def test_a_done_that_is_so_is_believed() -> None:
    assert told_done(at=ELSEWHERE, read_at=3) == ""


def test_a_done_that_nobody_looked_for_is_caught() -> None:
    assert "nobody had looked since" in told_done(at=ELSEWHERE, read_at=2)


def test_a_done_while_an_address_is_elsewhere_is_caught_unless_it_was_moved_after_the_last_read() -> None:
    hand = Moment(what="a person", placement=THERE, lease=OLD, hand=True)
    assert "at i-1 and not at db-2" in told_done(hand, at=THERE, read_at=4)
    assert told_done(hand, at=THERE, read_at=3) == ""


@pytest.mark.parametrize("word", ["hold", "crashed", "stopped: LeaseHeld"])
def test_a_resume_that_did_not_reach_done_is_not_hidden_by_the_run_after_it(word: str) -> None:
    sound = trace(*first_run(replace(start(), lease=None), start()), over(ELSEWHERE), BACK)
    runs = [Played(FIRST, ended("hold"), open_run=False), Played("run-2", End(word), open_run=False)]
    third = Played("run-3", ended("done", target="db-2"), open_run=False)
    assert word in judged(Cell("ipv6", "a trouble", 1), sound, *runs, third).unexplained


@pytest.mark.parametrize("trouble", ["clock jumps an hour ahead", "answer lost"])
def test_a_cell_sees_an_engine_that_never_reads_again_what_it_has_done(trouble: str) -> None:
    points = points_of("eip", trouble)
    found = play(Cell("eip", trouble, points[len(points) // 3]), broken=credulous)
    assert "done, and nobody had looked since AssociateAddress" in found.unexplained


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
