from __future__ import annotations

import pytest

from support.look_groups import A, B
from toolkit.detection import OBSERVER, combine, cut_off, judge
from toolkit.domain.group import Health, TcpProbe
from toolkit.domain.health import Belief, Observation, Outcome

H, U, N = Belief.HEALTHY, Belief.UNHEALTHY, Belief.UNKNOWN
TWO = (TcpProbe(1), TcpProbe(2))


def seen(node: str, probe: str, outcome: Outcome) -> Observation:
    return Observation(node, probe, outcome, outcome.value, 0.0, 0.0)


@pytest.mark.parametrize(
    ("beliefs", "all_of", "any_of"),
    [
        ((H, H), H, H),
        ((H, U), U, H),
        ((U, U), U, U),
        ((H, N), N, H),
        ((U, N), U, N),
        ((N, N), N, N),
        ((H,), N, H),
        ((U,), U, N),
        ((), N, N),
    ],
)
def test_beliefs_add_up_by_the_rule_of_the_group(beliefs: tuple[Belief, ...], all_of: Belief, any_of: Belief) -> None:
    """Of two probes; one that is missing counts as Unknown."""
    told = {f"probe {number}": (belief, belief.value) for number, belief in enumerate(beliefs)}
    assert combine("db-1", told, Health(TWO)).belief is all_of
    assert combine("db-1", told, Health(TWO, any_of=True)).belief is any_of


def test_a_group_without_probes_knows_nothing() -> None:
    assert combine("db-1", {}, Health()).belief is N


def test_an_unhealthy_verdict_names_the_probes_that_fail() -> None:
    told = {"tcp 1": (H, "accepted"), "tcp 2": (U, "refused")}
    assert combine("db-1", told, Health(TWO)).why == "tcp 2: refused"


def test_one_round_is_taken_at_its_word() -> None:
    evidence = judge(
        Health((TcpProbe(1),)), (A, B), [seen("db-1", "tcp 1", Outcome.FAILED), seen("db-2", "tcp 1", Outcome.PASSED)]
    )
    assert {name: verdict.belief for name, verdict in evidence.verdicts.items()} == {"db-1": U, "db-2": H}
    assert evidence.observer_cut_off is None


def test_a_node_that_was_not_looked_at_is_unknown() -> None:
    evidence = judge(Health((TcpProbe(1),)), (A, B), [seen("db-1", "tcp 1", Outcome.PASSED)])
    assert evidence.verdicts["db-2"].belief is N


def test_an_observer_that_reaches_no_anchor_knows_nothing_of_any_node() -> None:
    looks = [seen("db-1", "tcp 1", Outcome.FAILED), seen(OBSERVER, "10.0.0.1:53", Outcome.FAILED)]
    evidence = judge(Health((TcpProbe(1),)), (A, B), looks)
    assert {verdict.belief for verdict in evidence.verdicts.values()} == {N}
    assert evidence.observer_cut_off == "this observer reaches none of its anchors (10.0.0.1:53: failed)"


@pytest.mark.parametrize(
    ("outcomes", "is_cut_off"),
    [
        ((), False),
        ((Outcome.PASSED,), False),
        ((Outcome.FAILED, Outcome.PASSED), False),
        ((Outcome.FAILED,), True),
        ((Outcome.NOT_MADE, Outcome.FAILED), True),
    ],
)
def test_one_anchor_that_is_reached_is_enough(outcomes: tuple[Outcome, ...], is_cut_off: object) -> None:
    looks = [seen(OBSERVER, f"anchor {number}", outcome) for number, outcome in enumerate(outcomes)]
    assert (cut_off(looks) is not None) is is_cut_off
