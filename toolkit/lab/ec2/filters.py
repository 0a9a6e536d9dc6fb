"""EC2's filters over rendered rows: each name leads to the values that a row shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import translate
from functools import lru_cache

from toolkit.lab.ec2.errors import invalid_value
from toolkit.lab.ec2.wire import Row

Names = Mapping[str, str]
"""Filter name to the dotted path of the member that it looks at; lists on the way are looked into."""


def matching(rows: Iterable[Row], filters: list[Row], *, names: Names, tags: str | None = "Tags") -> list[Row]:
    """The rows that satisfy every filter; within one filter any value will do.

    Raises:
        Ec2Error: a filter name that the operation does not know (MOTO.md section 2 row 21).
    """
    tests = [_test(entry, names=names, tags=tags) for entry in filters]
    return [row for row in rows if all(_passes(row, path, patterns) for path, patterns in tests)]


def _test(entry: Row, *, names: Names, tags: str | None) -> tuple[str, list[re.Pattern[str]]]:
    name = str(entry.get("Name", ""))
    patterns = [_pattern(str(value)) for value in entry.get("Values", [])]
    if name in names:
        return names[name], patterns
    if tags is not None and name == "tag-key":
        return f"{tags}.Key", patterns
    if tags is not None and name == "tag-value":
        return f"{tags}.Value", patterns
    if tags is not None and name.startswith("tag:"):
        return f"{tags}={name.removeprefix('tag:')}", patterns
    raise invalid_value(f"The filter '{name}' is invalid")


@lru_cache(maxsize=1024)
def _pattern(value: str) -> re.Pattern[str]:
    # Only * and ? are wildcards in EC2; fnmatch would also read brackets.
    return re.compile(translate(value.replace("[", "[[]")))


def _passes(row: Row, path: str, patterns: list[re.Pattern[str]]) -> bool:
    tags, separator, key = path.partition("=")
    if separator:
        shown = [tag["Value"] for tag in row.get(tags) or [] if tag["Key"] == key]
    else:
        shown = list(values_at(row, path.split(".")))
    return any(pattern.match(value) for pattern in patterns for value in shown)


def values_at(value: object, path: list[str]) -> Iterator[str]:
    """Every value that the path leads to, as EC2 spells it in a filter."""
    if isinstance(value, list):
        for element in value:
            yield from values_at(element, path)
    elif not path:
        if isinstance(value, bool):
            yield "true" if value else "false"
        elif value is not None:
            yield str(value)
    elif isinstance(value, dict):
        yield from values_at(value.get(path[0]), path[1:])
