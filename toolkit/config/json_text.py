"""JSON as plain data, without a YAML parser; lines are looked up only when there is a fault to place."""

from __future__ import annotations

import json
import re
from typing import Any

from toolkit.config.faults import Faults, Path, shown

_MOST_DIGITS = 18
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


class _Repeated(Exception):
    """A key stands twice in one object."""


def read(text: str, faults: Faults) -> tuple[Any, dict[Path, int]]:
    """The data, and the lines that are known already: that of a syntax error, or all if a key is repeated."""
    try:
        return json.loads(text, parse_constant=_refuse, parse_int=_whole, object_pairs_hook=_distinct), {}
    except _Repeated:
        return json.loads(text, parse_constant=_refuse, parse_int=_whole), lines(text, faults)
    except json.JSONDecodeError as error:
        faults.bad((), f"this is no JSON: {error.msg}", f"look at line {error.lineno}, column {error.colno}")
        return None, {(): error.lineno}
    except RecursionError:
        faults.bad((), "it is nested too deeply", "a configuration needs fewer than ten levels")
    except ValueError as error:
        faults.bad((), str(error), "write a plain number")
    return None, {}


def lines(text: str, faults: Faults) -> dict[Path, int]:
    """The line of each path of valid JSON; repeated keys become faults."""
    found: dict[Path, int] = {}
    containers: list[list[str | int | None]] = []
    line, seen, key_next = 1, 0, False
    for token in _TOKEN.finditer(text):
        line += text.count("\n", seen, token.start())
        seen = token.start()
        word = token.group()
        if word in "]}":
            containers.pop()
            key_next = False
        elif word == ",":
            last = containers[-1][0]
            containers[-1][0] = last + 1 if isinstance(last, int) else None
            key_next = not isinstance(last, int)
        elif key_next:
            containers[-1][0] = json.loads(word)
            _note(found, _path(containers), line, faults)
            key_next = False
        elif word != ":":
            found.setdefault(_path(containers), line)
            if word in "{[":
                containers.append([0 if word == "[" else None])
                key_next = word == "{"
    return found


def _note(found: dict[Path, int], path: Path, line: int, faults: Faults) -> None:
    if path in found:
        problem = f"{shown(path[-1])} stands here twice, first on line {found[path]}"
        faults.bad(path, problem, "keep one of them")
    found[path] = line


def _path(containers: list[list[str | int | None]]) -> Path:
    return tuple(step for (step,) in containers if step is not None)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) != len(pairs):
        raise _Repeated
    return entries


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not a number")


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"{digits[:_MOST_DIGITS]}… has too many digits")
    return int(digits)
