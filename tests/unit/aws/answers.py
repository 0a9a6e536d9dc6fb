"""Canned answers in the place of AWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Answer: TypeAlias = "dict[str, Any] | Exception | Callable[[Mapping[str, Any]], dict[str, Any]]"


@dataclass
class Canned:
    """``Requests`` that answers each action with what stands there: an answer, an error, a function of the params."""

    answers: Mapping[str, Answer]
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    regions: list[str | None] = field(default_factory=list)

    def request(
        self, service: str, action: str, params: Mapping[str, Any], *, region: str | None = None
    ) -> dict[str, Any]:
        assert service
        self.asked.append((action, dict(params)))
        self.regions.append(region)
        answer = self.answers[action]
        if isinstance(answer, Exception):
            raise answer
        return answer(params) if callable(answer) else answer
