"""Whether the observer can trust its own eyes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from toolkit.domain.health import Observation, Outcome

# Stands where a node's name stands in observations of anchors; no node can have a name with brackets.
OBSERVER: Final = "(observer)"


def cut_off(observations: Iterable[Observation]) -> str | None:
    """Why the observer is the one that is cut off, None when it is not or has no anchors.

    One anchor reached is enough: a single anchor that is away is that anchor's own trouble.
    """
    anchors = [seen for seen in observations if seen.node == OBSERVER]
    if not anchors or any(seen.outcome is Outcome.PASSED for seen in anchors):
        return None
    seen = "; ".join(f"{anchor.probe}: {anchor.why}" for anchor in anchors)
    return f"this observer reaches none of its anchors ({seen})"
