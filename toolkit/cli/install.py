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
from toolkit.host.installing import STATE, Service, crontab, first_looks, next_steps, units, write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from toolkit.domain.group import Group
    from toolkit.host.installing import Written

_RUNNING = ("run/systemd/system",)
_IN_IMAGE = ("usr/lib/systemd/systemd", "lib/systemd/systemd")


@click.command()
@config_option
@click.option("--watch", "watch", is_flag=True, help="The watcher.")
@click.option("--agent", "agent", is_flag=True, help="The node agent.")
@click.option("--reclaim", "reclaim", is_flag=True, help="What a node does at boot.")
@click.option("--cron/--systemd", "cron", default=None, help="Which of the two; default: systemd where it is.")
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
    chosen = {Service.WATCH: watch, Service.AGENT: agent, Service.RECLAIM: reclaim}
    services = [service for service, wanted in chosen.items() if wanted]
    if not services:
        raise UsageError("say what to install: --watch, --agent, --reclaim, or several of them")
    place, state, groups = _configuration(config, root)
    words = {"command": command or _this_command(), "config": place}
    by_cron = _by_cron(root) if cron is None else cron
    made = crontab(services, **words) if by_cron else units(services, **words, state=state)
    steps = (*first_looks(groups, services, config=place), *next_steps(made, state=state))
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


def _by_cron(root: Path) -> bool:
    """Whether systemd does not run here; of an image, whether it has none."""
    places = _IN_IMAGE if _is_image(root) else _RUNNING
    return not any((root / place).exists() for place in places)


def _is_image(root: Path) -> bool:
    return root.resolve() != Path("/")


def _configuration(config: str | None, root: Path) -> tuple[str, str, tuple[Group, ...]]:
    """The file that the services will read, without a fault in it, the folder that its state needs, its groups.

    Of an image it is the image's own file, else this machine's; where neither is there yet, that is told.
    """
    place = locate(config, environ=os.environ)
    if place == "-":
        raise UsageError("services can't read a configuration from standard input; name a file")
    # Not resolved: what a link leads to may change, and a reload reads it anew.
    path = Path(place).absolute()
    inside = root / path.relative_to("/")
    found = inside if inside.exists() else path
    if _is_image(root) and not found.exists():
        say(f"not checked: {path} is not there yet; if its state is in files, install again then", err=True)
        return str(path), STATE, ()
    known = load(str(found), environ=os.environ)
    state = known.state
    return str(path), os.path.normpath(state.folder) if isinstance(state, FileState) else STATE, known.groups


def _this_command() -> str:
    called = Path(sys.argv[0]).absolute()
    if called.name != "__main__.py":
        return str(called)
    # As ``python -m toolkit``: the command is installed beside its interpreter.
    beside = Path(sys.executable).with_name("failover")
    if not beside.exists():
        raise UsageError(f"{beside} does not exist: name the command that the services start with --command")
    return str(beside)
