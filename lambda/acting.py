"""One notice and one group: which run it asks for, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import failback
from answer import Answer
from notice import Notice, Says
from toolkit.domain.decision import Cause, Trigger
from toolkit.domain.errors import FailoverError
from toolkit.domain.group import AutoFailback, ByTag

if TYPE_CHECKING:
    from toolkit.aws.session import Requests
    from toolkit.domain.group import Group
    from toolkit.engine.engine import Engine

# Older news of a node that will be taken away is none: it is gone by then, or was given back.
LEAVING_SECONDS: Final = 900.0


@dataclass(frozen=True, slots=True)
class Actor:
    """Acts on groups with one engine; ``connection`` answers what only a failback asks."""

    engine: Engine
    connection: Requests

    def act(self, notice: Notice, group: Group, *, verify_seconds: float) -> Answer:
        """The whole of it for one group; every foreseen failure is an answer."""
        limited = min(group.verify.timeout_seconds, verify_seconds)
        bounded = replace(group, verify=replace(group.verify, timeout_seconds=limited))
        try:
            return self._act(notice, bounded)
        except FailoverError as error:
            return Answer.failed(group.name, error)

    def _act(self, notice: Notice, group: Group) -> Answer:
        now = self.engine.ports.clock.wall()
        leaving = notice.says is Says.LEAVING and now - notice.at <= LEAVING_SECONDS
        match notice.says:
            case Says.NOTHING | Says.REFUSED:
                return Answer(group.name, "ignored", f"{notice.why}: no reason to look")
            case Says.UP:
                return self._failback(notice, group, now)
            case Says.ASK:
                return Answer.of(self.engine.run(group, self._trigger(Cause.MANUAL, notice)))
            case Says.LOOK:
                return self._look(notice, group, now)
            case Says.DOWN | Says.LEAVING:
                gone = frozenset(notice.instances) if leaving else frozenset[str]()
                return self._run(group, replace(self._trigger(Cause.FAILURE, notice), leaving=gone))

    def _look(self, notice: Notice, group: Group, now: float) -> Answer:
        """What a lost event would have said: an open run, a dead holder, a failback that has become due."""
        if self.engine.ports.ledger.history(group.name).unfinished():
            return Answer.of(self.engine.resume(group))
        due = isinstance(group.policy.failback, AutoFailback) and self._obstacle(group, now) is None
        return self._run(group, self._trigger(Cause.FAILBACK if due else Cause.RECONCILE, notice))

    def _failback(self, notice: Notice, group: Group, now: float) -> Answer:
        """Good news moves nothing, but a failback may be due since."""
        why = self._obstacle(group, now)
        if why is not None:
            return Answer(group.name, "hold", f"failback-not-due: {notice.why}; {why}")
        return self._run(group, self._trigger(Cause.FAILBACK, notice))

    def _obstacle(self, group: Group, now: float) -> str | None:
        if isinstance(group.nodes, ByTag):
            nodes = self.engine.ports.cloud.nodes_by_tag(group.nodes)
            group = replace(group, nodes=nodes)
        if not group.members:
            return "no instance bears the group's tag"
        return failback.obstacle(group, group.members[0], now=now, connection=self.connection)

    def _run(self, group: Group, trigger: Trigger) -> Answer:
        """A run; where it holds although an earlier one was cut short, that one is finished."""
        result = self.engine.run(group, trigger)
        if result.status == "hold" and self.engine.ports.ledger.history(group.name).unfinished():
            result = self.engine.resume(group)
        return Answer.of(result)

    def _trigger(self, cause: Cause, notice: Notice) -> Trigger:
        return Trigger(cause, notice.why, notice.at, notice.target, notice.overrides)
