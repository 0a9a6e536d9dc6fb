"""After a crash: the journal tells what was wanted, the world what is, and a run makes the two agree."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from toolkit.domain.decision import Cause, Trigger
from toolkit.domain.events import Event, EventName
from toolkit.domain.holder import HeldBy
from toolkit.engine.gather import holders, resolved
from toolkit.engine.outcome import Result
from toolkit.engine.run import OVERTAKEN, Run, Terms
from toolkit.engine.view import READ_SECONDS, Thinker
from toolkit.pacing import Deadline, persist

if TYPE_CHECKING:
    from toolkit.domain.group import Group
    from toolkit.engine.view import Ports

_ABOUT_TARGET: Final = ("target-", "no-node-healthy", "route-missing", "record-routing")
_WHOLE_ELSEWHERE: Final = "holder-healthy"


def resume(ports: Ports, group: Group, *, seconds: float) -> Result:
    """Finish the run that never ended, or bring its addresses to another healthy node, or say what is to be done."""
    reading = Deadline.after(ports.clock, READ_SECONDS)
    history = persist(lambda: ports.ledger.history(group.name), reading)
    events = history.unfinished()
    if not events:
        return Result("done", "nothing to resume: the last run ended", group.name, "")
    opening = next(event for event in events if event.name is EventName.RUN_STARTED)
    terms = Terms(resumes=opening.run, seconds=seconds)
    left = _left(persist(lambda: resolved(group, ports.cloud), reading), opening)
    result = _finished(ports, group, opening, terms, left=left)
    if result.status == OVERTAKEN:
        return resume(ports, group, seconds=seconds)
    if result.status == "hold" and left:
        return replace(result, reason=f"{result.reason}; {left}")
    return result


def _finished(ports: Ports, group: Group, opening: Event, terms: Terms, *, left: str) -> Result:
    """To the target of the run; where that is out of the question, to wherever a run after a failure would go."""

    def run(target: str | None) -> Result:
        return Run(ports, group, _again(ports, opening, target=target, left=left), terms=terms).go()

    if not left:
        result = run(opening.data["target"])
        if result.status != "hold" or not result.reason.startswith(_ABOUT_TARGET):
            return result
    result = run(None)
    if result.status == "hold" and result.reason.startswith(_WHOLE_ELSEWHERE):
        # Nothing of it is left to do but to prove the group where it is, and to say so in the journal.
        holder = _holder_of_all(ports, group)
        if holder is not None:
            return run(holder)
    return result


def _left(known: Group, opening: Event) -> str:
    """In words, that the run's target was taken out of the group since; empty when it was not."""
    target = opening.data["target"]
    return "" if known.node(target) else f"the open run went to {target}, which is no node of the group any more"


def _holder_of_all(ports: Ports, group: Group) -> str | None:
    """The node that holds every address now."""
    known, snapshot = Thinker(ports).gather(group, Deadline.after(ports.clock, READ_SECONDS))
    found = set(holders(known, snapshot).values())
    only = found.pop() if len(found) == 1 else None
    return only.node if isinstance(only, HeldBy) else None


def _again(ports: Ports, opening: Event, *, target: str | None, left: str) -> Trigger:
    why = f"takes up run {opening.run}, which began for: {opening.data.get('why', '')}"
    fences = bool(opening.data.get("fences"))
    return Trigger(Cause.MANUAL, f"{why}; {left}" if left else why, ports.clock.wall(), target=target, fences=fences)
