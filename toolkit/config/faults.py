"""Where something stands in a configuration, and the faults found so far."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from toolkit.domain.errors import Fault
from toolkit.domain.masking import masked

Path: TypeAlias = tuple[str | int, ...]
Lines: TypeAlias = Callable[[Path], int]

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_:/-]+")
_LONGEST_SHOWN = 60


class _Bad:
    """The value of what could not be read; its fault is on the list."""


BAD: Final = _Bad()


class Faults:
    """Faults in the order in which they are found; everything that contains one counts as unsound."""

    def __init__(self) -> None:
        self._found: list[tuple[Path, str, str]] = []
        self._unsound: set[Path] = set()

    def __bool__(self) -> bool:
        return bool(self._found)

    def bad(self, path: Path, problem: str, remedy: str) -> Any:
        """Note a fault; the answer stands in for the value."""
        self._found.append((path, problem, remedy))
        self._unsound.update(path[:length] for length in range(len(path) + 1))
        return BAD

    def sound(self, path: Path) -> bool:
        """Nothing at this path or inside it has a fault."""
        return path not in self._unsound

    def listed(self, lines: Lines) -> Sequence[Fault]:
        """All faults from the top of the text to its end."""
        faults = [Fault(spelled(path), problem, remedy, lines(path)) for path, problem, remedy in self._found]
        return sorted(faults, key=lambda fault: fault.line)


def spelled(path: Path) -> str:
    """A path as people read it: ``groups.db.addresses[0].id``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN_KEY.fullmatch(part):
            text += f".{part}"
        else:
            text += f"[{json.dumps(part)}]"
    return text.removeprefix(".")


def shown(value: object) -> str:
    """A value in a sentence, short and on one line, whatever is in it; no password of a URL is repeated."""
    match value:
        case None:
            return "nothing"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case bool() | int() | float() | str():
            text = json.dumps(masked(value) if isinstance(value, str) else value)
            return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"
        case _:
            return type(value).__name__


def nearest(word: str, known: Sequence[str]) -> str | None:
    """The known word that was probably meant."""
    import difflib  # noqa: PLC0415 - only a fault needs it

    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=0.6)), None)
