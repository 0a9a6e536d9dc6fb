"""The rules of a decision, one by one: when each holds, and when it lets pass."""

from dataclasses import replace

import pytest

from toolkit.domain.decision import OPINIONS, Cause, Decision, Hold, Move, Situation, Trigger, decide
from toolkit.domain.errors import UsageError
from toolkit.domain.group import Group, Node, Policy
from toolkit.domain.health import Belief, Verdict
from toolkit.domain.holder import Foreign, Free, HeldBy, Split, Unknown
from toolkit.domain.steps import Objection
from toolkit.moves.eip import Eip

GROUP = Group(
    "db",
    (Node("a", "i-0000000a"), Node("b", "i-0000000b"), Node("c", "i-0000000c")),
    (Eip("eipalloc-00000001"),),
    policy=Policy(cooldown_seconds=300.0, max_moves=3, max_moves_window_seconds=3600.0, max_snapshot_age_seconds=30.0),
)
NOW = 10_000.0


def verdicts(**beliefs: Belief) -> dict[str, Verdict]:
    return {name: Verdict(name, belief, f"looked {belief}") for name, belief in beliefs.items()}


# a has failed and holds everything; b and c are well.
FAILED = Situation(
    holders={"eip:1": HeldBy("a"), "eip:2": HeldBy("a")},
    verdicts=verdicts(a=Belief.UNHEALTHY, b=Belief.HEALTHY, c=Belief.HEALTHY),
    objections={},
    now=NOW,
)
# The same, but nobody knows whether a works.
UNSEEN = replace(FAILED, verdicts=verdicts(a=Belief.UNKNOWN, b=Belief.HEALTHY, c=Belief.HEALTHY))
WELL = replace(FAILED, verdicts=verdicts(a=Belief.HEALTHY, b=Belief.HEALTHY, c=Belief.HEALTHY))


def trigger(cause: Cause = Cause.FAILURE, target: str | None = None, *overrides: str) -> Trigger:
    return Trigger(cause, "a test", NOW, target, frozenset(overrides))


def rule(decision: Decision) -> str:
    assert isinstance(decision, Hold)
    return decision.rule


def target(decision: Decision) -> str:
    assert isinstance(decision, Move), decision
    return decision.target


def test_after_a_failure_the_first_healthy_node_in_order_of_preference_is_chosen() -> None:
    assert target(decide(GROUP, trigger(), FAILED)) == "b"


@pytest.mark.parametrize("cause", [Cause.FAILURE, Cause.RECLAIM, Cause.RECONCILE])
@pytest.mark.parametrize("seen", [UNSEEN, replace(UNSEEN, verdicts=verdicts(b=Belief.HEALTHY))])
def test_nothing_is_taken_from_a_holder_of_which_nobody_knows_whether_it_works(seen: Situation, cause: Cause) -> None:
    assert rule(decide(GROUP, trigger(cause), seen)) == "holder-not-proven-dead"


def test_nothing_is_taken_from_an_unseen_holder_to_bring_addresses_together() -> None:
    apart = replace(UNSEEN, holders={"eip:1": HeldBy("a"), "eip:2": HeldBy("b")})
    assert rule(decide(GROUP, trigger(), apart)) == "holder-not-proven-dead"


@pytest.mark.parametrize("fact", ["target-missing", "target-not-running"])
def test_a_holder_that_aws_calls_gone_needs_no_look(fact: str) -> None:
    situation = replace(UNSEEN, objections={"a": (Objection(fact, "a", "it is stopped"),)})
    assert target(decide(GROUP, trigger(), situation)) == "b"


def test_a_holder_that_can_merely_not_take_the_addresses_is_not_gone() -> None:
    situation = replace(UNSEEN, objections={"a": (Objection("target-zone", "eip:1", "other zone"),)})
    assert rule(decide(GROUP, trigger(), situation)) == "holder-not-proven-dead"


def test_a_holder_that_is_about_to_be_taken_away_needs_no_proof_of_death() -> None:
    assert target(decide(GROUP, replace(trigger(), leaving=frozenset({"i-0000000a"})), UNSEEN)) == "b"


