"""What a cell is, and the judgement on how it ended: the same for the lab's cells and for those in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from faults.endings import misled
from faults.invariants import violations
from toolkit.lab.worlds import KINDS

if TYPE_CHECKING:
    from faults.endings import End
    from faults.invariants import Trace

SLOW: Final = "slow eni"
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    **{kind: (kind,) for kind in KINDS},
    "mixed": tuple(KINDS),
    # An interface that AWS takes its time to detach and to attach.
    SLOW: ("eni",),
}
# How the disturbed run came about: a person's word; or after a failure of the holder, as the policy has it.
BY_HAND, FAILURE, FENCED, STANDING = "by hand", "after a failure", "after a failure, fencing", "on a standing plan"
CAUSES: Final = (BY_HAND, FAILURE, FENCED, STANDING)
FIRST, SECOND, THIRD = "run-1", "run-2", "run-3"
# How a run may end that leaves something where nobody is: it says so, and its exit code with it.
_OWNED_UP: Final = frozenset({"incomplete", "killed", "stopped: Incomplete", "stopped: LeaseLost"})
# How a run ends that has changed nothing.
_NOTHING_MOVED: Final = frozenset({"hold", "failed"})


@dataclass(frozen=True, order=True)
class Cell:
    """Which group, which trouble, at which request, counted from 1, of a run that came about how."""

    group: str
    trouble: str
    position: int
    cause: str = BY_HAND

    def __str__(self) -> str:
        why = "" if self.cause == BY_HAND else f" {self.cause}"
        return f"{self.group}{why}, request {self.position}: {self.trouble}"


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


@dataclass(frozen=True)
class Played:
    """One run of a cell: whose it was, how it ended, whether the journal had a run open then."""

    owner: str
    end: End
    open_run: bool


def judged(cell: Cell, trace: Trace, first: Played, *later: Played) -> Verdict:
    """The disturbed run and those after it, each by its word at its end, and by the world that they left."""
    here = trace.concern.at(trace.moments[-1].placement)
    lost = tuple(key for key, node in here.items() if not node)
    found = [told for run in (first, *later) for told in wrong_with(trace, run)]
    found += [f"{run.owner}: {run.end.word} {run.end.said}" for run in later if run.end.word != "done"]
    if len(set(here.values())) > 1 and not lost:
        found.append(f"after the resume the addresses are apart: {here}")
    return Verdict(cell, first.end.word, lost, violations(trace), found[0] if found else "")


def wrong_with(trace: Trace, run: Played) -> Iterator[str]:
    """What a run's end does not explain, hides, or tells though it is not so."""
    if run.end.unexplained:
        yield run.end.unexplained
    if not trace.stolen:
        # What is open then may be another's run; and a robbed one cannot know whether it was taken up.
        yield from filter(None, [misled(run.end, open_run=run.open_run)])
    yield from hidden(trace, run.owner, run.end.word)
    yield from untrue(trace, run)


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


def hidden(trace: Trace, owner: str, word: str) -> Iterator[str]:
    """The address that a run itself left with nobody, if it ended as though nothing were open."""
    taken: set[str] = set()
    for before, after in zip(trace.moments, trace.moments[1:], strict=False):
        for key in trace.concern.kinds:
            if after.placement.get(key):
                taken.discard(key)
            elif before.placement.get(key) and after.run == owner and after.changes:
                taken.add(key)
        if after.run == owner and after.ends:
            break
    if taken and word not in _OWNED_UP:
        yield f"{word}, with {', '.join(sorted(taken))} at nobody"


def untrue(trace: Trace, run: Played) -> Iterator[str]:
    """A ``done`` that is not so, or that nobody had looked for; a ``hold`` or ``failed`` that moved something."""
    at = next((n for n, each in enumerate(trace.moments) if each.run == run.owner and each.ends), None)
    if at is None:
        return
    began = max((n for n, each in enumerate(trace.moments[:at]) if each.run == run.owner and each.begins), default=0)
    changed = [n for n in range(began + 1, at) if _moved_by(trace, n, run.owner)]
    if run.end.word in _NOTHING_MOVED and changed:
        yield f"{run.end.word}, and its {trace.moments[changed[-1]].what} had moved something"
    if run.end.word != "done" or run.end.result is None or run.end.result.target is None:
        return
    over = trace.moments[at]
    if changed and over.read_at <= changed[-1]:
        yield f"done, and nobody had looked since {trace.moments[changed[-1]].what}"
    wanted = trace.concern.nodes[run.end.result.target]
    for key, node in trace.concern.at(over.placement).items():
        if node != wanted and not _moved_later(trace, key, over.read_at, at, run.owner):
            yield f"done, with {key} at {node or 'nobody'} and not at {run.end.result.target}"


def _moved_by(trace: Trace, number: int, owner: str) -> bool:
    """Whether a moment is a change by that owner that brought an address of the group elsewhere."""
    before, after = trace.moments[number - 1], trace.moments[number]
    if after.run != owner or not after.changes:
        return False
    return any(before.placement.get(key) != after.placement.get(key) for key in trace.concern.kinds)


def _moved_later(trace: Trace, key: str, since: int, until: int, owner: str) -> bool:
    """Whether somebody else brought an address elsewhere after a run had read the world.

    What shows first at a word of the run was another's doing too: a word moves nothing.
    """
    return any(
        trace.concern.node_of(key, trace.moments[n - 1].placement)
        != trace.concern.node_of(key, trace.moments[n].placement)
        for n in range(max(since, 1), until + 1)
        if trace.moments[n].run != owner or not trace.moments[n].changes
    )
