"""YAML as plain data with the line of each value.

Read event by event, since PyYAML's composer overflows the stack on deep nesting. An unquoted word that YAML 1.1
and 1.2 read differently is text: ``yes``, ``02:00``, ``010``, ``1e3``.
"""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

from toolkit.config.faults import Faults, Path, shown

_DEEPEST = 32
_MOST_VALUES = 100_000
_TEXT_TAGS: Final = {"tag:yaml.org,2002:str", "!"}
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_FRACTION = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{0,18}(?:[eE][-+][0-9]{1,2})?")
_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class _Unreadable(Exception):
    """The text can't be read on from here."""

    def __init__(self, line: int, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.line, self.problem, self.remedy = line, problem, remedy


class _Frame:
    """A mapping or list that is still open; ``size`` counts the values in it, repeated ones again."""

    def __init__(self, value: dict[str, Any] | list[Any], path: Path, anchor: str | None) -> None:
        self.value, self.path, self.anchor = value, path, anchor
        self.key: str | None = None
        self.size = 1

    @property
    def awaits_key(self) -> bool:
        return isinstance(self.value, dict) and self.key is None


def read(text: str, faults: Faults) -> tuple[Any, dict[Path, int]]:
    """The data and the line of each path; no data where the text is empty or can't be read."""
    reader = _Reader(faults)
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            reader.take(event)
    except _Unreadable as stop:
        reader.stop(stop)
    except yaml.YAMLError as error:
        reader.stop(_syntax(text, error))
    return reader.data, reader.lines


class _Reader:
    """Takes the events of one document."""

    def __init__(self, faults: Faults) -> None:
        self.data: Any = None
        self.lines: dict[Path, int] = {}
        self._faults = faults
        self._open: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._documents = 0

    def stop(self, reason: _Unreadable) -> None:
        self.data, self.lines = None, {(): reason.line}
        self._faults.bad((), reason.problem, reason.remedy)

    def take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 0
        match event:
            case yaml.ScalarEvent():
                if self._open and self._open[-1].awaits_key:
                    self._key(self._open[-1], event.value, line)
                else:
                    value = _value(event, line)
                    self._place(value, line)
                    self._done(value, event.anchor, 1)
            case yaml.AliasEvent():
                self._alias(event.anchor, line)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._begin(event, line)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                frame = self._open.pop()
                self._done(frame.value, frame.anchor, frame.size)
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise _Unreadable(line, "a second document begins here", "keep one document in a file")
            case _:
                pass

    def _key(self, frame: _Frame, key: str, line: int) -> None:
        path = (*frame.path, key)
        if key == "<<":
            self._faults.bad(path, "merge keys are not read", "write the keys out")
        elif key in frame.value:
            first = self.lines[path]
            self._faults.bad(path, f"{shown(key)} stands here twice, first on line {first}", "keep one of them")
        frame.key = key
        self.lines[path] = line

    def _begin(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent, line: int) -> None:
        if event.tag not in {None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}:
            raise _tagged(event.tag, line)
        if len(self._open) >= _DEEPEST:
            raise _Unreadable(
                line, f"more than {_DEEPEST} levels are nested here", "a configuration needs fewer than ten"
            )
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._open.append(_Frame(value, self._place(value, line), event.anchor))

    def _alias(self, anchor: str | None, line: int) -> None:
        if anchor is None or anchor not in self._anchors:
            raise _Unreadable(line, f"nothing before this line is called &{anchor}", "write the value out")
        value, size = self._anchors[anchor]
        self._place(value, line)
        self._done(value, None, size)
        if sum(frame.size for frame in self._open) > _MOST_VALUES:
            raise _Unreadable(line, f"aliases repeat more than {_MOST_VALUES} values", "write out what is needed")

    def _place(self, value: Any, line: int) -> Path:
        """Puts a value where it belongs; its path."""
        if not self._open:
            self.data = value
            path: Path = ()
        else:
            frame = self._open[-1]
            if isinstance(frame.value, list):
                path = (*frame.path, len(frame.value))
                frame.value.append(value)
            elif frame.key is None:
                raise _Unreadable(
                    line, "a key must be a plain word", "write `key: value`, and quote braces that are text"
                )
            else:
                path = (*frame.path, frame.key)
                frame.value[frame.key] = value
        self.lines.setdefault(path, line)
        return path

    def _done(self, value: Any, anchor: str | None, size: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, size)
        if self._open:
            self._open[-1].key = None
            self._open[-1].size += size


def _value(event: yaml.ScalarEvent, line: int) -> str | float | bool | None:
    """Text, unless an unquoted word means something else."""
    text: str = event.value
    if event.tag in _TEXT_TAGS or (event.tag is None and event.style):
        return text
    if event.tag is not None:
        raise _tagged(event.tag, line)
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _FRACTION.fullmatch(text) else text


def _tagged(tag: str, line: int) -> _Unreadable:
    return _Unreadable(line, f"the tag {shown(tag)} is not read", "leave the tag out")


def _syntax(text: str, error: yaml.YAMLError) -> _Unreadable:
    """PyYAML's error in one line, with the usual mistakes by name."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        return _Unreadable(line, "a control character stands here", "write plain text")
    line = mark.line + 1
    wrong = text.splitlines()[mark.line] if mark.line < len(text.splitlines()) else ""
    if "\t" in wrong[: len(wrong) - len(wrong.lstrip())]:
        return _Unreadable(line, "a tab indents this line", "indent with spaces")
    problem = str(getattr(error, "problem", None) or "a syntax error")
    return _Unreadable(line, f"this is no YAML: {problem}", "look at quotes, colons and indentation here and above")
