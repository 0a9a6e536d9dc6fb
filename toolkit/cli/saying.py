"""Words for people on a terminal, in which nothing that came from elsewhere can steer the terminal."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Final

import click

# Control characters (C0, DEL, C1), what turns the direction of text or ends a line, and halves of surrogate pairs.
_STEERING: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    r"""The text on one line; what could steer a terminal is written out, as ``\x1b``."""
    return _STEERING.sub(_written_out, text)


def say(text: str, *, err: bool = False, dim: bool = False) -> None:
    """One line, on standard error if ``err``."""
    line = visible(text)
    click.echo(click.style(line, dim=True) if dim else line, err=err)


def note(text: str) -> None:
    """One line for the log of a service; a full disk or a dead logger keeps nobody from work."""
    with suppress(OSError):
        say(text, err=True)


def say_lines(text: str, *, err: bool = False) -> None:
    """Several lines; for texts of which each part was checked or written by this program."""
    for line in text.split("\n"):
        say(line, err=err)


def _written_out(found: re.Match[str]) -> str:
    return found.group().encode("unicode_escape").decode("ascii")
