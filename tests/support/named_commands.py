"""The commands that a message tells a person to type, held against those that there are."""

from __future__ import annotations

import re
import shlex
from typing import Final

import click

from toolkit.cli.root import COMMANDS, failover

_OURS: Final = re.compile(r"`failover ([^`]*)`")


def wrong_commands(text: str) -> list[str]:
    """What is wrong with each ``failover …`` in back quotes: no such command, or no such option of it."""
    found: list[str] = []
    for line in _OURS.findall(text):
        name, *rest = shlex.split(line)
        if name not in COMMANDS:
            found.append(f"there is no `failover {name}`")
            continue
        options = _options(name, rest)
        found += [f"`failover {name}` has no {word}" for word in rest if word.startswith("--") and word not in options]
    return found


def names_a_command(text: str) -> bool:
    """Whether it has a command of ours or of the AWS CLI to type."""
    return bool(_OURS.search(text) or re.search(r"\baws [a-z0-9-]+ [a-z-]+", text))


def _options(name: str, rest: list[str]) -> set[str]:
    """Of the command and of the one under it that is named."""
    context = click.Context(failover)
    command: click.Command | None = failover.get_command(context, name)
    found: set[str] = set()
    for word in ["", *rest]:
        if isinstance(command, click.Group) and word:
            command = command.get_command(context, word) or command
        found |= {option for parameter in (command.params if command else []) for option in parameter.opts}
    return found
