"""A cell of the matrix: one group, one trouble, one request; the run, the healing, the resume, the judgement."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from faults.endings import End, ended
from faults.invariants import violations
from faults.site import Site
from faults.troubles import TROUBLES
from toolkit.domain.decision import Cause, Trigger
from toolkit.lab.worlds import KINDS

if TYPE_CHECKING:
    from faults.observed import ObservedEndpoint
    from faults.troubles import Setup
    from toolkit.engine.engine import Engine

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {**{kind: (kind,) for kind in KINDS}, "mixed": tuple(KINDS)}
FIRST, SECOND, THIRD = "run-1", "run-2", "run-3"


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
    """How a cell ended, and what is wrong with that: lost addresses, broken invariants, ends nobody can explain."""

    cell: Cell
    end: str
    lost: tuple[str, ...] = ()
    violations: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unexplained: str = ""

    @property
    def sound(self) -> bool:
        return not (self.lost or self.violations or self.unexplained)

    def __str__(self) -> str:
        found = "; ".join(f"{name}: {faults[0]}" for name, faults in self.violations.items())
        wrong = ", ".join(filter(None, (f"lost {', '.join(self.lost)}" if self.lost else "", found, self.unexplained)))
        return f"{self.cell}: {self.end}" + (f" — {wrong}" if wrong else "")


def requests_of(endpoint: ObservedEndpoint, url: str, group: str) -> int:
    """How many requests an undisturbed move of the group makes."""
    site = Site(endpoint, url, GROUPS[group])
    try:
        ended = _go(site, site.engine(FIRST), FIRST)
        return site.requests if ended.word == "done" else 0
    finally:
        site.close()


def play(endpoint: ObservedEndpoint, url: str, cell: Cell) -> Verdict:
    """The cell from a fresh world to its judgement."""
    site = Site(endpoint, url, GROUPS[cell.group])
    try:
        setup = TROUBLES[cell.trouble](site, cell.position)
        first = _go(site, site.engine(FIRST, strike=setup.strike, switch=setup.switch), FIRST)
        site.dead.add(FIRST)
        _healed(site, setup, first)
        second = _go(site, site.engine(SECOND), SECOND, resumes=True)
        if site.bereft():
            # A node that died under a finished run is no matter for ``resume``: the next failure run sees to it.
            second = _go(site, site.engine(THIRD), THIRD, cause=Cause.FAILURE)
        elif site.stolen and site.apart():
            # What the robbed run had begun came after the thief's end: ``failover run`` brings it together.
            second = _go(site, site.engine(THIRD), THIRD, to=site.whole_at())
        return _judged(site, cell, first, second)
    finally:
        site.settle()
        site.close()


def totals(verdicts: Iterable[Verdict]) -> str:
    """The line that says it all."""
    seen = list(verdicts)
    return (
        f"cells tried {len(seen)}, addresses lost {sum(len(v.lost) for v in seen)},"
        f" invariant violations {sum(len(v.violations) for v in seen)},"
        f" unexplained ends {sum(bool(v.unexplained) for v in seen)}"
    )


def ends(verdicts: Iterable[Verdict]) -> Mapping[str, Counter[str]]:
    """By trouble: how often its cells ended how."""
    found: dict[str, Counter[str]] = {}
    for verdict in verdicts:
        found.setdefault(verdict.cell.trouble, Counter())[verdict.end] += 1
    return found


def _healed(site: Site, setup: Setup, first: End) -> None:
    site.settle(setup.wait_seconds)
    setup.heal(first.result)


def _go(
    site: Site,
    engine: Engine,
    owner: str,
    *,
    resumes: bool = False,
    cause: Cause = Cause.MANUAL,
    to: str = "db-2",
) -> End:
    observer = site.endpoint.observer
    observer.word("a run begins", run=owner, begins=True)
    trigger = Trigger(cause, "the matrix", time.time(), target=to if cause is Cause.MANUAL else None)
    end = ended(lambda: engine.resume(site.group) if resumes else engine.run(site.group, trigger))
    observer.word(f"the run is {end.word}", run=owner, dies=end.word == "killed", ends=end.word != "killed")
    return end


def _judged(site: Site, cell: Cell, first: End, second: End) -> Verdict:
    trace = site.trace(site.history())
    here = trace.concern.at(trace.moments[-1].placement)
    lost = tuple(key for key, node in here.items() if not node)
    unexplained = first.unexplained
    if second.word != "done":
        reason = second.result.reason if second.result else second.unexplained
        unexplained = unexplained or f"resume: {second.word} {reason}"
    elif len(set(here.values())) > 1 and not lost:
        unexplained = unexplained or f"after the resume the addresses are apart: {here}"
    return Verdict(cell, first.word, lost, violations(trace), unexplained)
