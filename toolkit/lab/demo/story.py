"""What happened when, on one clock: told live, and as a table at the end."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from toolkit.domain.events import Event
    from toolkit.watch.voice import Line

_WORDS = {
    "run_started": "decided: move to {target}; the plan is in the journal",
    "step_done": "{summary}",
    "verified": "proven on the API, in DNS, and through every address",
}


@dataclass
class Story:
    """Lines with the seconds since the service died; ``moments`` keeps those that the table needs.

    ``checks`` are the proof of the run and ``status`` how it ended, as the journal has them.
    """

    began: float = field(default_factory=time.monotonic)
    moments: dict[str, float] = field(default_factory=dict)
    checks: list[dict[str, Any]] = field(default_factory=list)
    status: str = ""
    _heard: set[str] = field(default_factory=set)
    _news: threading.Condition = field(default_factory=threading.Condition)

    def begin(self) -> None:
        """Count the seconds from now on."""
        self.began = time.monotonic()

    def hear(self, line: Line) -> None:
        """What the watcher says (``watch.Hearer``)."""
        if "is unhealthy" in line.text and line.topic.startswith("verdict"):
            self.tell(f"detected: {line.text}", moment="detected")
        self._note(line.text.partition(":")[0])

    def wait_for(self, *words: str, seconds: float) -> None:
        """Until all of these were heard, or the time is over."""
        with self._news:
            self._news.wait_for(lambda: self._heard.issuperset(words), seconds)

    def tell(self, text: str, *, moment: str = "") -> None:
        """Say it now, and remember when, under that name."""
        at = time.monotonic()
        if moment:
            self.moments.setdefault(moment, at)
        click.echo(f"  {at - self.began:+7.3f} s  {text}")

    def happened(self, event: Event) -> None:
        """An event of the run, as the engine writes it into the journal (``ports.Watcher``)."""
        words = _WORDS.get(event.name.value)
        if words is not None:
            self.tell(words.format_map(event.data), moment=event.name.value)
        if event.name.value == "step_done":
            self.moments["moved"] = time.monotonic()
        self.checks = list(event.data.get("checks", self.checks))
        self.status = str(event.data.get("status", self.status))
        self._note(event.name.value)

    def _note(self, word: str) -> None:
        with self._news:
            self._heard.add(word)
            self._news.notify_all()

    def since(self, moment: float) -> str:
        """Seconds from the beginning to a moment, for people."""
        return f"{moment - self.began:.3f} s"


def show(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table at the end of the story."""
    made = Table(title=title, title_justify="left", show_edge=False, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*row)
    Console().print(made)
    click.echo()
