"""Tells of each event as it happens: lines for people on a terminal, JSON lines otherwise; both on stderr."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Final

import click

from toolkit.cli.saying import say
from toolkit.domain.events import EventName

if TYPE_CHECKING:
    from toolkit.domain.events import Event
    from toolkit.ports import Watcher

_WORDS: Final = {
    EventName.RUN_STARTED: "moving to {target}",
    EventName.STEP_DONE: "done: {summary}",
    EventName.STEP_FAILED: "failed: {summary}: {why}",
    EventName.STEP_UNDONE: "put back: {summary}",
    EventName.NODE_FENCED: "fenced: {node} by {rung}",
    EventName.FENCE_FAILED: "not fenced: {node} by {rung}: {why}",
    EventName.RUN_HELD: "hold: {why}",
    EventName.VERIFIED: "proven",
    EventName.VERIFICATION_FAILED: "not proven in time",
}


class Lines:
    """One line per event with the seconds since the program began."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def happened(self, event: Event) -> None:
        words = _WORDS.get(event.name)
        if words is not None:
            text = words.format_map({"target": "", "summary": "", "why": "", "node": "", "rung": "", **event.data})
            say(f"{time.monotonic() - self._began:7.3f} s  {text}", err=True, dim=True)


class JsonLines:
    """One JSON object per event, without the plan's body."""

    def happened(self, event: Event) -> None:
        data = {key: value for key, value in event.data.items() if key != "plan"}
        click.echo(json.dumps({"event": event.name.value, "run": event.run, "at": event.at, **data}), err=True)


def watcher() -> Watcher:
    """Lines where somebody looks, JSON lines where a program reads."""
    return Lines() if sys.stderr.isatty() else JsonLines()
