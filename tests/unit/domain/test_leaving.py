"""What a node that will be taken away means for a decision, though it still works."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from toolkit.domain.decision import Cause, Hold, Move, Situation, Trigger, decide
from toolkit.domain.group import Group, Node
from toolkit.domain.health import Belief, Verdict
from toolkit.domain.holder import HeldBy
from toolkit.moves.eip import Eip

GROUP: Final = Group("db", (Node("a", "i-0000000a"), Node("b", "i-0000000b")), (Eip("eipalloc-00000001"),))
WELL: Final = Situation(
    holders={"eip:1": HeldBy("a")},
    verdicts={name: Verdict(name, Belief.HEALTHY, "passed") for name in ("a", "b")},
    objections={},
    now=10_000.0,
)


def _trigger(instance: str) -> Trigger:
    return Trigger(Cause.FAILURE, "a spot warning", WELL.now, leaving=frozenset({instance}))


def test_a_healthy_holder_that_will_be_taken_away_is_left() -> None:
    decision = decide(GROUP, _trigger("i-0000000a"), WELL)
    assert isinstance(decision, Move)
    assert decision.target == "b"


def test_a_node_that_will_be_taken_away_is_no_target() -> None:
    situation = replace(WELL, verdicts={**WELL.verdicts, "b": Verdict("b", Belief.UNHEALTHY, "refused")})
    decision = decide(GROUP, _trigger("i-0000000a"), situation)
    assert isinstance(decision, Hold)
    assert decision.rule == "no-node-healthy"


def test_another_node_that_will_be_taken_away_moves_nothing_off_a_healthy_holder() -> None:
    decision = decide(GROUP, _trigger("i-0000000b"), WELL)
    assert isinstance(decision, Hold)
    assert decision.rule == "holder-healthy"
