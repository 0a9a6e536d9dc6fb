"""Of decisions in random situations: what is unsafe is never done, whatever else is true."""

from hypothesis import given
from hypothesis import strategies as st

from toolkit.domain.decision import OPINIONS, Cause, Hold, Move, Situation, Trigger, decide
from toolkit.domain.group import Group, Node
from toolkit.domain.health import Belief, Verdict
from toolkit.domain.holder import Foreign, Free, HeldBy, Split, Unknown
from toolkit.domain.steps import Objection
from toolkit.moves.eip import Eip

NAMES = ("a", "b", "c")
GROUP = Group("db", tuple(Node(name, f"i-0000000{name}") for name in NAMES), (Eip("eipalloc-00000001"),))
NOW = 100_000.0

holders = st.one_of(
    st.sampled_from(NAMES).map(HeldBy),
    st.just(Free()),
    st.just(Foreign("i-9")),
    st.just(Unknown("no such thing")),
    st.just(Split(("a", "b"))),
)
opinions = st.frozensets(st.sampled_from(sorted(OPINIONS)))
triggers = st.builds(
    Trigger,
    cause=st.sampled_from(Cause),
    why=st.just("chance"),
    at=st.just(NOW),
    target=st.sampled_from([None, *NAMES]),
    overrides=opinions,
)
situations = st.builds(
    Situation,
    holders=st.dictionaries(st.sampled_from(["eip:1", "eip:2", "eip:3"]), holders, min_size=1),
    verdicts=st.fixed_dictionaries(
        {},
        optional={
            name: st.builds(Verdict, st.just(name), st.sampled_from(Belief), st.just("looked")) for name in NAMES
        },
    ),
    objections=st.fixed_dictionaries(
        {}, optional={n: st.just((Objection("target-zone", "eip:1", "other zone"),)) for n in NAMES}
    ),
    now=st.just(NOW),
    snapshot_age_seconds=st.sampled_from([0.0, 31.0]),
    move_times=st.lists(st.floats(NOW - 4000.0, NOW)).map(tuple),
    observer_cut_off=st.sampled_from([None, "no anchor answers"]),
)


def all_at(situation: Situation, node: str) -> bool:
    return set(situation.holders.values()) == {HeldBy(node)}


def holding(holder: object) -> tuple[str, ...]:
    if isinstance(holder, Split):
        return holder.nodes
    return (holder.node,) if isinstance(holder, HeldBy) else ()


@given(triggers, situations)
def test_the_same_question_has_the_same_answer(trigger: Trigger, situation: Situation) -> None:
    assert decide(GROUP, trigger, situation) == decide(GROUP, trigger, situation)


@given(triggers, situations)
def test_what_is_not_ours_or_not_known_is_never_moved(trigger: Trigger, situation: Situation) -> None:
    unsafe = any(isinstance(holder, (Foreign, Unknown)) for holder in situation.holders.values())
    assert not (unsafe and isinstance(decide(GROUP, trigger, situation), Move))


@given(triggers, situations)
def test_no_move_goes_to_a_node_that_can_not_take_it(trigger: Trigger, situation: Situation) -> None:
    decision = decide(GROUP, trigger, situation)
    if isinstance(decision, Move) and not all_at(situation, decision.target):
        assert decision.target not in situation.objections


@given(triggers, situations)
def test_no_move_goes_to_an_unproven_node_unless_a_person_insists(trigger: Trigger, situation: Situation) -> None:
    decision = decide(GROUP, trigger, situation)
    if isinstance(decision, Move) and not all_at(situation, decision.target):
        verdict = situation.verdicts.get(decision.target)
        proven = verdict is not None and verdict.belief is Belief.HEALTHY
        assert proven or "target-not-healthy" in trigger.overrides


@given(triggers, situations)
def test_no_holder_that_may_be_alive_loses_anything_to_a_target_that_nobody_named(
    trigger: Trigger, situation: Situation
) -> None:
    decision = decide(GROUP, trigger, situation)
    if isinstance(decision, Move) and trigger.target is None and "holder-not-proven-dead" not in trigger.overrides:
        losing = {node for holder in situation.holders.values() for node in holding(holder)} - {decision.target}
        assert all(node in situation.verdicts for node in losing)
        assert all(situation.verdicts[node].belief is not Belief.UNKNOWN for node in losing)


@given(triggers, situations)
def test_a_named_target_is_never_exchanged_for_another(trigger: Trigger, situation: Situation) -> None:
    decision = decide(GROUP, trigger, situation)
    if isinstance(decision, Move) and trigger.target is not None:
        assert decision.target == trigger.target


@given(triggers, situations)
def test_an_old_snapshot_moves_nothing(trigger: Trigger, situation: Situation) -> None:
    if situation.snapshot_age_seconds > GROUP.policy.max_snapshot_age_seconds:
        assert isinstance(decide(GROUP, trigger, situation), Hold)


@given(triggers, situations)
def test_a_hold_names_its_rule_and_its_reason(trigger: Trigger, situation: Situation) -> None:
    decision = decide(GROUP, trigger, situation)
    assert isinstance(decision, Move) or (decision.rule and decision.why)


@given(triggers, situations)
def test_a_rule_that_was_set_aside_is_never_the_one_that_holds(trigger: Trigger, situation: Situation) -> None:
    decision = decide(GROUP, trigger, situation)
    assert isinstance(decision, Move) or decision.rule not in trigger.overrides
