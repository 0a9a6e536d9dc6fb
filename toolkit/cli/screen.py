"""What people see: tables on a terminal or plain text, and one JSON object on request."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from toolkit.cli.saying import say, visible
from toolkit.engine.outcome import StepStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from toolkit.domain.plan import Plan
    from toolkit.engine.outcome import Result


def show_json(body: Mapping[str, Any]) -> None:
    """One object, for scripts."""
    click.echo(json.dumps(body, indent=2 if sys.stdout.isatty() else None))


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table; rich keeps to NO_COLOR and to what the terminal can do."""
    from rich.console import Console  # noqa: PLC0415 - 60 ms that only people pay
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    made = Table(
        title=Text(visible(title), "table.title") if title else None,
        title_justify="left",
        show_edge=False,
        pad_edge=False,
    )
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        # As text: rich reads brackets in a string as its markup, and ends the program at a wrong one.
        made.add_row(*(Text(visible(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else 160).print(made)


def show_plan(plan: Plan) -> None:
    """From, to, calls, and the digest that approves exactly this plan."""
    rows = []
    for number, stage in enumerate(plan.stages, start=1):
        for step in stage:
            rows += [
                [str(number), subject, step.before.get(subject) or "nobody", place or "nobody", step.call.action]
                for subject, place in step.after.items()
            ]
    rows += [["-", come.subject, come.place, come.place, come.why] for come in plan.comes if "!" not in come.subject]
    table(f"{plan.group} → {plan.target}", ["stage", "address", "from", "to", "call"], rows)
    origin = ", ".join(f"{key} by {holder}" for key, holder in plan.origin.items())
    say(f"held now: {origin}")
    say(f"calls that change something: {len(plan.steps)}; digest {plan.digest}")


def show_result(result: Result) -> None:
    """How a run ended, its steps and its proof."""
    marks = {StepStatus.DONE: "done", StepStatus.FAILED: "FAILED", StepStatus.UNDONE: "undone"}
    if result.steps:
        steps = [[marks.get(o.status, o.status.value), o.step.summary, o.why] for o in result.steps]
        table("steps", ["", "step", "why"], steps)
    if result.checks:
        checks = [["right" if c.passed else "WRONG", c.subject, c.where, c.detail] for c in result.checks]
        table("proof", ["", "what", "where", "answer"], checks)
    took = result.timings_ms.get("total")
    timing = f" ({took:.0f} ms)" if took is not None else ""
    say(f"{result.group}: {result.status}{timing}: {result.reason}")
    if result.remedy:
        say(f"what to do: {result.remedy}")


def show_end(result: Result, *, as_json: bool) -> None:
    """The same, or one object for scripts."""
    if as_json:
        show_json(result.as_json())
    else:
        show_result(result)
