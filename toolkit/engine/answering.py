"""What the agent on a node last told of its guest: whether the machine answers to the addresses that AWS gave it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.domain.errors import FailoverError
from toolkit.domain.events import EventName
from toolkit.engine.expectations import through
from toolkit.engine.outcome import Check

if TYPE_CHECKING:
    from toolkit.domain.events import History
    from toolkit.domain.group import Group, Node
    from toolkit.domain.snapshot import Snapshot
    from toolkit.ports import Ledger


class GuestAnswers:
    """The word of ``failover agent`` in the journal that its machine has the addresses."""

    def __init__(self, group: Group, node: Node, addresses: tuple[str, ...], *, ledger: Ledger) -> None:
        self._group = group
        self._node = node
        self._addresses = addresses
        self._ledger = ledger
        self._passed = False
        self._why = ""

    def look(self, *, left_seconds: float) -> None:
        del left_seconds
        try:
            told = _told(self._ledger.history(self._group.name), self._node)
        except FailoverError as error:
            self._passed, self._why = False, f"the journal could not be read: {error}"
            return
        missing = [address for address in self._addresses if told is None or address not in told]
        self._passed, self._why = not missing, self._in_words(told, missing)

    def settled(self) -> bool:
        return self._passed

    def check(self) -> Check:
        return Check(", ".join(self._addresses), f"guest {self._node.name}", passed=self._passed, detail=self._why)

    def _in_words(self, told: frozenset[str] | None, missing: list[str]) -> str:
        name = self._node.name
        if told is None:
            return f"no agent on {name} has ever told the journal anything; is `failover agent` running there?"
        if missing:
            has = ", ".join(sorted(told)) or "nothing"
            return f"the agent on {name} says that it answers to {has}; look at `failover agent` there"
        return f"the agent on {name} says so"


def guests(group: Group, target: Node, snapshot: Snapshot) -> tuple[str, ...]:
    """The addresses that a machine must be given besides by AWS (``AWS.md`` §7): all but Elastic IPs and records."""
    public = {view.public_ip for view in snapshot.eips.values()}
    return tuple(address for address in through(group, target, snapshot) if address not in public)


def _told(history: History, node: Node) -> frozenset[str] | None:
    """What the agent on the node's instance last said that it answers to; None when it never spoke."""
    for event in reversed(history.events):
        if event.name is EventName.GUEST_READY and event.data.get("instance") == node.instance:
            return frozenset(map(str, event.data.get("addresses", ())))
    return None
