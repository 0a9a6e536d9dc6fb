"""Engines that are broken on purpose, each by a port that does not keep its promise: what the invariants must catch."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from toolkit.domain.health import Observation, Outcome
from toolkit.engine.engine import Engine

if TYPE_CHECKING:
    from toolkit.domain.events import Event, History
    from toolkit.domain.group import ByTag, Group, Node
    from toolkit.domain.snapshot import Reads, Snapshot
    from toolkit.domain.steps import Call
    from toolkit.ports import Cloud, Grant, Ledger


class Meddling:
    """A cloud that does what it is told, and something else before it; or instead of it."""

    def __init__(self, inner: Cloud, *before: Call, instead: bool = False) -> None:
        self._inner = inner
        self._before = before
        self._instead = instead

    def read(self, reads: Reads) -> Snapshot:
        return self._inner.read(reads)

    def call(self, call: Call) -> None:
        for other in self._before:
            self._inner.call(other)
        if not self._instead:
            self._inner.call(call)

    def nodes_by_tag(self, tag: ByTag) -> tuple[Node, ...]:
        return self._inner.nodes_by_tag(tag)


class Late(Meddling):
    """A cloud whose first change comes late: something else happens just before it."""

    def __init__(self, inner: Cloud, meanwhile: Callable[[], None]) -> None:
        super().__init__(inner)
        self._meanwhile: list[Callable[[], None]] = [meanwhile]

    def call(self, call: Call) -> None:
        while self._meanwhile:
            self._meanwhile.pop()()
        super().call(call)


class Careless:
    """A ledger that takes the lease once, or not at all, and never looks at it again."""

    def __init__(self, inner: Ledger, grant: Grant | None = None) -> None:
        self._inner = inner
        self._grant = grant

    def acquire(self, group: str, *, opening: Sequence[Event] = ()) -> Grant:
        got = self._grant or self._inner.acquire(group, opening=opening)
        return replace(got, until=time.monotonic() + 600.0)

    def append(self, grant: Grant, events: Sequence[Event]) -> Grant:
        del events
        return grant

    def renew(self, grant: Grant) -> Grant:
        return grant

    def release(self, grant: Grant, events: Sequence[Event] = ()) -> None:
        del grant, events

    def history(self, group: str) -> History:
        return self._inner.history(group)

    def owner(self, group: str) -> str | None:
        return self._inner.owner(group)


class Keeping:
    """A ledger that writes the last events of a run and keeps its lease."""

    def __init__(self, inner: Ledger) -> None:
        self._inner = inner

    def acquire(self, group: str, *, opening: Sequence[Event] = ()) -> Grant:
        return self._inner.acquire(group, opening=opening)

    def append(self, grant: Grant, events: Sequence[Event]) -> Grant:
        return self._inner.append(grant, events)

    def renew(self, grant: Grant) -> Grant:
        return self._inner.renew(grant)

    def release(self, grant: Grant, events: Sequence[Event] = ()) -> None:
        self._inner.append(grant, events)

    def history(self, group: str) -> History:
        return self._inner.history(group)

    def owner(self, group: str) -> str | None:
        return self._inner.owner(group)


def keeping(engine: Engine) -> Engine:
    """An engine that never gives a lease back."""
    return Engine(replace(engine.ports, ledger=Keeping(engine.ports.ledger)))


class Trusting:
    """A prober that finds everybody well without looking."""

    def look(self, group: Group, hosts: Any, snapshot: Snapshot) -> Sequence[Observation]:
        del hosts, snapshot
        now = time.monotonic()
        return [Observation(node.name, "trust", Outcome.PASSED, "surely", now, 0.0) for node in group.members]

    def through(self, group: Group, address: str) -> Observation:
        return Observation(group.name, address, Outcome.PASSED, "surely", time.monotonic(), 0.0)
