"""What the command line, the Lambda and the watcher ask of the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.domain.errors import ExitCode
from toolkit.domain.holder import HeldBy
from toolkit.engine.ends import unproven_reason
from toolkit.engine.gather import holders
from toolkit.engine.outcome import Result
from toolkit.engine.phases import Phases
from toolkit.engine.planner import plan_move
from toolkit.engine.recovery import resume
from toolkit.engine.run import RUN_SECONDS, Run, Terms
from toolkit.engine.standing import StandingRun
from toolkit.engine.verifier import Verifier
from toolkit.engine.view import READ_SECONDS, Thinker, node_named
from toolkit.pacing import Deadline

if TYPE_CHECKING:
    from toolkit.domain.decision import Trigger
    from toolkit.domain.group import Group
    from toolkit.domain.snapshot import Snapshot
    from toolkit.engine.view import Ports, View


class Engine:
    """Looks at, moves, takes up and proves groups; safe to use for several groups side by side."""

    def __init__(self, ports: Ports, *, run_seconds: float = RUN_SECONDS) -> None:
        self.ports = ports
        self._run_seconds = run_seconds

    def view(self, group: Group, trigger: Trigger) -> View:
        """What would be done and why; changes nothing and takes no lease."""
        return Thinker(self.ports).view(group, trigger)

    def run(self, group: Group, trigger: Trigger, *, digest: str | None = None, standing: View | None = None) -> Result:
        """Move the group if the rules allow it, and prove it; with a digest, only the plan that was approved.

        ``standing`` is a decision to move that was made on fresh reads: it is carried out at once, unless the
        lease shows that somebody else was at work since.
        """
        terms = Terms(digest=digest, seconds=self._run_seconds)
        if standing is not None and standing.plan is not None and standing.plan.steps:
            return StandingRun(self.ports, group, trigger, terms=terms, view=standing).go()
        return Run(self.ports, group, trigger, terms=terms).go()

    def resume(self, group: Group) -> Result:
        """Finish what a run left open."""
        return resume(self.ports, group, seconds=self._run_seconds)

    def gather(self, group: Group) -> tuple[Group, Snapshot]:
        """The world as far as it concerns the group."""
        return Thinker(self.ports).gather(group, Deadline.after(self.ports.clock, READ_SECONDS))

    def verify(self, group: Group) -> Result:
        """Prove that the group is whole at the node that holds it; moves nothing."""
        phases = Phases(self.ports.clock)
        known, snapshot = self.gather(group)
        phases.end("gathered")
        held = holders(known, snapshot)
        origin = {key: str(holder) for key, holder in held.items()}
        nodes = {holder.node for holder in held.values() if isinstance(holder, HeldBy)}
        if len(nodes) != 1 or any(not isinstance(holder, HeldBy) for holder in held.values()):
            found = ", ".join(f"{key} is held by {holder}" for key, holder in origin.items())
            reason = f"the addresses are not together: {found}"
            return Result("unverified", reason, known.name, "", ExitCode.UNVERIFIED, origin)
        target = node_named(known, nodes.pop())
        goal = plan_move(known, target, snapshot).goal
        limit = Deadline.after(self.ports.clock, known.verify.timeout_seconds)
        verifier = Verifier(self.ports)
        checks = verifier.prove(known, target, goal=goal, deadline=limit)
        phases.end("verified")
        proven = all(check.passed for check in checks)
        return Result(
            status="done" if proven else "unverified",
            reason=f"everything is at {target.name}" if proven else unproven_reason(checks),
            group=known.name,
            run_id="",
            exit_code=ExitCode.DONE if proven else ExitCode.UNVERIFIED,
            origin=origin,
            target=target.name,
            checks=checks,
            timings_ms=phases.ended_ms,
        )
