"""What happened when, on one clock: told live, and as a table at the end."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from toolkit.domain.events import Event

_WORDS = {
    "run_started": "decided: move to {target}; the plan is in the journal",
    "step_done": "{summary}",
    "verified": "proven on the API, in DNS, and through every address",
}


@dataclass
class Story:
    """Lines with the seconds since the service died; ``moments`` keeps those that the table needs."""

    began: float = field(default_factory=time.monotonic)
    moments: dict[str, float] = field(default_factory=dict)

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