def test_who_names_the_target_takes_it_from_an_unseen_holder_too() -> None:
    assert target(decide(GROUP, trigger(Cause.MANUAL, "c"), UNSEEN)) == "c"


def test_a_node_that_is_not_proven_healthy_is_passed_over() -> None:
    situation = replace(FAILED, verdicts=verdicts(a=Belief.UNHEALTHY, b=Belief.UNKNOWN, c=Belief.HEALTHY))
    assert target(decide(GROUP, trigger(), situation)) == "c"


def test_a_node_that_can_not_take_everything_is_passed_over() -> None:
    situation = replace(FAILED, objections={"b": (Objection("target-zone", "eip:1", "other zone"),)})
    assert target(decide(GROUP, trigger(), situation)) == "c"


@pytest.mark.parametrize(("age", "held"), [(30.0, False), (30.1, True)])
def test_snapshot_old_holds_past_its_limit(age: float, held: bool) -> None:  # noqa: FBT001 - a case's expectation
    decision = decide(GROUP, trigger(), replace(FAILED, snapshot_age_seconds=age))
    assert isinstance(decision, Hold) is held
    assert not held or rule(decision) == "snapshot-old"


def test_holder_unknown_holds_for_any_address() -> None:
    situation = replace(FAILED, holders={"eip:1": HeldBy("a"), "eip:2": Unknown("gone")})
    assert rule(decide(GROUP, trigger(), situation)) == "holder-unknown"


def test_address_foreign_holds_for_any_address() -> None:
    situation = replace(FAILED, holders={"eip:1": HeldBy("a"), "eip:2": Foreign("i-9")})
    assert rule(decide(GROUP, trigger(), situation)) == "address-foreign"


def test_a_free_address_is_taken() -> None:
    situation = replace(FAILED, holders={"eip:1": HeldBy("a"), "eip:2": Free()})
    assert target(decide(GROUP, trigger(), situation)) == "b"


def test_observer_cut_off_holds() -> None:
    situation = replace(FAILED, observer_cut_off="no anchor answers")
    assert rule(decide(GROUP, trigger(), situation)) == "observer-cut-off"


@pytest.mark.parametrize(("ago", "held"), [(299.0, True), (300.0, False)])
def test_cooldown_holds_until_it_is_over(ago: float, held: bool) -> None:  # noqa: FBT001 - a case's expectation
    decision = decide(GROUP, trigger(), replace(FAILED, move_times=(NOW - ago,)))
    assert isinstance(decision, Hold) is held
    assert not held or rule(decision) == "cooldown"


def test_the_cooldown_counts_from_the_last_move() -> None:
    situation = replace(FAILED, move_times=(NOW - 3000.0, NOW - 10.0))
    assert rule(decide(GROUP, trigger(), situation)) == "cooldown"


@pytest.mark.parametrize(("oldest_ago", "held"), [(3599.0, True), (3600.0, False)])
def test_max_moves_holds_inside_its_window(
    oldest_ago: float,
    held: bool,  # noqa: FBT001 - a case's expectation
) -> None:
    situation = replace(FAILED, move_times=(NOW - oldest_ago, NOW - 2000.0, NOW - 1000.0))
    decision = decide(GROUP, trigger(), situation)
    assert isinstance(decision, Hold) is held
    assert not held or rule(decision) == "max-moves"


@pytest.mark.parametrize("ahead", [1.0, 299.0, 300.0])
def test_a_move_a_little_ahead_of_the_clock_was_just_now(ahead: float) -> None:
    decision = decide(GROUP, trigger(), replace(FAILED, move_times=(NOW - 3000.0, NOW + ahead)))
    assert isinstance(decision, Hold)
    assert decision.why == "the last move was 0 s ago; 300 s of the cooldown are left"


@pytest.mark.parametrize("ahead", [301.0, 86_400.0])
def test_a_move_further_ahead_of_the_clock_than_the_cooldown_is_long_holds_nothing(ahead: float) -> None:
    assert target(decide(GROUP, trigger(), replace(FAILED, move_times=(NOW + ahead,)))) == "b"


