"""What a cell is, and the judgement on how it ended: the same for the lab's cells and for those in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from faults.invariants import violations
from toolkit.lab.worlds import KINDS

if TYPE_CHECKING:
    from faults.endings import End
    from faults.invariants import Trace

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {**{kind: (kind,) for kind in KINDS}, "mixed": tuple(KINDS)}
FIRST, SECOND, THIRD = "run-1", "run-2", "run-3"
# How a run may end that leaves something where nobody is: it says so, and its exit code with it.
_OWNED_UP: Final = frozenset({"incomplete", "killed"})


@dataclass(frozen=True, order=True)
class Cell:
    """Which group, which trouble, at which request, counted from 1."""

    group: str
    trouble: str
    position: int

    def __str__(self) -> str:
        return f"{self.group}, request {self.position}: {self.trouble}"


@dataclass(frozen=True)
class Verdict:
    """How a cell ended, and what is wrong with that: lost addresses, broken invariants, ends nobody can explain.

    ``struck`` when its trouble came about; one that was spared shows nothing.
    """

    cell: Cell
    end: str
    lost: tuple[str, ...] = ()
    violations: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unexplained: str = ""
    struck: bool = True

    @property
    def sound(self) -> bool:
        return not (self.lost or self.violations or self.unexplained)

    def __str__(self) -> str:
        found = "; ".join(f"{name}: {faults[0]}" for name, faults in self.violations.items())
        wrong = ", ".join(filter(None, (f"lost {', '.join(self.lost)}" if self.lost else "", found, self.unexplained)))
        return f"{self.cell}: {self.end}" + (f" — {wrong}" if wrong else "")


def judged(cell: Cell, trace: Trace, first: End, second: End) -> Verdict:
    """The disturbed run and the one that took it up, by the world that they left."""
    here = trace.concern.at(trace.moments[-1].placement)
    lost = tuple(key for key, node in here.items() if not node)
    unexplained = first.unexplained or _hidden(trace, first)
    if second.word != "done":
        reason = second.result.reason if second.result else second.unexplained
        unexplained = unexplained or f"resume: {second.word} {reason}"
    elif len(set(here.values())) > 1 and not lost:
        unexplained = unexplained or f"after the resume the addresses are apart: {here}"
    return Verdict(cell, first.word, lost, violations(trace), unexplained)


def counted(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Those that count: the trouble of each came about; or it is unsound without, which nothing excuses."""
    return [verdict for verdict in verdicts if verdict.struck or not verdict.sound]


def totals(verdicts: Iterable[Verdict]) -> str:
    """The line that says it all; cells that were spared are not among those tried."""
    seen = counted(verdicts)
    return (
        f"cells tried {len(seen)}, addresses lost {sum(len(v.lost) for v in seen)},"
        f" invariant violations {sum(len(v.violations) for v in seen)},"
        f" unexplained ends {sum(bool(v.unexplained) for v in seen)}"
    )


def ends(verdicts: Iterable[Verdict]) -> Mapping[str, Counter[str]]:
    """By trouble: how often its cells ended how."""
    found: dict[str, Counter[str]] = {}
    for verdict in counted(verdicts):
        found.setdefault(verdict.cell.trouble, Counter())[verdict.end] += 1
    return found


def _hidden(trace: Trace, first: End) -> str:
    """The address that the disturbed run itself left with nobody, if it ended as though nothing were open."""
    if first.word in _OWNED_UP or first.word.startswith("stopped"):
        return ""
    taken: set[str] = set()
    for before, after in zip(trace.moments, trace.moments[1:], strict=False):
        for key in trace.concern.kinds:
            if after.placement.get(key):
                taken.discard(key)
            elif before.placement.get(key) and after.run == FIRST and after.changes:
                taken.add(key)
        if after.run == FIRST and after.ends:
            break
    return f"{first.word}, with {', '.join(sorted(taken))} at nobody" if taken else ""
