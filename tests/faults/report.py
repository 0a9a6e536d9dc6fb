"""The matrix as a table for docs/reliability.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from faults.verdicts import counted, ends, totals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faults.verdicts import Verdict

BEGIN: Final = "<!-- the matrix: written by make faults -->"
END: Final = "<!-- the end of the matrix -->"


def page(text: str, lab: Sequence[Verdict], memory: Sequence[Verdict]) -> str:
    """The page with new tables between its marks; raises ValueError when it has no marks."""
    head, mark, rest = text.partition(BEGIN)
    _, last, tail = rest.partition(END)
    if not (mark and last):
        raise ValueError(f"the page lacks the marks {BEGIN} and {END}")
    parts = [
        "On the lab, over HTTP, in real time:",
        table(lab, "at each request of the run"),
        totals(lab),
        "In memory, in simulated time:",
        table(memory, "at each point of the run"),
        totals(memory),
        "All together:",
        f"    {totals([*lab, *memory])}",
    ]
    return "\n\n".join([f"{head}{BEGIN}", *parts, f"{END}{tail}"])


def table(verdicts: Sequence[Verdict], where: str) -> str:
    """One row for each trouble: cells tried, cells sound, and how the disturbed runs ended."""
    rows = [
        f"| trouble, {where} | cells | sound | how the disturbed run ended |",
        "|---|---|---|---|",
    ]
    for trouble, words in sorted(ends(verdicts).items()):
        mine = [verdict for verdict in counted(verdicts) if verdict.cell.trouble == trouble]
        told = ", ".join(f"{end} {count}" for end, count in words.most_common())
        rows.append(f"| {trouble} | {len(mine)} | {sum(verdict.sound for verdict in mine)} | {told} |")
    return "\n".join(rows)
