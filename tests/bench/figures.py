"""A promise of the design beside what was measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One promise, the most that it allows, and what this run measured, both in ``unit``."""

    promise: str
    at_most: float
    measured: float
    unit: str
    note: str = ""

    @property
    def kept(self) -> bool:
        """Whether the promise holds; a measurement that is not a number breaks it."""
        return self.measured <= self.at_most


def table(figures: Iterable[Figure]) -> str:
    """The figures as aligned lines for people and for logs."""
    rows = [("promise", "at most", "measured", "")]
    rows += [
        (
            figure.promise,
            f"{figure.at_most:g} {figure.unit}",
            f"{figure.measured:.3g} {figure.unit}",
            "  ".join(filter(None, ("kept" if figure.kept else "BROKEN", figure.note))),
        )
        for figure in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
