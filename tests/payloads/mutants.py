"""Broken events: a payload of the corpus with some of its values replaced, moved or left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from hypothesis import strategies as st

from payloads import corpus

_VALUES: Final = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=True),
    st.text(max_size=12),
    st.sampled_from(
        [
            "",
            "ALARM",
            "OK",
            "444455556666",
            "eu-central-1",
            "i-0fffffffffffffff0",
            "terminated",
            "9999-99-99T00:00:00Z",
            "0001-01-01T00:00:00+14:00",
            "[" * 5000,
            "arn:aws:cloudwatch:eu-west-1:444455556666:alarm:db-1-down",
            {},
            [],
            [[]],
            {"Records": []},
        ]
    ),
)


def events() -> st.SearchStrategy[object]:
    """One broken event; now and then a whole one, and now and then no event at all."""
    return st.one_of(st.builds(_broken, st.sampled_from(corpus.names()), st.lists(_change(), max_size=3)), _VALUES)


def _change() -> st.SearchStrategy[tuple[int, str, object]]:
    verbs = st.sampled_from(["put", "put", "drop", "double", "inside"])
    return st.tuples(st.integers(0, 10_000), verbs, _VALUES)


def _broken(name: str, changes: list[tuple[int, str, object]]) -> object:
    event: Any = corpus.payload(name)
    for number, verb, value in changes:
        places = list(_places(event))
        if places:
            holder, key = places[number % len(places)]
            _apply(holder, key, verb, value)
    return event


def _apply(holder: Any, key: Any, verb: str, value: object) -> None:
    match verb:
        case "drop":
            del holder[key]
        case "double":
            holder[key] = [holder[key], holder[key]]
        case "inside":
            holder[key] = _inside(holder[key], value)
        case _:
            holder[key] = value


def _inside(text: object, value: object) -> object:
    """Break what a text of JSON holds, and wrap it again."""
    try:
        inner: Any = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        inner = None
    if not isinstance(inner, dict) or not inner:
        return {"inside": text}
    inner[next(iter(inner))] = value
    return json.dumps(inner)


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    rows = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in rows:
        yield node, key
        yield from _places(value)
