"""``make audit``: is a weakness known of a version that the project is pinned to?

Asks the JSON pages of the index that pip is configured for: they list the advisories of each release. What is accepted
stands in ``accepted.toml`` beside this file, with its reason and its last day. Ends with 1 for a known weakness and for
an exception that is over or that nothing needs. Where nobody can be asked it says so in one line, and ends with 0, or
with 2 if ``--required`` is given: a build must not hang on somebody else's service, a release may.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib
import json
import os
import ssl
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from security.locked import Pin, pins

ACCEPTED: Final = Path(__file__).with_name("accepted.toml")
_LIMIT_SECONDS: Final = 10.0
_AT_ONCE: Final = 4

Ask = Callable[[Pin], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Weakness:
    """An advisory that concerns a pinned version; ``names`` are its own id and those of other lists."""

    pin: Pin
    names: tuple[str, ...]
    fixed_in: tuple[str, ...]

    def __str__(self) -> str:
        fixed = f"fixed in {', '.join(self.fixed_in)}" if self.fixed_in else "not fixed yet"
        return f"{self.pin.name} {self.pin.version}: {', '.join(self.names)}; {fixed}"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A weakness that is lived with: why, and until which day."""

    id: str
    package: str
    reason: str
    until: dt.date


@dataclass(frozen=True, slots=True)
class Found:
    """What the service said of the pins that it answered for, and why it did not of the others."""

    asked: int
    weaknesses: tuple[Weakness, ...]
    silent: Mapping[str, str]


def look(wanted: Iterable[Pin], ask: Ask) -> Found:
    """Ask for each pin; when nobody answers for the first, the others are not asked."""
    first, *rest = sorted(wanted, key=lambda pin: (pin.name, pin.version))
    answers = [_asked(first, ask)]
    if isinstance(answers[0], str):
        return Found(0, (), {pin.name: answers[0] for pin in (first, *rest)})
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers += pool.map(lambda pin: _asked(pin, ask), rest)
    pairs = list(zip((first, *rest), answers, strict=True))
    silent = {pin.name: answer for pin, answer in pairs if isinstance(answer, str)}
    found = [_weakness(pin, row) for pin, rows in pairs if not isinstance(rows, str) for row in rows]
    return Found(len(pairs) - len(silent), tuple(each for each in found if each), silent)


def faults(found: Found, accepted: Sequence[Accepted], today: dt.date) -> list[str]:
    """Everything that has to be done about it, one line each."""
    lines = [
        f"{each.id} ({each.package}): accepted until {each.until}, which is over"
        for each in accepted
        if each.until < today
    ]
    lines += [
        str(weakness)
        for weakness in found.weaknesses
        if not any(each.package == weakness.pin.name and each.id in weakness.names for each in accepted)
    ]
    known = {(weakness.pin.name, name) for weakness in found.weaknesses for name in weakness.names}
    lines += [
        f"{each.id} ({each.package}): accepted, and nothing has it any more: take it out of {ACCEPTED.name}"
        for each in accepted
        if (each.package, each.id) not in known and each.package not in found.silent
    ]
    return lines


def index() -> str:
    """Where JSON pages are: beside the simple index that pip is configured for, else where pip looks by itself."""
    if "PIP_INDEX_URL" in os.environ:
        configured = os.environ["PIP_INDEX_URL"]
    else:
        pip = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
        configured = subprocess.run(pip, capture_output=True, text=True, check=False).stdout.strip()
    if configured:
        return f"{configured.rstrip('/').removesuffix('/simple')}/pypi"
    return str(importlib.import_module("pip._internal.models.index").PyPI.pypi_url)


def asking(base: str) -> Ask:
    """A question to the JSON pages below that address; raises OSError or ValueError."""
    context = ssl.create_default_context(cafile=os.environ.get("PIP_CERT"))

    def ask(pin: Pin) -> Sequence[Mapping[str, Any]]:
        address = f"{base}/{pin.name}/{pin.version}/json"
        if not address.startswith(("https:", "http://127.0.0.1:")):
            raise ValueError("not an address of https")
        with urllib.request.urlopen(address, timeout=_LIMIT_SECONDS, context=context) as answer:  # noqa: S310 - checked
            rows: Sequence[Mapping[str, Any]] = json.load(answer)["vulnerabilities"]
        return rows

    return ask


def accepted(text: str) -> list[Accepted]:
    """The exceptions; raises TypeError for one that lacks something."""
    return [Accepted(**each) for each in tomllib.loads(text).get("accepted", ())]


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask and judge."""
    parser = argparse.ArgumentParser(prog="make audit", description="known weaknesses of the pinned packages")
    parser.add_argument("--required", action="store_true", help="end with 2 where nobody could be asked")
    required = parser.parse_args(arguments).required
    found = look(pins(), asking(index()))
    return told(
        found,
        accepted(ACCEPTED.read_text(encoding="utf-8")),
        dt.datetime.now(dt.UTC).date(),
        required=required,
    )


def told(found: Found, exceptions: Sequence[Accepted], today: dt.date, *, required: bool) -> int:
    """Say what was found, and give the exit code."""
    lines = faults(found, exceptions, today)
    for line in lines:
        sys.stdout.write(f"audit: {line}\n")
    if found.silent:
        name, why = next(iter(found.silent.items()))
        sys.stdout.write(
            f"audit: NOT DONE for {len(found.silent)} of {len(found.silent) + found.asked} packages:"
            f" the index's JSON pages do not answer ({name}: {why}); nothing is known about them\n"
        )
    if found.asked:
        sys.stdout.write(f"audit: {found.asked} packages asked about, {len(lines)} to be seen to\n")
    return 1 if lines else 2 if found.silent and required else 0


def _asked(pin: Pin, ask: Ask) -> Sequence[Mapping[str, Any]] | str:
    try:
        return ask(pin)
    except (OSError, ValueError, KeyError, TypeError) as error:
        return str(error) or type(error).__name__


def _weakness(pin: Pin, row: Mapping[str, Any]) -> Weakness | None:
    """None for an advisory that was withdrawn."""
    if row.get("withdrawn"):
        return None
    names = dict.fromkeys([str(row["id"]), *map(str, row.get("aliases") or ())])
    return Weakness(pin, tuple(names), tuple(map(str, row.get("fixed_in") or ())))


if __name__ == "__main__":
    sys.exit(main())