def test_a_move_far_ahead_of_the_clock_does_not_hide_one_inside_the_cooldown() -> None:
    situation = replace(FAILED, move_times=(NOW - 10.0, NOW + 86_400.0))
    assert rule(decide(GROUP, trigger(), situation)) == "cooldown"


@pytest.mark.parametrize(("ahead", "held"), [(3600.0, True), (3601.0, False)])
def test_moves_ahead_of_the_clock_count_in_the_window_only_as_far_as_it_is_long(
    ahead: float,
    held: bool,  # noqa: FBT001 - a case's expectation
) -> None:
    situation = replace(FAILED, move_times=(NOW - 2000.0, NOW - 1000.0, NOW + ahead))
    decision = decide(GROUP, trigger(), situation)
    assert isinstance(decision, Hold) is held
    assert not held or rule(decision) == "max-moves"


@pytest.mark.parametrize("cause", [Cause.MANUAL, Cause.RECLAIM])
def test_a_person_and_a_reclaiming_node_are_not_paced(cause: Cause) -> None:
    situation = replace(FAILED, move_times=(NOW - 1.0, NOW - 2.0, NOW - 3.0, NOW - 4.0))
    assert target(decide(GROUP, trigger(cause, "b"), situation)) == "b"


@pytest.mark.parametrize("cause", [Cause.FAILURE, Cause.FAILBACK, Cause.RECONCILE])
def test_whatever_moves_by_itself_is_paced(cause: Cause) -> None:
    situation = replace(FAILED, move_times=(NOW - 1.0,))
    assert rule(decide(GROUP, trigger(cause), situation)) == "cooldown"


def test_holder_healthy_holds_when_nothing_failed() -> None:
    assert rule(decide(GROUP, trigger(), WELL)) == "holder-healthy"


def test_a_repeated_trigger_after_the_move_does_nothing() -> None:
    moved = replace(
        FAILED,
        holders={"eip:1": HeldBy("b"), "eip:2": HeldBy("b")},
        verdicts=verdicts(a=Belief.UNHEALTHY, b=Belief.HEALTHY),
    )
    assert rule(decide(GROUP, trigger(), moved)) == "holder-healthy"


def test_a_half_done_move_is_finished_to_the_healthy_node_that_holds_a_part() -> None:
    situation = replace(FAILED, holders={"eip:1": HeldBy("a"), "eip:2": HeldBy("c")})
    assert target(decide(GROUP, trigger(), situation)) == "c"


def test_the_parts_of_a_split_address_count_as_held() -> None:
    situation = replace(FAILED, holders={"eip:1": HeldBy("a"), "eip:2": Split(("a", "c"))})
    assert target(decide(GROUP, trigger(), situation)) == "c"


def test_a_failback_leaves_a_healthy_holder_for_the_preferred_node() -> None:
    situation = replace(WELL, holders={"eip:1": HeldBy("b"), "eip:2": HeldBy("b")})
    assert target(decide(GROUP, trigger(Cause.FAILBACK), situation)) == "a"


def test_no_node_healthy_holds_and_tells_each_nodes_reason() -> None:
    situation = replace(FAILED, verdicts=verdicts(a=Belief.UNHEALTHY, b=Belief.UNKNOWN))
    decision = decide(GROUP, trigger(), situation)
    assert rule(decision) == "no-node-healthy"
    assert isinstance(decision, Hold)
    assert "a: looked unhealthy" in decision.why
    assert "b: looked unknown" in decision.why


def test_a_fact_against_the_only_healthy_node_is_the_rule_that_holds() -> None:
    situation = replace(
        FAILED,
        verdicts=verdicts(a=Belief.UNHEALTHY, b=Belief.HEALTHY),
        objections={"b": (Objection("target-zone", "eip:1", "other zone"),)},
    )
    assert rule(decide(GROUP, trigger(), situation)) == "target-zone"


