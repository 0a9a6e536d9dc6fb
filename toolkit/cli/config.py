"""``failover config``: check files before they are needed, and help editors to write them."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import Any

import click

from toolkit.cli.saying import say_lines
from toolkit.config import load, locate, schema
from toolkit.domain.errors import ConfigurationError, ExitCode
from toolkit.domain.group import ByTag, Group


@click.group("config")
def config() -> None:
    """Check configuration files, and print their schema."""


@config.command("check")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(*, files: tuple[str, ...], as_json: bool) -> None:
    """Check each FILE (- for standard input) and name all its faults; without one, the file that a run would read."""
    reports = [_report(file) for file in files or (None,)]
    sound = all(not report["faults"] for report, _ in reports)
    if as_json:
        click.echo(json.dumps({"status": "ok" if sound else "faults", "files": [report for report, _ in reports]}))
    else:
        for _, text in reports:
            say_lines(text)
    if not sound:
        click.get_current_context().exit(ExitCode.USAGE)


@config.command("schema")
def print_schema() -> None:
    """Print the JSON Schema, for editors."""
    click.echo(json.dumps(schema(), indent=2))


def _report(file: str | None) -> tuple[dict[str, Any], str]:
    """What is to say about one file, for programs and for people."""
    try:
        source = locate(file, environ=os.environ)
        groups = load(source, environ=os.environ).groups
    except ConfigurationError as error:
        faults = [asdict(fault) for fault in error.faults]
        return {"source": error.source, "groups": [], "faults": faults}, str(error)
    text = "\n".join((f"{source}: OK", *(f"  {_summary(group)}" for group in groups)))
    return {"source": source, "groups": [group.name for group in groups], "faults": []}, text


def _summary(group: Group) -> str:
    if isinstance(group.nodes, ByTag):
        nodes = f"nodes tagged {group.nodes.key}={group.nodes.value}"
    else:
        nodes = ", ".join(node.name for node in group.nodes)
    return f"{group.name}: {nodes}; {', '.join(address.key for address in group.addresses)}"
