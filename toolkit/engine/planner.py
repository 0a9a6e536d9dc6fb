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
    follows = _followed(steps)
    level = [0] * len(steps)
    for _ in steps:
        wanted = [max((level[other] + 1 for other in others), default=0) for others in follows]
        if wanted == level:
            break
        level = wanted
    return tuple(
        tuple(step for step, at in zip(steps, level, strict=True) if at == stage)
        for stage in range(max(level, default=-1) + 1)
    )


def _followed(steps: Sequence[Step]) -> list[set[int]]:
    """The positions of the steps that each one follows."""
    touching: dict[str, list[int]] = {}
    for position, step in enumerate(steps):
        for subject in step.subjects:
            touching.setdefault(subject, []).append(position)
    found: list[set[int]] = []
    for position, step in enumerate(steps):
        earlier = {other for subject in step.subjects for other in touching[subject] if other < position}
        needed = {other for subject in step.needs for other in touching.get(subject, ()) if other != position}
        found.append(earlier | needed)
    return found
