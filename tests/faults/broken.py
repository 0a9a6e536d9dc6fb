"""Engines that are broken on purpose, each by a port that does not keep its promise: what the invariants must catch."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from toolkit.domain.health import Observation, Outcome
from toolkit.engine.engine import Engine
from toolkit.engine.outcome import Check
from toolkit.engine.run import Run, Terms

if TYPE_CHECKING:
    from toolkit.domain.decision import Trigger
    from toolkit.domain.events import Event, History
    from toolkit.domain.group import ByTag, Group, Node
    from toolkit.domain.plan import Plan
    from toolkit.domain.snapshot import Reads, Snapshot
    from toolkit.domain.steps import Call
    from toolkit.engine.outcome import Result
    from toolkit.engine.tenure import Tenure
    from toolkit.engine.view import View
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


class Dawdling(Meddling):
    """A cloud that does something else each time before a call of one action."""

    def __init__(self, inner: Cloud, action: str, meanwhile: Callable[[], None]) -> None:
        super().__init__(inner)
        self._action = action
        self._dawdle = meanwhile

    def call(self, call: Call) -> None:
        if call.action == self._action:
            self._dawdle()
        super().call(call)


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


class Passing:
    """A ledger that passes everything on to another."""

    def __init__(self, inner: Ledger) -> None:
        self._inner = inner

    def acquire(self, group: str, *, opening: Sequence[Event] = ()) -> Grant:
        return self._inner.acquire(group, opening=opening)

    def append(self, grant: Grant, events: Sequence[Event]) -> Grant:
        return self._inner.append(grant, events)

    def renew(self, grant: Grant) -> Grant:
        return self._inner.renew(grant)

    def release(self, grant: Grant, events: Sequence[Event] = ()) -> None:
        self._inner.release(grant, events)

    def history(self, group: str) -> History:
        return self._inner.history(group)

    def owner(self, group: str) -> str | None:
        return self._inner.owner(group)


class Keeping(Passing):
    """A ledger that writes the last events of a run and keeps its lease."""

    def release(self, grant: Grant, events: Sequence[Event] = ()) -> None:
        self._inner.append(grant, events)


class Blabbing(Passing):
    """A ledger that writes something into the data of each event that it was not given."""

    def __init__(self, inner: Ledger, secret: str) -> None:
        super().__init__(inner)
        self._secret = secret

    def append(self, grant: Grant, events: Sequence[Event]) -> Grant:
        told = [replace(event, data={**event.data, "note": self._secret}) for event in events]
        return super().append(grant, told)


class Chatty(Passing):
    """A ledger that can be made to write again and again, under whatever grant its run has now."""

    def __init__(self, inner: Ledger) -> None:
        super().__init__(inner)
        self._latest: dict[int, Grant] = {}

    def acquire(self, group: str, *, opening: Sequence[Event] = ()) -> Grant:
        return self._kept(super().acquire(group, opening=opening))

    def append(self, grant: Grant, events: Sequence[Event]) -> Grant:
        return self._kept(super().append(self._latest[grant.fence], events))

    def renew(self, grant: Grant) -> Grant:
        return self._kept(super().renew(self._latest[grant.fence]))

    def release(self, grant: Grant, events: Sequence[Event] = ()) -> None:
        super().release(self._latest[grant.fence], events)

    def chat(self) -> None:
        for _ in range(30):
            for grant in list(self._latest.values()):
                self.renew(grant)

    def _kept(self, grant: Grant) -> Grant:
        self._latest[grant.fence] = grant
        return grant


def keeping(engine: Engine) -> Engine:
    """An engine that never gives a lease back."""
    return Engine(replace(engine.ports, ledger=Keeping(engine.ports.ledger)))


def blabbing(secret: str) -> Callable[[Engine], Engine]:
    """Makes engines that write a secret into their journal."""
    return lambda engine: Engine(replace(engine.ports, ledger=Blabbing(engine.ports.ledger, secret)))


class Credulous(Run):
    """A run that takes its own calls for the proof, and never reads the world again."""

    def _prove(self, group: Group, target: Node, plan: Plan, tenure: Tenure) -> tuple[Check, ...]:
        del plan, tenure
        return (Check(group.name, "api", passed=True, detail=f"surely at {target.name}"),)


class CredulousEngine(Engine):
    """An engine of such runs."""

    def run(self, group: Group, trigger: Trigger, *, digest: str | None = None, standing: View | None = None) -> Result:
        del standing
        return Credulous(self.ports, group, trigger, terms=Terms(digest=digest)).go()


def credulous(engine: Engine) -> Engine:
    return CredulousEngine(engine.ports)


class Trusting:
    """A prober that finds everybody well without looking."""

    def look(self, group: Group, hosts: Any, snapshot: Snapshot) -> Sequence[Observation]:
        del hosts, snapshot
        now = time.monotonic()
        return [Observation(node.name, "trust", Outcome.PASSED, "surely", now, 0.0) for node in group.members]

    def through(self, group: Group, address: str) -> Observation:
        return Observation(group.name, address, Outcome.PASSED, "surely", time.monotonic(), 0.0)
