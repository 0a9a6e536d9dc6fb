"""Votes in memory, for all observers beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.domain.health import Vote


class MemoryBallot:
    """``ports.Ballot``: the votes of each observer in ``cast_by``, by group and observer."""

    def __init__(self) -> None:
        self.cast_by: dict[tuple[str, str], tuple[Vote, ...]] = {}

    def cast(self, group: str, observer: str, votes: Sequence[Vote]) -> None:
        self.cast_by[group, observer] = tuple(votes)

    def votes(self, group: str) -> Sequence[Vote]:
        return [vote for (name, _), cast in self.cast_by.items() if name == group for vote in cast]
