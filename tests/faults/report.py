"""The matrix as a table for docs/reliability.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from faults.cells import ends, totals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faults.cells import Verdict

BEGIN: Final = "<!-- the matrix: written by make faults -->"
END: Final = "<!-- the end of the matrix -->"


def page(text: str, verdicts: Sequence[Verdict]) -> str:
    """The page with a new table between its marks; raises ValueError when it has no marks."""
    head, mark, rest = text.partition(BEGIN)
    _, last, tail = rest.partition(END)
    if not (mark and last):
        raise ValueError(f"the page lacks the marks {BEGIN} and {END}")
    return f"{head}{BEGIN}\n\n{table(verdicts)}\n\n{totals(verdicts)}\n\n{END}{tail}"


def table(verdicts: Sequence[Verdict]) -> str:
    """One row for each trouble: cells tried, cells sound, and how the disturbed runs ended."""
    rows = [
        "| trouble, at each request of the run | cells | sound | how the disturbed run ended |",
        "|---|---|---|---|",
    ]
    for trouble, counted in ends(verdicts).items():
        mine = [verdict for verdict in verdicts if verdict.cell.trouble == trouble]
        told = ", ".join(f"{end} {count}" for end, count in counted.most_common())
        rows.append(f"| {trouble} | {len(mine)} | {sum(verdict.sound for verdict in mine)} | {told} |")
    return "\n".join(rows)
