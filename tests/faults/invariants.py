"""What must hold of every run, judged from outside: pure over what the endpoint saw, never asked of the engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

Placement: TypeAlias = Mapping[str, frozenset[str]]

# The kinds that AWS moves by two calls; any other is never nowhere (DESIGN.md §5).
TWO_CALLS: Final = frozenset({"ipv6", "eni"})


@dataclass(frozen=True, kw_only=True)
class Gap:
    """For how long an address of a kind that takes two calls may be nowhere while its run lives.

    Counted in the run's own changes, refused ones and its writes of the journal included, so that a slow machine
    is no fault; the seconds only keep a run from waiting without end.
    """

    changes: int = 24
    seconds: float = 30.0


@dataclass(frozen=True, kw_only=True)
class Lease:
    """The lease as it stood in the table."""

    owner: str
    fence: int
    released: bool


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One change of the world, or one word about it, and the world right after it.

    ``run`` is the owner who made it, by the user agent; empty for another hand, for a person, for the lab.
    ``changes`` tells a call that may move something from a word and from a write of the ledger. ``healthy`` are
    the instances that served at this moment. ``at`` is monotonic seconds. ``asked`` counts the changes that each
    run has asked for, refused ones and those of the ledger among them. ``looked`` when the ledger told ``run`` that
    the lease is not its own any more. ``still_seconds`` is how long the disturbed process has stood still so far.
    ``hindered`` when the run that ends here asked to give the lease back, and was refused or not heard.
    """

    what: str
    run: str = ""
    at: float = 0.0
    placement: Placement
    lease: Lease | None = None
    healthy: frozenset[str] = frozenset()
    changes: bool = False
    begins: bool = False
    dies: bool = False
    ends: bool = False
    looked: bool = False
    asked: Mapping[str, int] = field(default_factory=dict)
    still_seconds: float = 0.0
    hindered: bool = False


@dataclass(frozen=True, kw_only=True)
class Concern:
    """The group as the observer knows it: the kind of each of its keys, and its instances by node name.

    ``carried`` are addresses that are no member and go where a member goes.
    """

    kinds: Mapping[str, str]
    nodes: Mapping[str, str]
    carried: frozenset[str] = frozenset()

    def node_of(self, key: str, placement: Placement) -> str:
        """The instance that an address leads to; empty for nowhere, or for more than one place."""
        seen: set[str] = set()
        while key not in seen:
            seen.add(key)
            places = placement.get(key, frozenset())
            if len(places) != 1:
                return ""
            (place,) = places
            if place.startswith("i-"):
                return place
            key = f"eni:{place}" if place.startswith("eni-") else f"ip:{place}"
        return ""

    def at(self, placement: Placement) -> dict[str, str]:
        """The instance of every address of the group."""
        return {key: self.node_of(key, placement) for key in self.kinds}


@dataclass(frozen=True, kw_only=True)
class Story:
    """What the journal says at the end: the target of the last run that left the group whole, what is open."""

    whole_at: str = ""
    open_run: bool = False


@dataclass(frozen=True, kw_only=True)
class Trace:
    """All that was seen of one group, oldest first; the first moment is the world before any run.

    ``stolen`` when somebody took the lease from a living run: what that run had begun before its next look at the
    lease, one change of an address at most, is the one thing that nobody can keep from happening.
    """

    concern: Concern
    moments: Sequence[Moment] = field(default_factory=tuple)
    story: Story = field(default_factory=Story)
    gap: Gap = field(default_factory=Gap)
    stolen: bool = False

    def changes(self) -> Iterator[tuple[Moment, Moment]]:
        """Each change that a run made, with the moment before it."""
        for before, after in zip(self.moments, self.moments[1:], strict=False):
            if after.run and after.changes:
                yield before, after


def on_one_node(trace: Trace) -> Iterator[str]:
    """No address is in two places."""
    for moment in trace.moments:
        for key in trace.concern.kinds:
            places = moment.placement.get(key, frozenset())
            if len(places) > 1:
                yield f"{key} is at {', '.join(sorted(places))} after {moment.what}"


def never_homeless(trace: Trace) -> Iterator[str]:
    """No run takes an address from its place without giving it another, but for the gap of its kind."""
    for before, after in trace.changes():
        for key, kind in trace.concern.kinds.items():
            if before.placement.get(key) and not after.placement.get(key) and kind not in TWO_CALLS:
                yield f"{key} is nowhere after {after.what}"
    for key, kind in trace.concern.kinds.items():
        if kind in TWO_CALLS:
            yield from _long_gaps(trace, key)


