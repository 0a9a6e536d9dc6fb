from __future__ import annotations

from support.look_groups import A, B
from toolkit.detection import select
from toolkit.domain.group import Node
from toolkit.domain.health import Belief, Verdict

C = Node("db-3", "i-0123456789abcdef2")


def verdicts(**beliefs: Belief) -> dict[str, Verdict]:
    return {name.replace("_", "-"): Verdict(name, belief, "so") for name, belief in beliefs.items()}


def test_the_first_healthy_node_in_order_of_preference_is_chosen() -> None:
    told = verdicts(db_1=Belief.UNHEALTHY, db_2=Belief.HEALTHY, db_3=Belief.HEALTHY)
    assert select((A, B, C), told).node == "db-2"


def test_the_present_holder_is_never_chosen() -> None:
    told = verdicts(db_1=Belief.HEALTHY, db_2=Belief.HEALTHY)
    assert select((A, B), told, holder="db-1").node == "db-2"


def test_an_unknown_node_is_never_chosen() -> None:
    assert select((A, B), verdicts(db_1=Belief.UNHEALTHY, db_2=Belief.UNKNOWN)).node is None


def test_every_node_gets_a_reason_in_order() -> None:
    told = verdicts(db_1=Belief.UNHEALTHY, db_2=Belief.HEALTHY)
    reasons = select((A, B, C), told, holder="db-1").reasons
    assert [(reason.subject, reason.text) for reason in reasons] == [
        ("db-1", "holds the addresses now; unhealthy: so"),
        ("db-2", "chosen, the first healthy one in order of preference; healthy: so"),
        ("db-3", "unknown: not looked at"),
    ]
