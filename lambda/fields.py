"""Reads JSON that somebody else wrote: every value has its type and form, or there is an error with its path."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from toolkit.domain.errors import UsageError

# Names that people give: one line, as long as AWS lets the longest be.
NAME: Final = re.compile(r"[^\x00-\x1f\x7f]{1,512}")
ACCOUNT: Final = re.compile(r"[0-9]{12}")
REGION: Final = re.compile(r"[a-z]{2}[a-z0-9-]{1,38}")
_MOST_SHOWN: Final = 60


class UnknownEventError(UsageError):
    """No shape that AWS is known to send: nothing is moved for it."""


class MalformedEventError(UsageError):
    """A known shape whose values are not of that shape: nothing is moved for it."""


class ForeignEventError(UsageError):
    """An event of another account or Region than the function's own: nothing is moved for it."""


class Fields:
    """One JSON object and where it stands in the event; every getter raises MalformedEventError."""

    def __init__(self, data: object, path: str = "event") -> None:
        if not isinstance(data, Mapping):
            raise MalformedEventError(f"{path} is {shown(data)}, not a JSON object")
        self._data = data
        self.path = path

    def has(self, *names: str) -> bool:
        return all(name in self._data for name in names)

    def names(self) -> frozenset[str]:
        return frozenset(str(name) for name in self._data)

    def text(self, name: str, form: re.Pattern[str] | None = None) -> str:
        """A text that is not empty and fits ``form`` wholly."""
        value = self._data.get(name)
        if not isinstance(value, str) or not value or (form and not form.fullmatch(value)):
            raise self._wrong(name, "a text of its usual form" if form else "a text")
        return value

    def maybe_text(self, name: str) -> str | None:
        """A text where there is one; absent, null and empty are the same."""
        value = self._data.get(name)
        return None if value is None or value == "" else self.text(name)

    def one_of(self, name: str, *allowed: str) -> str:
        value = self.text(name)
        if value not in allowed:
            raise self._wrong(name, f"one of {', '.join(allowed)}")
        return value

    def moment(self, name: str) -> float:
        """An ISO 8601 time with its zone, as seconds since the epoch."""
        try:
            found = datetime.fromisoformat(self.text(name))
            seconds = found.timestamp()
        except (ValueError, OverflowError) as error:
            raise self._wrong(name, "a time") from error
        if found.tzinfo is None:
            raise self._wrong(name, "a time with its zone")
        return seconds

    def inner(self, name: str) -> Fields:
        return Fields(self._data.get(name), f"{self.path}.{name}")

    def each(self, name: str) -> Iterator[Fields]:
        """The objects of a list; none where it is absent."""
        rows = self._list(name)
        return (Fields(row, f"{self.path}.{name}[{index}]") for index, row in enumerate(rows))

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of a list; none where it is absent."""
        rows = self._list(name)
        if not all(isinstance(row, str) and row for row in rows):
            raise self._wrong(name, "a list of texts")
        return tuple(str(row) for row in rows)

    def unwrapped(self, name: str) -> object:
        """What a text that holds JSON holds; raises UnknownEventError for a text that is no JSON."""
        try:
            return json.loads(self.text(name))
        except (ValueError, RecursionError) as error:
            raise UnknownEventError(f"{self.path}.{name} holds no JSON: {shown(self._data.get(name))}") from error

    def _list(self, name: str) -> list[object]:
        value = self._data.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._wrong(name, "a list")
        return value

    def _wrong(self, name: str, wanted: str) -> MalformedEventError:
        return MalformedEventError(f"{self.path}.{name} is {shown(self._data.get(name))}, not {wanted}")


def shown(value: object) -> str:
    """A value in a message: never long, never on several lines."""
    if value is None:
        return "absent"
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 1]}…"
