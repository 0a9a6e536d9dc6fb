"""After a boot: take what is free, leave what a healthy node holds, and never more than the rules of a run allow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from toolkit.domain.decision import Cause, Hold, Trigger
from toolkit.domain.errors import CloudError, Conflict, ExitCode, FailoverError, LeaseHeld, NotYet, Refused, Transient
from toolkit.domain.group import ByTag
from toolkit.domain.health import Belief
from toolkit.domain.holder import HeldBy, present
from toolkit.engine.gather import holders
from toolkit.engine.outcome import Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.domain.group import Group, Node
    from toolkit.engine.engine import Engine
    from toolkit.engine.view import View
    from toolkit.pacing import Deadline

LOOK_AGAIN_SECONDS: Final = 2.0
_HEALTHY_HOLDER: Final = "holder-healthy"
_STRANGER: Final = "not-a-node"
# What a boot brings about by and by: services start, networks come up, instances reach `running`.
_PASSING: Final = frozenset(
    {
        *("no-node-healthy", "target-not-healthy", "target-not-running", "target-interface"),
        *("holder-not-proven-dead", "observer-cut-off", "holder-unknown", "snapshot-old"),
    }
)
# A role's credentials reach an instance some time after its network does (AWS.md §7).
_NO_CREDENTIALS_YET: Final = frozenset({"NoCredentialsError", "CredentialRetrievalError", "MetadataRetrievalError"})
_PASSING_ERRORS: Final = (Transient, NotYet, Conflict)


class Reclaimer:
    """What one instance does about its groups when it comes up; safe on all nodes at the same moment.

    Until ``deadline`` it waits for what a boot brings: credentials, AWS, a service, another node's run.
    ``tell`` hears each new reason to wait once.
    """

    def __init__(self, engine: Engine, instance: str, *, deadline: Deadline, tell: Callable[[str], None]) -> None:
        self._engine = engine
        self._instance = instance
        self._deadline = deadline
        self._tell = tell
        self._told = ""

    def reclaim(self, group: Group) -> Result:
        """How it ended; raises what is no matter of patience, and LeaseHeld or CloudError once that is over."""
        while True:
            try:
                result = self._once(group)
            except (CloudError, LeaseHeld) as error:
                if self._deadline.passed or not _may_pass(error):
                    raise
                self._wait(str(error))
                continue
            if self._deadline.passed or not _worth_another_look(result):
                return result
            self._wait(result.reason)

    def _once(self, group: Group) -> Result:
        if not isinstance(group.nodes, ByTag) and self._me(group) is None:
            return self._stranger(group)
        known, snapshot = self._engine.gather(group)
        me = self._me(known)
        if me is None:
            return self._stranger(known)
        held = holders(known, snapshot)
        if set(held.values()) == {HeldBy(me.name)}:
            origin = {key: str(holder) for key, holder in held.items()}
            reason = f"nothing to do: {me.name} holds everything already"
            return Result("done", reason, known.name, "", origin=origin, target=me.name)
        return self._decided(group, me)

    def _decided(self, group: Group, me: Node) -> Result:
        trigger = Trigger(Cause.RECLAIM, f"{me.name} came up", self._engine.ports.clock.wall())
        view = self._engine.view(group, trigger)
        if isinstance(view.decision, Hold):
            why = f"{view.decision.rule}: {view.decision.why}"
            origin = {key: str(holder) for key, holder in view.holders.items()}
            held = Result("hold", why, group.name, "", ExitCode.HOLD, origin, reasons=view.decision.reasons)
            return _left_alone(held)
        return _left_alone(self._engine.run(group, replace(trigger, fences=_dead_alone(view, me))))

    def _me(self, group: Group) -> Node | None:
        return next((node for node in group.members if node.instance == self._instance), None)

    def _stranger(self, group: Group) -> Result:
        known = ", ".join(f"{node.name} {node.instance}" for node in group.members)
        why = f"{_STRANGER}: {self._instance}, this instance, is no node of group {group.name} ({known}): takes nothing"
        return Result("hold", why, group.name, "", ExitCode.HOLD)

    def _wait(self, why: str) -> None:
        if why != self._told:
            self._told = why
            self._tell(f"waiting, {self._deadline.left_seconds:.0f} s at most: {why}")
        self._deadline.clock.sleep(min(LOOK_AGAIN_SECONDS, self._deadline.left_seconds))


def is_stranger(result: Result) -> bool:
    """Whether it says that this instance is no node of the group."""
    return result.status == "hold" and result.reason.startswith(f"{_STRANGER}:")


def _may_pass(error: FailoverError) -> bool:
    if isinstance(error, Refused):
        return error.code in _NO_CREDENTIALS_YET
    return isinstance(error, (*_PASSING_ERRORS, LeaseHeld))


def _worth_another_look(result: Result) -> bool:
    """Whether time may change it: a hold of a machine that still starts, or a run that another hand crossed."""
    if result.status == "hold":
        return result.reason.partition(":")[0] in _PASSING
    return any(isinstance(outcome.error, _PASSING_ERRORS) for outcome in result.steps)


def _left_alone(result: Result) -> Result:
    """A healthy holder is what everybody wants: no hold, but the end of the matter."""
    if result.status != "hold" or not result.reason.startswith(f"{_HEALTHY_HOLDER}:"):
        return result
    why = result.reason.partition(": ")[2]
    return replace(result, status="done", reason=f"left where it is: {why}", exit_code=ExitCode.DONE)


def _holding(view: View) -> set[str]:
    """The nodes that hold something now."""
    return present(view.holders.values())


def _losing(view: View) -> set[str]:
    """The nodes that the plan takes something from."""
    return _holding(view) - {view.plan.target if view.plan else ""}


def _dead_alone(view: View, me: Node) -> bool:
    """Whether every node that would lose something is dead: a fence must not hit this machine or a healthy one."""
    losing = _losing(view)
    beliefs = {view.verdicts[name].belief for name in losing if name in view.verdicts}
    return bool(losing) and me.name not in losing and Belief.HEALTHY not in beliefs
