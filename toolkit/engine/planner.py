"""From each kind's steps to ordered stages: steps of a stage are independent of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.domain.plan import Plan
from toolkit.engine.gather import by_kind, holders
from toolkit.moves.registry import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.domain.group import Group, Node
    from toolkit.domain.snapshot import Snapshot
    from toolkit.domain.steps import Comes, Step


def plan_move(group: Group, target: Node, snapshot: Snapshot) -> Plan:
    """The fewest calls that bring every address of the group to the target, from wherever each is."""
    steps: list[Step] = []
    comes: list[Comes] = []
    for kind, addresses in by_kind(group).items():
        moves = KINDS[kind].moves(addresses, target, group, snapshot)
        steps.extend(moves.steps)
        comes.extend(moves.comes)
    origin = {key: str(holder) for key, holder in holders(group, snapshot).items()}
    return Plan(group.name, target.name, origin, staged(steps), tuple(comes))


def staged(steps: Sequence[Step]) -> tuple[tuple[Step, ...], ...]:
    """Each step in the earliest stage after the steps it follows: same subject, earlier in the list, or needed."""
    level: dict[str, int] = {}
    for _ in steps:
        changed = False
        for position, step in enumerate(steps):
            earlier = [s for s in steps[:position] if set(s.subjects) & set(step.subjects)]
            needed = [s for s in steps if s is not step and set(s.subjects) & set(step.needs)]
            wanted = max((level.get(s.id, 0) + 1 for s in (*earlier, *needed)), default=0)
            if level.get(step.id, 0) != wanted:
                level[step.id] = wanted
                changed = True
        if not changed:
            break
    count = max((level.get(step.id, 0) for step in steps), default=-1) + 1
    return tuple(tuple(s for s in steps if level.get(s.id, 0) == stage) for stage in range(count))
