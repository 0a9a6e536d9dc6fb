"""Eyes and ears by script: probes, resolvers, notifications, and a witness of events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from toolkit.domain.answers import Failure
from toolkit.domain.health import Observation, Outcome
from toolkit.ports import Answer
from toolkit.testing.store import public_name

if TYPE_CHECKING:
    from toolkit.domain.events import Event, EventName
    from toolkit.domain.group import Group
    from toolkit.domain.snapshot import Snapshot, StatusView
    from toolkit.testing.clock import FakeClock
    from toolkit.testing.cloud import FakeCloud


class FakeProber:
    """``ports.Prober``: a node passes unless it is in ``down`` (fails) or ``unseen`` (the look can't be made).

    A node whose instance AWS itself calls stopped or impaired fails too.

    ``silent_addresses`` are those through which no service answers. ``looks`` counts the rounds.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.down: set[str] = set()
        self.unseen: set[str] = set()
        self.silent_addresses: set[str] = set()
        self.looks = 0
        self.looked_through: list[str] = []

    def look(self, group: Group, hosts: Mapping[str, str], snapshot: Snapshot) -> Sequence[Observation]:
        self.looks += 1
        looked_at = [node for node in group.members if node.name in hosts or node.name in self.unseen]
        return [self._seen(node.name, snapshot.status.get(node.instance)) for node in looked_at]

    def through(self, group: Group, address: str) -> Observation:
        self.looked_through.append(address)
        silent = address in self.silent_addresses
        outcome = Outcome.FAILED if silent else Outcome.PASSED
        why = "refused" if silent else "accepted"
        return Observation(group.name, f"through {address}", outcome, why, self.clock.monotonic(), 0.001)

    def _seen(self, node: str, status: StatusView | None) -> Observation:
        outcome, why = Outcome.PASSED, "accepted"
        if node in self.unseen:
            outcome, why = Outcome.NOT_MADE, "no route from here"
        elif node in self.down:
            outcome, why = Outcome.FAILED, "refused"
        elif status is not None and (status.state != "running" or "impaired" in {status.system, status.instance}):
            outcome, why = Outcome.FAILED, f"EC2 says {status.state}, {status.instance}"
        return Observation(node, "tcp", outcome, why, self.clock.monotonic(), 0.001)


class FakeResolver:
    """``ports.Resolver`` that follows the cloud: records, and the names of Elastic IPs on both sides of the horizon.

    ``inside`` are the resolvers that answer private addresses for those names; ``aliases`` are CNAMEs;
    ``answers`` overrides what a (name, resolver) pair answers; ``silent`` are resolvers that never do;
    ``programs`` is what the servers call themselves; ``pieced`` are those that give CNAMEs without their target.
    """

    def __init__(self, cloud: FakeCloud, *, inside: Sequence[str] = ("10.0.0.2",)) -> None:
        self.cloud = cloud
        self.inside = set(inside)
        self.aliases: dict[str, str] = {}
        self.answers: dict[tuple[str, str], tuple[str, ...]] = {}
        self.silent: set[str] = set()
        self.programs: dict[str, str] = {}
        self.pieced: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        self._caches: dict[tuple[str, str], tuple[tuple[str, ...], float]] = {}

    def keep(self, name: str, resolver: str, addresses: Sequence[str], *, seconds: float) -> None:
        """Let the resolver answer that from its cache for so long, with a TTL that falls."""
        self._caches[name, resolver] = (tuple(addresses), self.cloud.clock.monotonic() + seconds)

    def software(self, resolver: str, *, timeout_seconds: float) -> str | None:
        del timeout_seconds
        return self.programs.get(resolver)

    def ask(self, name: str, resolver: str, *, timeout_seconds: float) -> Answer:
        self.asked.append((name, resolver))
        if resolver in self.silent:
            self.cloud.clock.sleep(timeout_seconds)
            silence = f"{resolver} did not answer within {timeout_seconds:g} s"
            return Answer(name, resolver, (), (), None, silence, Failure.SILENT)
        kept, until = self._caches.get((name, resolver), ((), 0.0))
        left = until - self.cloud.clock.monotonic()
        if left > 0:
            return Answer(name, resolver, (), kept, int(left))
        chain: list[str] = []
        last = name
        while last in self.aliases and self.aliases[last] not in {name, *chain}:
            last = self.aliases[last]
            chain.append(last)
        found = self.answers.get((name, resolver)) or self._known(last, resolver)
        if not found:
            return Answer(name, resolver, tuple(chain), (), None, "no such name", Failure.NXDOMAIN)
        return Answer(name, resolver, tuple(chain), found, 60, whole=resolver not in self.pieced)

    def _known(self, name: str, resolver: str) -> tuple[str, ...]:
        world = self.cloud.whole()
        for record in world.records.values():
            if record.key.name == name:
                return record.values
        for eip in world.eips.values():
            if public_name(eip.public_ip) == name:
                inside = resolver in self.inside and eip.private_ip is not None
                return (eip.private_ip or "",) if inside else (eip.public_ip,)
        return ()


class FakeNotifier:
    """``ports.Notifier`` that keeps what it was given in ``sent``; ``problem`` is what it answers."""

    def __init__(self, *, problem: str | None = None) -> None:
        self.problem = problem
        self.sent: list[tuple[str, str, Mapping[str, object]]] = []

    def notify(self, group: Group, subject: str, body: Mapping[str, object]) -> str | None:
        self.sent.append((group.name, subject, body))
        return self.problem


class RecordingWatcher:
    """``ports.Watcher`` that keeps every event in ``events``."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def happened(self, event: Event) -> None:
        self.events.append(event)

    @property
    def names(self) -> list[EventName]:
        return [event.name for event in self.events]
