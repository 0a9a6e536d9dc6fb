"""From a file or a text to a configuration, or to all its faults."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Final, Literal, NoReturn, assert_never

from toolkit.config import json_text
from toolkit.config.building import build
from toolkit.config.checking import check
from toolkit.config.faults import Faults, Path
from toolkit.config.keys import whole
from toolkit.domain.errors import ConfigurationError, Fault
from toolkit.domain.group import Configuration
from toolkit.moves.registry import KINDS

Form = Literal["yaml", "json"]

VARIABLE: Final = "FAILOVER_CONFIG"
PLACES: Final = ("./failover.yaml", "/etc/failover/failover.yaml")
_MOST_BYTES = 1 << 20


def locate(source: str | None = None, *, environ: Mapping[str, str]) -> str:
    """The file to read: ``source``, else $FAILOVER_CONFIG, else the first of the usual places that is there.

    Raises:
        ConfigurationError: when there is none.
    """
    return source or environ.get(VARIABLE) or _usual_place()


def load(source: str | None = None, *, environ: Mapping[str, str]) -> Configuration:
    """The configuration in the file that ``locate`` names; ``-`` is standard input.

    Raises:
        ConfigurationError: with all faults, or the one that keeps the file from being read.
    """
    place = locate(source, environ=environ)
    text = _decoded(_content(place), place)
    return parse(text, place, form=_form(place, text))


def parse(text: str, source: str, *, form: Form) -> Configuration:
    """The configuration that a text spells; ``source`` names the text in faults.

    Raises:
        ConfigurationError: with all faults of the text, from its top to its end.
    """
    faults = Faults()
    match form:
        case "yaml":
            from toolkit.config import yaml_text  # noqa: PLC0415 - the Lambda reads JSON and has no YAML parser

            data, lines = yaml_text.read(text, faults)
        case "json":
            data, lines = json_text.read(text, faults)
        case _:
            assert_never(form)
    if data is None and not text.strip():
        faults = Faults()
    if data is None and not faults:
        faults.bad((), "the configuration is empty", "start with `version: 1`, `state:` and `groups:`")
    found = None
    if data is not None:
        values = check(whole(KINDS), data, (), faults)
        found = build(values, faults, KINDS) if isinstance(values, dict) else None
    if found is None or faults:
        if form == "json" and data is not None and not lines:
            lines = json_text.lines(text, Faults())
        raise ConfigurationError(source, faults.listed(lambda path: _line(path, lines)))
    return found


def _line(path: Path, lines: Mapping[Path, int]) -> int:
    """The line of the innermost known part of a path."""
    known = (path[:length] for length in range(len(path), -1, -1))
    return next((lines[part] for part in known if part in lines), 0)


def _usual_place() -> str:
    place = next((place for place in PLACES if FilePath(place).exists()), None)
    if place is None:
        searched = " nor ".join(PLACES)
        _refuse("failover.yaml", f"neither ${VARIABLE} is set, nor is {searched} there", "name a configuration file")
    return place


def _form(place: str, text: str) -> Form:
    by_text = place == "-" and text.lstrip().startswith("{")
    return "json" if by_text or place.endswith(".json") else "yaml"


def _content(place: str) -> bytes:
    try:
        if place == "-":
            content = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with FilePath(place).open("rb") as file:
                if os.fstat(file.fileno()).st_size > _MOST_BYTES:
                    _refuse_size(place)
                content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        _refuse(place, f"it can't be read: {error.strerror or error}", "name a file that this user can read")
    if len(content) > _MOST_BYTES:
        _refuse_size(place)
    return content


def _decoded(content: bytes, place: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        _refuse(place, "it is not UTF-8 text", "save it as UTF-8", line=line)


def _refuse_size(place: str) -> NoReturn:
    _refuse(place, "it is larger than 1 MiB", "name a configuration, not another file, or split its groups over files")


def _refuse(place: str, problem: str, remedy: str, *, line: int = 0) -> NoReturn:
    raise ConfigurationError(place, [Fault("", problem, remedy, line)])
