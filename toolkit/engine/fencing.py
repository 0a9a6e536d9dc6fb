"""Fencing: the old holder is taken out of the way, rung by rung, until a rung is proven.

Moving an Elastic IP or an interface fences what comes in by it; the old node keeps its own addresses, disks and
jobs (``AWS.md`` §6). The ladder is for groups where that is not enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

from toolkit.domain.errors import CloudError, Terminal, Transient
from toolkit.domain.events import EventName
from toolkit.domain.group import FenceDetach, FenceIsolate, FenceStop
from toolkit.domain.snapshot import Reads, Snapshot
from toolkit.domain.steps import Call
from toolkit.moves.where import interface_of
from toolkit.pacing import Deadline, persist, until

if TYPE_CHECKING:
    from toolkit.domain.group import Fence, Group, Node
    from toolkit.engine.tenure import Tenure
    from toolkit.ports import Clock, Cloud

IAM_WRITES: Final = frozenset(
    {"ec2:DetachNetworkInterface", "ec2:ModifyNetworkInterfaceAttribute", "ec2:StopInstances"}
)
POLL_SECONDS: Final = 0.5
_DOWN: Final = frozenset({"stopped", "terminated"})


@dataclass(frozen=True, slots=True)
class Rung:
    """One way to take a node out: its call, what proves it, and how long the proof may take."""

    name: str
    call: Call
    proven: Callable[[Snapshot], bool]
    timeout_seconds: float


class Fencer:
    """Climbs the ladder of a group's policy under the lease of a run.

    ``struck`` says of each node that a call of this fencer has taken out, or may have, how sure that is.
    """

    def __init__(self, cloud: Cloud, clock: Clock, tenure: Tenure) -> None:
        self.struck: dict[str, str] = {}
        self._cloud = cloud
        self._clock = clock
        self._tenure = tenure

    def fence_all(self, group: Group, nodes: Iterable[Node], snapshot: Snapshot) -> str | None:
        """None once each node is fenced, else which one could not be, and why; none after it is tried."""
        for node in nodes:
            why = self.fence(group, node, snapshot)
            if why is not None:
                return f"{node.name}: {why}"
        return None

    def fence(self, group: Group, node: Node, snapshot: Snapshot) -> str | None:
        """None once the node is fenced, else why no rung could be proven; each outcome goes into the journal."""
        reasons: list[str] = []
        for rung in ladder(group, node, snapshot):
            why = None if rung.proven(snapshot) else self._climb(rung, node)
            told = {"node": node.name, "rung": rung.name, "why": why or ""}
            name = EventName.FENCE_FAILED if why else EventName.NODE_FENCED
            self._tenure.record([self._tenure.event(name, told)])
            if why is None:
                return None
            reasons.append(f"{rung.name}: {why}")
        return "; ".join(reasons) or "no rung of the ladder fits this node"

    def _climb(self, rung: Rung, node: Node) -> str | None:
        """Make the call and wait for its proof; None when proven."""
        deadline = patience = Deadline.after(self._clock, rung.timeout_seconds)
        error, may_come = self._strike(rung, deadline)
        if may_come:
            self.struck[node.name] = f"{node.name} may be fenced by now ({rung.name})"
        if isinstance(error, Terminal) and not may_come:
            # Nothing comes of this call: one look, as another hand may have done the same, and then the next rung.
            patience = Deadline.after(self._clock, 0.0)

        def look() -> bool | None:
            seen = persist(lambda: self._cloud.read(_reads(node)), deadline, between=self._tenure.check)
            return True if rung.proven(seen) else None

        try:
            proven = until(look, patience, every_seconds=POLL_SECONDS, between=self._tenure.check)
        except CloudError as unreadable:
            return str(unreadable)
        if proven and may_come:
            self.struck[node.name] = f"{node.name} is fenced ({rung.name})"
        return None if proven else str(error or f"not proven within {rung.timeout_seconds:g} s")

    def _strike(self, rung: Rung, deadline: Deadline) -> tuple[CloudError | None, bool]:
        """Make the call until AWS takes it: the error that it ended with, and whether it may have its effect."""
        lost: list[Transient] = []

        def act() -> None:
            # After each wait anew: a wait may be longer than a short lease has left.
            self._tenure.check()
            try:
                self._cloud.call(rung.call)
            except Transient as error:
                lost.extend([error] if error.outcome_unknown else [])
                raise

        try:
            persist(act, deadline)
        except CloudError as error:
            return error, bool(lost)
        return None, True


def ladder(group: Group, node: Node, snapshot: Snapshot) -> list[Rung]:
    """The rungs of the policy that fit the node, in its order."""
    rungs = [_rung(fence, node, snapshot) for fence in group.policy.fence]
    return [rung for rung in rungs if rung is not None]


def _reads(node: Node) -> Reads:
    return Reads(instances=frozenset({node.instance}), interfaces=frozenset({node.interface} if node.interface else ()))


def _rung(fence: Fence, node: Node, snapshot: Snapshot) -> Rung | None:
    match fence:
        case FenceDetach():
            return _detach(fence, node, snapshot)
        case FenceIsolate():
            return _isolate(fence, node, snapshot)
        case FenceStop():
            # Force alone still lets the guest shut down in its own time (AWS.md §6).
            params = {"InstanceIds": [node.instance], "Force": True, "SkipOsShutdown": True}
            return Rung(
                "stop", Call("ec2", "StopInstances", params), lambda seen: _down(seen, node), fence.timeout_seconds
            )
        case _:
            assert_never(fence)


def _detach(fence: FenceDetach, node: Node, snapshot: Snapshot) -> Rung | None:
    """Fits only a node whose data interface is a secondary one: a primary never detaches (``AWS.md`` §1.3)."""
    interface = interface_of(node, snapshot)
    if interface is None or interface.attachment is None or interface.attachment.device_index == 0:
        return None
    call = Call("ec2", "DetachNetworkInterface", {"AttachmentId": interface.attachment.id})
    own = interface.id

    def proven(seen: Snapshot) -> bool:
        view = seen.interfaces.get(own)
        return view is not None and view.attachment is None

    return Rung("detach", call, proven, fence.timeout_seconds)


def _isolate(fence: FenceIsolate, node: Node, snapshot: Snapshot) -> Rung | None:
    interface = interface_of(node, snapshot)
    if interface is None:
        return None
    own = interface.id
    params = {"NetworkInterfaceId": own, "Groups": [fence.security_group]}

    def proven(seen: Snapshot) -> bool:
        view = seen.interfaces.get(own)
        return view is not None and view.groups == (fence.security_group,)

    return Rung("isolate", Call("ec2", "ModifyNetworkInterfaceAttribute", params), proven, fence.timeout_seconds)


def _down(seen: Snapshot, node: Node) -> bool:
    instance = seen.instances.get(node.instance)
    return instance is not None and instance.state in _DOWN
