"""What a run did, in the past tense: enough to resume or undo it, and the only source of logs and reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class EventName(StrEnum):
    """Everything that can stand in a journal."""

    RUN_STARTED = "run_started"  # trigger, target, plan
    STEPS_STARTED = "steps_started"  # step ids about to be called
    STEP_DONE = "step_done"
    STEP_FAILED = "step_failed"
    STEP_UNDONE = "step_undone"
    RUN_HELD = "run_held"  # rule, why
    NODE_FENCED = "node_fenced"  # node, rung
    FENCE_FAILED = "fence_failed"  # node, rung, why
    GUEST_READY = "guest_ready"  # by the node agent
    VERIFIED = "verified"
    VERIFICATION_FAILED = "verification_failed"
    RUN_ENDED = "run_ended"  # status


# How a run ended that brought every address to its target, proven or not.
WHOLE: Final = frozenset({"done", "unverified"})


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; ``at`` is wall-clock seconds since the epoch, ``data`` JSON by the event's name."""

    name: EventName
    run: str
    at: float
    data: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name.value, "run": self.run, "at": self.at, "data": dict(self.data)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Event:
        return cls(EventName(data["name"]), data["run"], float(data["at"]), data["data"])


@dataclass(frozen=True, slots=True)
class History:
    """A group's journal, oldest first, in the questions that decisions ask of it."""

    events: tuple[Event, ...] = ()

    def unfinished(self) -> tuple[Event, ...]:
        """The events of the last run that began and never ended, unless a later one left the group whole."""
        left_open: list[str] = []
        for event in self.events:
            if event.name is EventName.RUN_STARTED:
                left_open.append(event.run)
            elif event.name is EventName.RUN_ENDED:
                whole = event.data.get("status") in WHOLE
                left_open = [] if whole else [run for run in left_open if run != event.run]
        return tuple(event for event in self.events if event.run in left_open[-1:])

    def whole_at(self) -> str | None:
        """The node to which the last run that left the group whole had brought it, None before any did."""
        targets = {e.run: str(e.data.get("target")) for e in self.events if e.name is EventName.RUN_STARTED}
        ended = [e.run for e in self.events if e.name is EventName.RUN_ENDED and e.data.get("status") in WHOLE]
        return next((targets[run] for run in reversed(ended) if run in targets), None)

    def move_times(self) -> tuple[float, ...]:
        """When each run that changed something began: wall-clock seconds.

        The unfinished one does not count: what a crash left half-way must not wait for its own cooldown.
        """
        open_run = {event.run for event in self.unfinished()}
        changed = {event.run for event in self.events if event.name is EventName.STEP_DONE} - open_run
        return tuple(event.at for event in self.events if event.name is EventName.RUN_STARTED and event.run in changed)

    def since(self, moment: float) -> History:
        """The journal without what no decision asks for any more: each run of which nothing is as new as ``moment``.

        Of older ones it keeps the unfinished run, the last that left the group whole, and the last that changed
        something (the last ended one, and the last of all with those that it took up); wall-clock seconds.
        """
        wanted = {event.run for event in self.events if event.at >= moment}
        last = max(self.move_times(), default=None)
        wanted |= {event.run for event in self.events if event.name is EventName.RUN_STARTED and event.at == last}
        wanted |= {event.run for event in self.unfinished()[:1]} | self._last_whole() | self._last_change()
        return History(tuple(event for event in self.events if event.run in wanted))

    def _last_whole(self) -> set[str]:
        ends = [e.run for e in self.events if e.name is EventName.RUN_ENDED and e.data.get("status") in WHOLE]
        return set(ends[-1:])

    def _last_change(self) -> set[str]:
        """The last run that changed something, and those that it took up after a crash, back to the first."""
        resumed = {e.run: str(e.data.get("resumes")) for e in self.events if e.name is EventName.RUN_STARTED}
        changed = [e.run for e in self.events if e.name is EventName.STEP_DONE and e.run in resumed]
        run, found = (changed or [""])[-1], set[str]()
        while run in resumed and run not in found:
            found.add(run)
            run = resumed[run]
        return found
