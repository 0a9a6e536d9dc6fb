"""Policy documents: statements that allow or deny, by action, resource and condition."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

_ELEMENTS: Final = frozenset({"Sid", "Effect", "Action", "Resource", "Condition"})
_ANY: Final = "ForAnyValue:"
_ALL: Final = "ForAllValues:"
Context = Mapping[str, Sequence[str]]


@cache
def _pattern(text: str, flags: int) -> re.Pattern[str]:
    """IAM's own wildcards: ``*`` and ``?``, and nothing else has a meaning."""
    signs = {"*": ".*", "?": "."}
    return re.compile("".join(signs.get(sign) or re.escape(sign) for sign in text), flags | re.DOTALL)


def _like(value: str, pattern: str) -> bool:
    return _pattern(pattern, 0).fullmatch(value) is not None


def _equal(value: str, wanted: str) -> bool:
    return value == wanted


_OPERATORS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "ArnEquals": _like,
    "ArnLike": _like,
    "StringEquals": _equal,
    "StringLike": _like,
}
_NEGATED: Final = {"StringNotEquals": "StringEquals"}


@dataclass(frozen=True)
class _Condition:
    """One key under one operator."""

    operator: str
    key: str
    wanted: tuple[str, ...]

    def holds(self, context: Context) -> bool:
        """Whether it holds; a key that the request lacks satisfies ForAllValues, a "not", and nothing else."""
        given = context.get(self.key, ())
        if self.operator in _NEGATED:
            return not _Condition(_NEGATED[self.operator], self.key, self.wanted).holds(context)
        name = self.operator.removeprefix(_ANY).removeprefix(_ALL)
        verdicts = [any(_OPERATORS[name](value, wanted) for wanted in self.wanted) for value in given]
        if self.operator.startswith(_ANY):
            return any(verdicts)
        return all(verdicts) and (bool(verdicts) or self.operator.startswith(_ALL))


@dataclass(frozen=True)
class Statement:
    """One statement of a policy."""

    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[_Condition, ...]

    def speaks_of(self, action: str, resource: str, context: Context) -> bool:
        """Whether it is about that action on that resource; the case of an action does not count."""
        return (
            any(_pattern(pattern, re.IGNORECASE).fullmatch(action) for pattern in self.actions)
            and any(_like(resource, pattern) for pattern in self.resources)
            and all(condition.holds(context) for condition in self.conditions)
        )


class Policy:
    """A policy document.

    Raises:
        ValueError: an element, effect or operator that is not judged here; it is never taken for a yes.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        statements = document.get("Statement", ())
        rows = [statements] if isinstance(statements, Mapping) else statements
        self.statements = tuple(_statement(row) for row in rows)

    def allows(self, action: str, resource: str, context: Context) -> bool:
        """Whether some statement allows it and none denies it; the names of context keys are in lower case."""
        found = {s.effect for s in self.statements if s.speaks_of(action, resource, context)}
        return found == {"Allow"}


def _statement(row: Mapping[str, Any]) -> Statement:
    unknown = set(row) - _ELEMENTS
    if unknown:
        raise ValueError(f"the lab does not judge {', '.join(sorted(unknown))} in a policy")
    if row.get("Effect") not in {"Allow", "Deny"}:
        raise ValueError(f"Effect is Allow or Deny, not {row.get('Effect')!r}")
    return Statement(
        effect=str(row["Effect"]),
        actions=_texts(row["Action"]),
        resources=_texts(row["Resource"]),
        conditions=tuple(_conditions(row.get("Condition", {}))),
    )


def _conditions(block: Mapping[str, Mapping[str, str | Sequence[str]]]) -> Iterator[_Condition]:
    for operator, keys in block.items():
        if operator not in _NEGATED and operator.removeprefix(_ANY).removeprefix(_ALL) not in _OPERATORS:
            raise ValueError(f"the lab does not judge the operator {operator}")
        for key, wanted in keys.items():
            # The names of condition keys, unlike their values, are the same in any case.
            yield _Condition(operator, key.lower(), _texts(wanted))


def _texts(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
