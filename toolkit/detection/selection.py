"""Which node should have the addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toolkit.domain.decision import Reason
from toolkit.domain.group import Node
from toolkit.domain.health import Belief, Verdict


@dataclass(frozen=True, slots=True)
class Selection:
    """The candidate, None when no node is proven healthy, and what was thought of each node in order."""

    node: str | None
    reasons: tuple[Reason, ...]


def select(members: Sequence[Node], verdicts: Mapping[str, Verdict], *, holder: str | None = None) -> Selection:
    """The first healthy node in order of preference that is not the present holder."""
    chosen: str | None = None
    reasons: list[Reason] = []
    for node in members:
        verdict = verdicts.get(node.name, Verdict(node.name, Belief.UNKNOWN, "not looked at"))
        said = f"{verdict.belief.value}: {verdict.why}"
        if node.name == holder:
            said = f"holds the addresses now; {said}"
        elif verdict.belief is Belief.HEALTHY and chosen is None:
            chosen = node.name
            said = f"chosen, the first healthy one in order of preference; {said}"
        elif verdict.belief is Belief.HEALTHY:
            said = f"healthy too, but after {chosen} in order of preference"
        reasons.append(Reason(node.name, said))
    return Selection(chosen, tuple(reasons))
