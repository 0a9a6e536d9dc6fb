"""``failover install``: what starts with the machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from toolkit.cli.options import config_option
from toolkit.cli.saying import say, say_lines
from toolkit.cli.screen import show_json
from toolkit.config import load, locate
from toolkit.domain.errors import Incomplete, UsageError
from toolkit.domain.group import FileState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from toolkit.host.installing import Written


@click.command()
@config_option
@click.option("--watch", "watch", is_flag=True, help="The watcher.")
@click.option("--agent", "agent", is_flag=True, help="The node agent.")
@click.option("--reclaim", "reclaim", is_flag=True, help="What a node does at boot.")
@click.option("--cron/--systemd", "cron", default=None, help="Which of the two; default: systemd where it runs.")
@click.option("--command", "command", metavar="PATH", help="The failover command to start; default: this one.")
@click.option("--root", type=click.Path(path_type=Path), default=Path("/"), help="Write below this folder: an image.")
@click.option("--dry-run", is_flag=True, help="Show the files, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def install(
    config: str | None,
    *,
    watch: bool,
    agent: bool,
    reclaim: bool,
    cron: bool | None,
    command: str | None,
    root: Path,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Write the systemd units (or the crontab) that start this toolkit with the machine, and say what was written.

    Nothing is started or enabled: the commands for that are shown.
    """
    from toolkit.host.installing import STATE, Service, crontab, next_steps, units, write  # noqa: PLC0415 - when it is wanted

    chosen = {Service.WATCH: watch, Service.AGENT: agent, Service.RECLAIM: reclaim}
    services = [service for service, wanted in chosen.items() if wanted]
    if not services:
        raise UsageError("say what to install: --watch, --agent, --reclaim, or several of them")
    by_cron = not (root / "run/systemd/system").is_dir() if cron is None else cron
    place, state = _configuration(config)
    words = {"command": command or _this_command(), "config": place}
    made = crontab(services, **words) if by_cron else units(services, **words, state=state or STATE)
    steps = next_steps(made, state=state or STATE)
    try:
        fates = write(root, made, dry_run=dry_run)
    except OSError as error:
        raise Incomplete(f"{error.filename}: {error.strerror}; run it as root, or give --root") from error
    if as_json:
        body = {"status": "dry-run" if dry_run else "done", "files": fates, "next": steps}
        show_json(body)
    else:
        _show(made, fates, steps, dry_run=dry_run)


def _show(made: Sequence[Written], fates: Mapping[str, str], steps: Sequence[str], *, dry_run: bool) -> None:
    for (path, fate), each in zip(fates.items(), made, strict=True):
        say(f"{'would be ' if dry_run else ''}{fate}: {path}")
        if dry_run:
            say_lines(each.text)
    for step in steps:
        say(f"next: {step}")


def _configuration(config: str | None) -> tuple[str, str | None]:
    """The file that the services will read, without a fault in it, and the folder of its state if that is files."""
    place = locate(config, environ=os.environ)
    if place == "-":
        raise UsageError("services can't read a configuration from standard input; name a file")
    state = load(place, environ=os.environ).state
    return str(Path(place).resolve()), os.path.normpath(state.folder) if isinstance(state, FileState) else None


def _this_command() -> str:
    return str(Path(sys.argv[0]).absolute())
