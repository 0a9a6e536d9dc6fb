"""The tests that CI may skip; every other skip or expected failure is a red build there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# The start of a test's id → why CI cannot run it.
ALLOWED: Final[Mapping[str, str]] = {}


def refusal(test_id: str, reason: str, *, allowed: Mapping[str, str] = ALLOWED) -> str | None:
    """The sentence that fails a skipped test in CI, or None where the list allows the skip."""
    if any(test_id.startswith(start) for start in allowed):
        return None
    return f"skipped in CI, and not on the list in tests/support/skips.py: {test_id}: {reason}"
