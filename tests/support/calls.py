"""What the toolkit asked IAM for while the tests ran, as the lab's endpoint saw it, against a committed list.

``tests/terraform/calls.txt`` holds a line for each role, action and set of resource types. A call that is not in it
fails the test that made it; in a whole run a line that nobody made is missed. ``make test ARGS=--write-calls`` writes
it anew, and ``tests/terraform/test_policies.py`` holds the policies to it.
"""

from __future__ import annotations

import functools
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pytest

FILE: Final = Path(__file__).parents[1] / "terraform/calls.txt"
FOLDER: Final = "LAB_CALLS_FOLDER"
NOTES: Final = "LAB_CALLS_FILE"
ROLES: Final = ("function", "node")
SURPLUS: Final = (
    "the toolkit asked IAM for what tests/terraform/calls.txt does not list: {}."
    " Is it meant? Then `make test ARGS=--write-calls`, and grant it in terraform/modules/controller/permissions.tf"
)
MISSED: Final = (
    "no test asked IAM for what tests/terraform/calls.txt lists: {}."
    " Test it, or take it off the list and out of terraform/modules/controller/permissions.tf"
)


def begin() -> Path | None:
    """Let every lab of this process and its children note its calls; the folder, if this process made it."""
    made = None
    if FOLDER not in os.environ:
        made = Path(tempfile.mkdtemp(prefix="failover-calls-"))
        os.environ[FOLDER] = str(made)
    os.environ[NOTES] = str(Path(os.environ[FOLDER]) / os.environ.get("PYTEST_XDIST_WORKER", "main"))
    return made


@functools.cache
def listed(file: Path = FILE) -> frozenset[str]:
    """The committed lines."""
    return frozenset(file.read_text(encoding="utf-8").splitlines() if file.exists() else ())


def whole(config: pytest.Config) -> bool:
    """Whether this run is of every test."""
    chosen = config.option
    fewer = chosen.keyword or chosen.markexpr or chosen.deselect or chosen.collectonly
    return [Path(name).name for name in config.args] == ["tests"] and not fewer


def role_of(note: Mapping[str, Any]) -> str | None:
    """Whose the call was; None for a test's own hand, even where it borrows the toolkit's connection.

    A key that bears the name of a role is that role's; otherwise the number that the toolkit gives a run of its own
    tells. A node's agents and a person's commands are alike: on a node they have one role.
    """
    if note["key"] in ROLES:
        return str(note["key"])
    return {"lambda": "function", "run": "node"}.get(note["run"])


def lines(notes: Iterable[str]) -> Iterator[str]:
    """The notes of a tally in the form of the list."""
    for text in notes:
        note = json.loads(text)
        role = role_of(note)
        if role:
            yield from (" ".join((role, action, *types)) for action, types in note["asks"].items())


class Reader:
    """Reads what was noted since it last looked."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file or Path(os.environ[NOTES])
        self._read = 0

    def fresh(self) -> set[str]:
        """The lines noted since the last time."""
        try:
            if self._file.stat().st_size == self._read:
                return set()
        except FileNotFoundError:
            return set()
        with self._file.open("rb") as file:
            file.seek(self._read)
            whole = file.read().rpartition(b"\n")[0]
        self._read += len(whole) + 1 if whole else 0
        return set(lines(whole.decode().splitlines()))


def all_noted(folder: Path) -> set[str]:
    """Every line that any process of this run noted."""
    return {line for file in folder.iterdir() for line in Reader(file).fresh()}


def write(found: Iterable[str]) -> None:
    """The list anew."""
    FILE.write_text("".join(f"{line}\n" for line in sorted(set(found))), encoding="utf-8")
