"""What must hold of every run, judged from outside: pure over what the endpoint saw, never asked of the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

Placement: TypeAlias = Mapping[str, frozenset[str]]

# The kinds that AWS moves by two calls; any other is never nowhere (DESIGN.md §5).
TWO_CALLS: Final = frozenset({"ipv6", "eni"})
# Seen were 11 and 10, in groups of all kinds: the other steps of the stage and their repeats count too.
MOST_CHANGES: Final[Mapping[str, int]] = {"ipv6": 16, "eni": 14}


@dataclass(frozen=True, kw_only=True)
class Gap:
    """For how long an address of a kind that takes two calls may be nowhere while its run lives.

    Counted by kind in the run's own changes, refused ones and its writes of the journal included, so that a slow
    machine is no fault; the seconds only keep a run from waiting without end.
    """

    changes: Mapping[str, int] = field(default_factory=lambda: MOST_CHANGES)
    seconds: float = 30.0

    def wider(self, changes: int) -> Gap:
        """The same, where so many more changes have their reason."""
        return replace(self, changes={kind: most + changes for kind, most in self.changes.items()})


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
    the instances that served at this moment, known at least when a run begins. ``at`` is monotonic seconds.
    ``asked`` counts the changes that each run has asked for, refused ones and those of the ledger among them.
    ``looked`` when the ledger told ``run`` that the lease is not its own any more. ``still_seconds`` is how long the
    disturbed process has stood still so far.
    ``hindered`` when the run that ends here asked to give the lease back, and was refused or not heard.
    ``read_at`` is how many moments there were when that run last read the world.
    ``call`` is a change with all that it asks, taken or ``refused``; ``touches`` the addresses that it may move later;
    ``asked_at`` how many moments there were when its run began to ask. ``hand`` when it was another hand's.
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
    read_at: int = 0
    call: str = ""
    touches: frozenset[str] = frozenset()
    refused: bool = False
    asked_at: int = 0
    hand: bool = False


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

    def authored(self) -> Iterator[tuple[Moment, Moment, Mapping[str, str]]]:
        """Each moment with the one before it, and whose doing it is where an address went, by its key.

        What a call brings about later, as an interface comes off, is still the doing of the run that asked for it.
        """
        pending: dict[str, str] = {}
        for before, after in zip(self.moments, self.moments[1:], strict=False):
            own = after.run if after.changes else ""
            moved = {key for key in self.concern.kinds if before.placement.get(key) != after.placement.get(key)}
            found = {key: pending.get(key, own) if key not in after.touches else own for key in self.concern.kinds}
            yield before, after, {} if after.hand else found
            for key in moved | (after.touches if after.hand else frozenset()):
                pending.pop(key, None)
            if own:
                pending |= dict.fromkeys(after.touches - moved, own)

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
    for before, after, author in trace.authored():
        for key, kind in trace.concern.kinds.items():
            lost = before.placement.get(key) and not after.placement.get(key)
            if lost and author.get(key) and kind not in TWO_CALLS:
                yield f"{key} is nowhere after {after.what}"
    for key, kind in trace.concern.kinds.items():
        if kind in TWO_CALLS:
            yield from _long_gaps(trace, key, trace.gap.changes[kind])


def under_the_lease(trace: Trace) -> Iterator[str]:
    """No call that changes something, taken or refused, without the lease or with an old number."""
    rights, late, used = Rights(), set[tuple[str, str]](), 0
    for number, (before, after) in enumerate(zip(trace.moments, trace.moments[1:], strict=False), 1):
        rights.look(number, before, after)
        if not (after.run and after.changes):
            continue
        why = rights.lacking(number, after)
        fence = rights.fences.get(after.run, 0)
        if why:
            yield f"{after.run} made {after.what} {why}"
        elif fence < used:
            # Of each address one change that was under way, and of each call one that is taken.
            moved = {key for key in trace.concern.kinds if before.placement.get(key) != after.placement.get(key)}
            taken = () if after.refused else (*after.touches, after.call or after.what)
            mine = {(after.run, each) for each in (*moved, *taken)}
            if not trace.stolen or mine & late:
                yield f"{after.run} made {after.what} with number {fence} after {used} had acted"
            late |= mine
        used = max(used, fence)


class Rights:
    """Who had the lease, with which number, and who knows since when that it is lost."""

    def __init__(self) -> None:
        self.fences: dict[str, int] = {}
        self._released: set[str] = set()
        self._told: dict[str, int] = {}

    def look(self, number: int, before: Moment, after: Moment) -> None:
        """The moment of that number, after the one before it."""
        if after.lease is not None and after.lease != before.lease:
            owner = after.lease.owner
            if self.fences.get(owner) != after.lease.fence:
                self._told.pop(owner, None)
            self.fences[owner] = after.lease.fence
            (self._released.add if after.lease.released else self._released.discard)(owner)
        if after.looked:
            self._told.setdefault(after.run, number)

    def lacking(self, number: int, after: Moment) -> str:
        """Why the run of that moment had no right to change anything; empty when it had one, or one that was stolen."""
        if after.run not in self.fences:
            return "without ever holding the lease"
        if after.run in self._released:
            return "after it had given the lease back"
        if after.asked_at > self._told.get(after.run, number):
            return "after it had been told that its lease was lost"
        return ""


def inside_the_group(trace: Trace) -> Iterator[str]:
    """No run changes where anything is that is not the group's."""
    for before, after in trace.changes():
        moved = {k for k in {*before.placement, *after.placement} if before.placement.get(k) != after.placement.get(k)}
        for key in sorted(moved - set(trace.concern.kinds) - trace.concern.carried):
            yield f"{key} is not the group's, and {after.what} moved it"