def test_a_named_target_is_taken_at_its_word_when_it_is_healthy() -> None:
    assert target(decide(GROUP, trigger(Cause.MANUAL, "c"), WELL)) == "c"


@pytest.mark.parametrize("belief", [Belief.UNHEALTHY, Belief.UNKNOWN])
def test_target_not_healthy_holds_a_named_target(belief: Belief) -> None:
    situation = replace(FAILED, verdicts=verdicts(c=belief))
    assert rule(decide(GROUP, trigger(Cause.MANUAL, "c"), situation)) == "target-not-healthy"


def test_target_not_healthy_holds_a_target_that_nobody_looked_at() -> None:
    assert rule(decide(GROUP, trigger(Cause.MANUAL, "c"), replace(FAILED, verdicts={}))) == "target-not-healthy"


def test_a_target_that_holds_everything_needs_no_proof() -> None:
    assert target(decide(GROUP, trigger(Cause.MANUAL, "a"), FAILED)) == "a"


def test_a_fact_against_a_named_target_holds() -> None:
    situation = replace(WELL, objections={"b": (Objection("target-subnet", "eip:1", "outside"),)})
    assert rule(decide(GROUP, trigger(Cause.MANUAL, "b"), situation)) == "target-subnet"


# Each opinion with a situation in which it holds, and where the move goes without it.
OVERRIDABLE = [
    ("target-not-healthy", trigger(Cause.MANUAL, "c"), replace(FAILED, verdicts={}), "c"),
    ("observer-cut-off", trigger(), replace(FAILED, observer_cut_off="no anchor answers"), "b"),
    ("cooldown", trigger(), replace(FAILED, move_times=(NOW - 1.0,)), "b"),
    ("max-moves", trigger(), replace(FAILED, move_times=(NOW - 400.0, NOW - 500.0, NOW - 600.0)), "b"),
    ("holder-healthy", trigger(), WELL, "a"),
    ("holder-not-proven-dead", trigger(), UNSEEN, "b"),
]


@pytest.mark.parametrize(("name", "asked", "situation", "goes_to"), OVERRIDABLE)
def test_a_person_can_set_an_opinion_aside_by_its_name(
    name: str, asked: Trigger, situation: Situation, goes_to: str
) -> None:
    assert rule(decide(GROUP, asked, situation)) == name
    assert target(decide(GROUP, replace(asked, overrides=frozenset({name})), situation)) == goes_to


def test_every_opinion_is_shown_to_be_overridable() -> None:
    assert {case[0] for case in OVERRIDABLE} == OPINIONS


def test_an_override_of_one_opinion_leaves_the_others() -> None:
    situation = replace(FAILED, move_times=(NOW - 1.0,), observer_cut_off="no anchor answers")
    assert rule(decide(GROUP, trigger(Cause.FAILURE, None, "observer-cut-off"), situation)) == "cooldown"


@pytest.mark.parametrize(
    "fact", ["snapshot-old", "holder-unknown", "address-foreign", "no-node-healthy", "target-zone", "lease-held"]
)
def test_a_fact_can_not_be_overridden_by_anybody(fact: str) -> None:
    with pytest.raises(UsageError, match=fact):
        decide(GROUP, trigger(Cause.MANUAL, "b", fact), FAILED)


def test_facts_hold_whatever_opinions_are_set_aside() -> None:
    situation = replace(FAILED, holders={"eip:1": Foreign("i-9")})
    assert rule(decide(GROUP, trigger(Cause.MANUAL, "b", *OPINIONS), situation)) == "address-foreign"


def test_a_move_tells_what_was_thought_of_every_node_and_address() -> None:
    situation = replace(FAILED, objections={"b": (Objection("target-zone", "eip:1", "other zone"),)})
    decision = decide(GROUP, trigger(), situation)
    told = {(reason.subject, reason.text) for reason in decision.reasons}
    assert {
        ("eip:1", "held by a"),
        ("a", "unhealthy: looked unhealthy"),
        ("eip:1", "b can't: other zone"),
        ("c", "healthy: looked healthy"),
    } <= told