def under_the_lease(trace: Trace) -> Iterator[str]:
    """No change without the lease, none after giving it back, none with an old number once a newer one acted."""
    fences: dict[str, int] = {}
    released: set[str] = set()
    told: set[str] = set()
    late: set[tuple[str, str]] = set()
    under_way: Counter[str] = Counter()
    used = 0
    for before, after in zip(trace.moments, trace.moments[1:], strict=False):
        if after.lease is not None and after.lease != before.lease:
            fences[after.lease.owner] = after.lease.fence
            (released.add if after.lease.released else released.discard)(after.lease.owner)
        if after.looked:
            told.add(after.run)
        if not (after.run and after.changes) or before.placement == after.placement:
            continue
        fence = fences.get(after.run, 0)
        if not fence:
            yield f"{after.run} made {after.what} without ever holding the lease"
        elif after.run in released:
            yield f"{after.run} made {after.what} after it had given the lease back"
        elif fence < used:
            moved = {key for key in trace.concern.kinds if before.placement.get(key) != after.placement.get(key)}
            # What other threads of the same stage had begun when one of them looked still comes.
            under_way[after.run] += after.run in told
            again = {key for key in moved if (after.run, key) in late}
            if not trace.stolen or again or under_way[after.run] >= len(trace.concern.kinds):
                yield f"{after.run} made {after.what} with number {fence} after {used} had acted"
            late |= {(after.run, key) for key in moved}
        used = max(used, fence)


def inside_the_group(trace: Trace) -> Iterator[str]:
    """No run changes where anything is that is not the group's."""
    for before, after in trace.changes():
        moved = {k for k in {*before.placement, *after.placement} if before.placement.get(k) != after.placement.get(k)}
        for key in sorted(moved - set(trace.concern.kinds) - trace.concern.carried):
            yield f"{key} is not the group's, and {after.what} moved it"


def to_the_proven(trace: Trace) -> Iterator[str]:
    """No run brings an address to a node that did not serve when it began; back to where it was, it may."""
    began: dict[str, Moment] = {}
    for before, after in zip(trace.moments, trace.moments[1:], strict=False):
        if after.begins:
            began[after.run] = after
        if not after.changes or after.run not in began:
            continue
        start = began[after.run]
        home = trace.concern.at(start.placement)
        for key, node in trace.concern.at(after.placement).items():
            arrived = node and node != trace.concern.node_of(key, before.placement)
            if arrived and node not in start.healthy and node != home[key]:
                yield f"{after.what} brought {key} to {node}, which nobody had proven"


def as_the_journal_says(trace: Trace) -> Iterator[str]:
    """Where the journal says that all is at one node, it is; where it says that nothing is open, nothing is lost."""
    if not trace.moments or trace.story.open_run:
        return
    here = trace.concern.at(trace.moments[-1].placement)
    wanted = trace.concern.nodes.get(trace.story.whole_at)
    for key, node in here.items():
        if wanted and node != wanted:
            yield f"the journal has {key} at {wanted}, the world at {node or 'nobody'}"
        elif not node:
            yield f"the journal has nothing open, and {key} is at nobody"


def given_back(trace: Trace) -> Iterator[str]:
    """A run that ends by itself gives its lease back, unless it is kept from it."""
    for moment in trace.moments:
        lease = moment.lease
        if moment.ends and not moment.hindered and lease and lease.owner == moment.run and not lease.released:
            yield f"{moment.run} ended and kept the lease with number {lease.fence}"


Invariant: TypeAlias = Callable[[Trace], Iterator[str]]
INVARIANTS: Final[Mapping[str, Invariant]] = {
    "no address on two nodes": on_one_node,
    "no address on none for longer than its kind's gap": never_homeless,
    "no change without the lease or with an old number": under_the_lease,
    "no change outside the group": inside_the_group,
    "no move to an unproven node": to_the_proven,
    "the journal's story is the world's": as_the_journal_says,
    "no lease kept after the end": given_back,
}


def violations(trace: Trace) -> dict[str, list[str]]:
    """What each broken invariant found, by its name; empty when all hold."""
    found = {name: list(invariant(trace)) for name, invariant in INVARIANTS.items()}
    return {name: faults for name, faults in found.items() if faults}


def _long_gaps(trace: Trace, key: str) -> Iterator[str]:
    """A gap that a run opened and did not close in time although it lived on; a dead one cannot."""
    opened: Moment | None = None
    for before, after in zip(trace.moments, trace.moments[1:], strict=False):
        if opened:
            asked = after.asked.get(opened.run, 0) - opened.asked.get(opened.run, 0)
            seconds = (after.at - after.still_seconds) - (opened.at - opened.still_seconds)
            if asked > trace.gap.changes or seconds > trace.gap.seconds:
                yield f"{key} was nowhere for {asked} changes and {seconds:.1f} s after {opened.what}"
                opened = None
        over = opened is not None and after.run == opened.run and (after.dies or after.ends)
        if after.placement.get(key) or over:
            opened = None
        elif before.placement.get(key) and after.run and after.changes:
            opened = after
