"""The votes of several observers in the state table: one item for each observer, replaced with each vote."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from toolkit.aws.table import StateTable
from toolkit.domain.errors import JournalBroken
from toolkit.domain.health import Belief, Vote

if TYPE_CHECKING:
    from toolkit.aws.session import Connection
    from toolkit.ports import Clock

VOTE_PREFIX: Final = "vote#"
# DynamoDB's own deletion is lazy (AWS.md §6): readers look at the time of a vote, this only tidies up.
KEEP_SECONDS: Final = 24 * 3600


class DynamoBallot:
    """``ports.Ballot`` beside the leases of the groups; an observer that goes leaves votes that soon count no more."""

    def __init__(self, connection: Connection, table: str, *, clock: Clock) -> None:
        self._table = StateTable(connection, table, clock=clock)
        self._clock = clock

    def cast(self, group: str, observer: str, votes: Sequence[Vote]) -> None:
        told = [[vote.node, vote.belief.value, vote.why, vote.at] for vote in votes]
        item = {
            "group": {"S": group},
            "item": {"S": f"{VOTE_PREFIX}{observer}"},
            "votes": {"S": json.dumps(told, separators=(",", ":"))},
            "expires": {"N": str(int(self._clock.wall() + KEEP_SECONDS))},
        }
        self._table.note(item)

    def votes(self, group: str) -> Sequence[Vote]:
        found: list[Vote] = []
        for item in self._table.items(group, VOTE_PREFIX):
            observer = item["item"]["S"].removeprefix(VOTE_PREFIX)
            try:
                rows = json.loads(item["votes"]["S"])
                found += [Vote(observer, node, Belief(belief), why, float(at)) for node, belief, why, at in rows]
            except (KeyError, ValueError, TypeError) as error:
                raise JournalBroken(f"the votes of {observer} on group {group} can't be read: {error}") from error
        return found
