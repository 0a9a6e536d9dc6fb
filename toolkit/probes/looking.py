"""One look by every probe of a group, and one through an address."""

from __future__ import annotations

import functools
import re
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from toolkit.detection.anchors import OBSERVER
from toolkit.domain.group import AlarmProbe, CommandProbe, Group, HttpProbe, Node, Probe, StatusProbe, TcpProbe
from toolkit.domain.health import Observation, Outcome
from toolkit.domain.naming import is_public
from toolkit.domain.snapshot import Snapshot
from toolkit.probes import status
from toolkit.probes.labels import labels
from toolkit.probes.look import Look, Part
from toolkit.probes.result import Failed, NotMade

_PLACEHOLDER: Final = re.compile(r"\{(?:node|instance|host)\}")


@dataclass(frozen=True, slots=True)
class _Subject:
    """A node, where it is reached, and the proxy on the way."""

    node: Node
    host: str | None
    via: str | None

    def filled(self, word: str) -> str:
        """Each placeholder once, not ``str.format``: other braces (JSON, shell words) are the user's own."""
        values = {"{node}": self.node.name, "{instance}": self.node.instance, "{host}": self.host or ""}
        return _PLACEHOLDER.sub(lambda found: values[found.group()], word)


class Probes:
    """Looks by every probe of every node at once, each within its own time limit (``toolkit.ports.Prober``).

    ``tls`` makes the context for HTTPS, once; ``monotonic`` is the clock of the observations.
    """

    def __init__(
        self,
        *,
        tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tls = functools.cache(tls)
        self._monotonic = monotonic

    def look(self, group: Group, hosts: Mapping[str, str], snapshot: Snapshot) -> Sequence[Observation]:
        """One observation by each probe of each node, then one of each anchor, under the name ``OBSERVER``.

        Within the longest time limit of the group's probes; never raises for what a look meets.
        """
        return self._make(self.plan(group, hosts, snapshot))

    def plan(
        self, group: Group, hosts: Mapping[str, str], snapshot: Snapshot, *, part: Part = Part.WHOLE
    ) -> list[Observation | Look]:
        """The same for a caller that makes the looks itself: what is known at once, and what is to be made.

        Anchors are among what this machine looks at itself.
        """
        plan: list[Observation | Look] = []
        names = labels(group.health.probes)
        for node in group.members:
            subject = _Subject(node, hosts.get(node.name), group.health.via)
            named = zip(names, group.health.probes, strict=True)
            plan += [self._plan(subject, name, probe, snapshot) for name, probe in named if part.has(probe)]
        if part is Part.AWS:
            return plan
        return plan + [self._anchor(group, anchor) for anchor in group.health.anchors]

    def through(self, group: Group, address: str) -> Observation:
        """One look at the service through an address, by the group's first TCP or HTTP probe."""
        probe = next((p for p in group.health.probes if isinstance(p, TcpProbe | HttpProbe)), None)
        if probe is None:
            return self._told(address, "through", Outcome.NOT_MADE, "the group has no tcp or http probe to send")
        via = group.verify.via if is_public(address) else group.health.via
        return self._make([Look(address, f"{labels([probe])[0]} through {address}", probe, address, via)])[0]

    def _plan(self, subject: _Subject, name: str, probe: Probe, snapshot: Snapshot) -> Observation | Look:
        node = subject.node
        match probe:
            case StatusProbe():
                return self._judged(node, name, lambda: status.checks(node, snapshot))
            case AlarmProbe():
                return self._judged(node, name, lambda: status.alarm(subject.filled(probe.alarm), snapshot))
            case CommandProbe():
                argv = tuple(subject.filled(word) for word in probe.argv)
                return Look(node.name, name, CommandProbe(argv, probe.timeout_seconds))
            case TcpProbe() | HttpProbe():
                if subject.host is None:
                    return self._told(node.name, name, Outcome.NOT_MADE, f"no address of {node.name} is known")
                return Look(node.name, name, probe, subject.host, subject.via)
            case _:
                assert_never(probe)

    def _anchor(self, group: Group, anchor: str) -> Observation | Look:
        host, _, port = anchor.rpartition(":")
        if not host or not port.isdigit():
            return self._told(OBSERVER, anchor, Outcome.NOT_MADE, "no anchor: write host:port")
        return Look(OBSERVER, anchor, TcpProbe(int(port)), host.strip("[]"), group.health.via)

    def _judged(self, node: Node, name: str, judge: Callable[[], str]) -> Observation:
        try:
            return self._told(node.name, name, Outcome.PASSED, judge())
        except Failed as error:
            return self._told(node.name, name, Outcome.FAILED, str(error))
        except NotMade as error:
            return self._told(node.name, name, Outcome.NOT_MADE, str(error))

    def _told(self, node: str, name: str, outcome: Outcome, why: str) -> Observation:
        return Observation(node, name, outcome, why, self._monotonic(), 0.0)

    def _make(self, plan: Sequence[Observation | Look]) -> list[Observation]:
        looks = [item for item in plan if not isinstance(item, Observation)]
        if not looks:
            return [item for item in plan if isinstance(item, Observation)]
        from toolkit.probes import rounds  # noqa: PLC0415 - asyncio is imported by those who need it

        made = iter(rounds.make(looks, tls=self.tls, monotonic=self._monotonic))
        return [item if isinstance(item, Observation) else next(made) for item in plan]