def to_the_proven(trace: Trace) -> Iterator[str]:
    """No run brings an address to a node that never served since it began; back to where it was, it may."""
    home: dict[str, dict[str, str]] = {}
    served: dict[str, set[str]] = {}
    for before, after, author in trace.authored():
        if after.begins:
            home[after.run], served[after.run] = trace.concern.at(after.placement), set()
        for seen in served.values():
            seen.update(after.healthy)
        for key, node in trace.concern.at(after.placement).items():
            run = author.get(key, "")
            if run not in home or not node or node == trace.concern.node_of(key, before.placement):
                continue
            if node not in served[run] and node != home[run][key]:
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


def _long_gaps(trace: Trace, key: str, most: int) -> Iterator[str]:
    """A gap that a run opened and did not close in time although it lived on; a dead one cannot."""
    opened: Moment | None = None
    by = ""
    over: set[str] = set()
    for before, after, author in trace.authored():
        if after.begins:
            over.discard(after.run)
        elif after.dies or after.ends:
            over.add(after.run)
        if opened:
            asked = after.asked.get(by, 0) - opened.asked.get(by, 0)
            seconds = (after.at - after.still_seconds) - (opened.at - opened.still_seconds)
            if asked > most or seconds > trace.gap.seconds:
                yield f"{key} was nowhere for {asked} changes and {seconds:.1f} s after {opened.what}"
                opened = None
        if after.placement.get(key) or by in over:
            opened = None
        elif before.placement.get(key) and (by := author.get(key, "")) and by not in over:
            opened = after


def touched(action: str, params: Mapping[str, object], interface_of: Callable[[str], str]) -> frozenset[str]:
    """The keys of what a call of EC2 may move later than it answers; ``interface_of`` knows an attachment's."""
    if action == "AttachNetworkInterface":
        return frozenset({f"eni:{params['NetworkInterfaceId']}"})
    if action == "DetachNetworkInterface":
        return frozenset({f"eni:{interface_of(str(params['AttachmentId']))}"})
    if action in {"AssignPrivateIpAddresses", "AssignIpv6Addresses"}:
        return frozenset(f"ip:{text}" for text in texts(params) if not text.startswith("eni-"))
    return frozenset()


def texts(params: object) -> Iterator[str]:
    """Every text in a call's parameters."""
    if isinstance(params, str):
        yield params
    elif isinstance(params, Mapping):
        for value in params.values():
            yield from texts(value)
    elif isinstance(params, Sequence):
        for value in params:
            yield from texts(value)
