"""An EC2 and a Route 53 in memory, with their rules, that fail when and how a test says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from toolkit.domain.group import Node
from toolkit.domain.steps import Call
from toolkit.testing import addresses, directions, interfaces
from toolkit.testing.faults import READ, Effect, Fault, FaultScript
from toolkit.testing.ground import Delays, Ground
from toolkit.testing.killing import KillSwitch
from toolkit.testing.narrowing import narrowed

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.domain.errors import CloudError
    from toolkit.domain.group import ByTag
    from toolkit.domain.snapshot import Reads, Snapshot
    from toolkit.testing.clock import FakeClock
    from toolkit.testing.ground import Operation
    from toolkit.testing.store import Store

OPERATIONS: Final[dict[str, Operation]] = {
    **addresses.OPERATIONS,
    **interfaces.OPERATIONS,
    **directions.OPERATIONS,
}


class FakeCloud:
    """``ports.Cloud`` on a store.

    ``calls`` are all changes that were asked for, ``made`` those that took effect, ``reads`` what was read.
    Hooks in ``before_call`` and ``after_call`` may change the world, raise, or count. ``latency_seconds``
    is what each request costs on the clock.
    """

    def __init__(self, store: Store, clock: FakeClock, *, switch: KillSwitch | None = None) -> None:
        self.store = store
        self.clock = clock
        self.switch = switch or KillSwitch()
        self.faults = FaultScript()
        self.calls: list[Call] = []
        self.made: list[Call] = []
        self.reads: list[Reads] = []
        self.before_call: list[Callable[[Call], None]] = []
        self.after_call: list[Callable[[Call], None]] = []
        self.before_read: list[Callable[[Reads], None]] = []
        self.latency_seconds = 0.0
        self._ground = Ground(store, self._later)
        self._lock = clock.lock
        self._lag_seconds = 0.0
        self._past: list[tuple[float, Snapshot]] = []

    @property
    def delays(self) -> Delays:
        """How long effects take; change its fields."""
        return self._ground.delays

    def read(self, reads: Reads) -> Snapshot:
        for hook in self.before_read:
            hook(reads)
        began = self.clock.monotonic()
        self._spend()
        with self._lock:
            self.reads.append(reads)
            fault = self.faults.strike(READ)
            if fault:
                raise fault.error(READ)
            return narrowed(self._seen_at(self.clock.monotonic()), reads, taken_at=began)

    def call(self, call: Call) -> None:
        self.switch.point(f"before {call.action}")
        for hook in self.before_call:
            hook(call)
        self._spend()
        with self._lock:
            self.calls.append(call)
            fault = self.faults.strike(call.action)
            if fault and fault.effect == "does not happen":
                raise fault.error(call.action)
            self._carry_out(call)
            self.made.append(call)
        for hook in self.after_call:
            hook(call)
        self.switch.point(f"after {call.action}")
        if fault:
            raise fault.error(call.action)

    def nodes_by_tag(self, tag: ByTag) -> tuple[Node, ...]:
        with self._lock:
            found = [m for m in self.store.machines.values() if m.tags.get(tag.key) == tag.value]
        found.sort(key=lambda m: (int(m.tags.get("failover:priority", "1000000")), m.id))
        return tuple(Node(m.tags.get("Name", m.id), m.id) for m in found if m.state != "terminated")

    def whole(self) -> Snapshot:
        """All there is now, in nobody's count: what a test looks at."""
        with self._lock:
            return self.store.snapshot(taken_at=self.clock.monotonic())

    def fail(
        self,
        action: str | None,
        error: Callable[[str], CloudError],
        *,
        effect: Effect = "does not happen",
        first: int = 1,
        times: int = 1,
    ) -> None:
        """Let calls of an action (None: any change; ``"read"``: reads) fail, from the first-th on."""
        self.faults.add(Fault(action, error, effect, first, times))

    def lag_reads(self, seconds: float) -> None:
        """Let reads show the world as it was so many seconds before, though not before now."""
        with self._lock:
            self._lag_seconds = seconds
            self._past = [(self.clock.monotonic(), self.store.snapshot(taken_at=0.0))]

    def stick(self, interface: str) -> None:
        """The instance hangs: this interface leaves it only by force."""
        self._ground.stuck.add(interface)

    def by_another_hand(self, call: Call) -> None:
        """Somebody else makes a change, by the same rules, in nobody's count."""
        with self._lock:
            self._carry_out(call)

    def stop(self, instance: str) -> None:
        self.by_another_hand(Call("ec2", "StopInstances", {"InstanceIds": [instance]}))

    def terminate(self, instance: str) -> None:
        self.by_another_hand(Call("ec2", "TerminateInstances", {"InstanceIds": [instance]}))

    def impair(self, instance: str) -> None:
        """EC2's own checks say that the instance does not answer."""
        with self._lock:
            state = self.store.snapshot(taken_at=0.0).status[instance]
            self.store.status[instance] = replace(state, instance="impaired")

    def _carry_out(self, call: Call) -> None:
        operation = OPERATIONS.get(call.action)
        if operation is None:
            raise NotImplementedError(f"the fake cloud does not know {call.service} {call.action}")
        operation(self._ground, call.params)
        self._remember()

    def _later(self, seconds: float, effect: Callable[[], None]) -> None:
        if seconds <= 0:
            effect()
            return

        def act() -> None:
            effect()
            self._remember()

        self.clock.call_after(seconds, act)

    def _remember(self) -> None:
        if self._lag_seconds:
            self._past.append((self.clock.monotonic(), self.store.snapshot(taken_at=0.0)))

    def _seen_at(self, moment: float) -> Snapshot:
        if not self._lag_seconds:
            return self.store.snapshot(taken_at=moment)
        old = [snapshot for at, snapshot in self._past if at <= moment - self._lag_seconds]
        return old[-1] if old else self._past[0][1]

    def _spend(self) -> None:
        if self.latency_seconds:
            self.clock.sleep(self.latency_seconds)
