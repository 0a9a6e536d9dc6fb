"""Times with their unit, as text and as seconds."""

from __future__ import annotations

import re
from typing import Final

PATTERN: Final = r"[0-9]{1,9}(?:\.[0-9]{1,20})?(?:ms|s|m|h)"
_PARTS = re.compile(r"([0-9.]+)(ms|s|m|h)")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}
_MILLISECONDS_PER_SECOND = 1000


def seconds(text: str) -> float | None:
    """The seconds that a text stands for, None if it is no duration."""
    if re.fullmatch(PATTERN, text) is None:
        return None
    number, unit = _PARTS.fullmatch(text).groups()  # type: ignore[union-attr]  # PATTERN is the narrower one
    if unit == "ms":
        return float(number) / _MILLISECONDS_PER_SECOND
    return float(number) * _SECONDS[unit]


def spelled(duration_seconds: float) -> str:
    """The shortest text that ``seconds`` reads as the same time."""
    for unit in ("h", "m", "s"):
        count = duration_seconds / _SECONDS[unit]
        if count.is_integer() and count * _SECONDS[unit] == duration_seconds and (count or unit == "s"):
            return f"{count:.0f}{unit}"
    milliseconds = duration_seconds * _MILLISECONDS_PER_SECOND
    if milliseconds.is_integer() and milliseconds / _MILLISECONDS_PER_SECOND == duration_seconds:
        return f"{milliseconds:.0f}ms"
    return f"{duration_seconds!r}s"
