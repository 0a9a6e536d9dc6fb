"""One group in memory, in simulated time, watched by the same observer's rules as the lab's cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from faults.invariants import Concern, Gap, Lease, Moment, Placement, Trace, touched
from faults.site import story_of
from toolkit.domain.errors import FailoverError, LeaseLost, Transient
from toolkit.engine.engine import Engine
from toolkit.engine.view import Ports
from toolkit.moves.dns import Dns
from toolkit.moves.eip import Eip
from toolkit.moves.eni import Eni
from toolkit.moves.ipv6 import Ipv6
from toolkit.moves.private_ip import PrivateIp
from toolkit.moves.route import Route
from toolkit.testing.narrowing import narrowed

if TYPE_CHECKING:
    from toolkit.domain.events import Event, History
    from toolkit.domain.group import Address, ByTag, Node
    from toolkit.domain.snapshot import Reads, Snapshot
    from toolkit.domain.steps import Call
    from toolkit.ports import Grant, Ledger
    from toolkit.testing import Store, World

RUN_SECONDS: Final = 120.0
# Simulated seconds: what two calls and their repeats take, whatever the machine.
GAP: Final = Gap(seconds=20.0)
# Who asks for something, and what: before it happens, and after.
Point = Callable[[str, str], None]


class Rehearsal:
    """A fake world whose every change is noted with its author; ``at_point`` is called around each request."""

    def __init__(self, world: World, *, at_point: Point = lambda _owner, _what: None, gap: Gap = GAP) -> None:
        self.world = world
        self.at_point = at_point
        self.gap = gap
        self.stolen = False
        self.still_seconds = 0.0
        self.late_reads = 0
        self.hindered: set[str] = set()
        self.moments: list[Moment] = []
        self._lease: Lease | None = None
        self._asked: Counter[str] = Counter()
        self._read_at: Counter[str] = Counter()
        self.concern = Concern(
            kinds={key: a.kind for a in world.group.addresses for key in _keys(a, world.store)},
            nodes={node.name: node.instance for node in world.group.members},
        )
        self.note("the beginning")

    def engine(self, owner: str, ledger: Ledger, *, run_seconds: float = RUN_SECONDS) -> Engine:
        """An engine whose every request is a point, and whose every change is noted as the owner's."""
        world = self.world
        ports = Ports(
            cloud=Hand(self, owner),
            ledger=Book(self, owner, ledger),
            prober=world.prober,
            resolver=world.resolver,
            notifier=world.notifier,
            clock=world.clock,
            watcher=world.watcher,
        )
        return Engine(ports, run_seconds=run_seconds)

    @contextmanager
    def asking(self, owner: str, what: str) -> Iterator[None]:
        """A request of an owner: a point before it and, when it was answered, one after it."""
        self.at_point(owner, f"before {what}")
        try:
            yield
        finally:
            self.answered(owner)
        self.at_point(owner, f"after {what}")

    def answered(self, owner: str) -> None:
        """The request of the owner is over, well or not."""

    def note(
        self,
        what: str,
        *,
        run: str = "",
        changes: bool = False,
        begins: bool = False,
        dies: bool = False,
        ends: bool = False,
        looked: bool = False,
        hand: bool = False,
        call: str = "",
        touches: frozenset[str] = frozenset(),
        refused: bool = False,
        asked_at: int = 0,
    ) -> None:
        """The world as it is now, and what it follows."""
        with self.world.clock.lock:
            self.moments.append(
                Moment(
                    what=what,
                    run=run,
                    at=self.world.clock.monotonic(),
                    placement=placed(self.world.store),
                    lease=self._lease,
                    healthy=self.healthy() if begins or self.looks() else frozenset(),
                    changes=changes,
                    begins=begins,
                    dies=dies,
                    ends=ends,
                    looked=looked,
                    asked=dict(self._asked),
                    still_seconds=self.still_seconds,
                    hindered=run in self.hindered,
                    read_at=self._read_at[run],
                    call=call,
                    touches=touches,
                    refused=refused,
                    asked_at=asked_at,
                    hand=hand,
                )
            )

    def read(self, owner: str, reads: Reads) -> Snapshot:
        """What AWS shows an owner; one that is not the world as it is, counts as a late read."""
        cloud = self.world.cloud
        with self.world.clock.lock:
            self._read_at[owner] = len(self.moments)
            seen = cloud.read(reads)
            self.late_reads += seen != narrowed(cloud.whole(), reads, taken_at=seen.taken_at)
            return seen

    def changed(self, owner: str, call: Call, act: Callable[[], None], *, asked_at: int = 0) -> None:
        """A change on AWS by an owner, noted whether it came about or was refused."""
        with self.world.clock.lock:
            self._asked[owner] += 1
            touches = touched(call.action, call.params, self._interface_of)
            refused = False
            try:
                act()
            except Transient as error:
                refused = not error.outcome_unknown
                raise
            except FailoverError:
                refused = True
                raise
            finally:
                asked = f"{call.action} {call.params}"
                self.note(
                    call.action,
                    run=owner,
                    changes=True,
                    call=asked,
                    touches=touches,
                    refused=refused,
                    asked_at=asked_at,
                )

    def _interface_of(self, attachment: str) -> str:
        cards = self.world.store.cards.values()
        return next((card.id for card in cards if card.attachment and card.attachment.id == attachment), "")

    def leased(self, owner: str, grant: Grant | None, *, released: bool = False) -> None:
        """A write of the ledger; without a grant, one that showed the lease to be lost."""
        with self.world.clock.lock:
            self._asked[owner] += 1
            if grant is not None:
                self._lease = Lease(owner=owner, fence=grant.fence, released=released)
            self.note("a look at the lease" if grant is None else "the ledger", run=owner, looked=grant is None)

    def looks(self) -> bool:
        """Whether each moment shows who serves, and not only the first one of a run."""
        return False

    def stand_still(self, seconds: float) -> None:
        """The process that asks is suspended for so long; nothing of it is at work."""
        self.world.clock.advance(seconds)
        self.still_seconds += seconds

    def healthy(self) -> frozenset[str]:
        """The instances that run and serve."""
        world = self.world
        down = {world.node(name).instance for name in world.prober.down}
        return frozenset(m.id for m in world.store.machines.values() if m.state == "running" and m.id not in down)

    def trace(self, history: History) -> Trace:
        """All that was seen so far, with the journal's story."""
        self.note("the end")
        return Trace(
            concern=self.concern,
            moments=tuple(self.moments),
            story=story_of(history),
            gap=self.gap,
            stolen=self.stolen,
        )

    def places(self) -> dict[str, str]:
        """The instance of every address of the group now, empty for nobody."""
        with self.world.clock.lock:
            return self.concern.at(placed(self.world.store))


class Hand:
    """``ports.Cloud`` of one owner."""

    def __init__(self, stage: Rehearsal, owner: str) -> None:
        self._stage = stage
        self._owner = owner

    def read(self, reads: Reads) -> Snapshot:
        with self._stage.asking(self._owner, "read"):
            return self._stage.read(self._owner, reads)

    def call(self, call: Call) -> None:
        asked_at = len(self._stage.moments)
        with self._stage.asking(self._owner, call.action):
            self._stage.changed(self._owner, call, lambda: self._stage.world.cloud.call(call), asked_at=asked_at)

    def nodes_by_tag(self, tag: ByTag) -> tuple[Node, ...]:
        return self._stage.world.cloud.nodes_by_tag(tag)


class Book:
    """``ports.Ledger`` of one owner, around any other.

    A write whose answer was lost may be asked for again and is then known by its arguments, as a table's ledger
    knows its own by their version.
    """

    def __init__(self, stage: Rehearsal, owner: str, inner: Ledger) -> None:
        self._stage = stage
        self._owner = owner
        self._inner = inner
        self._unanswered: dict[tuple[object, ...], Grant] = {}

    def acquire(self, group: str, *, opening: Sequence[Event] = ()) -> Grant:
        asked = ("acquire", group, *opening)
        return self._written(asked, lambda: self._inner.acquire(group, opening=opening))

    def append(self, grant: Grant, events: Sequence[Event]) -> Grant:
        return self._written(("append", grant, *events), lambda: self._inner.append(grant, events))

    def renew(self, grant: Grant) -> Grant:
        return self._written(("renew", grant), lambda: self._inner.renew(grant))

    def release(self, grant: Grant, events: Sequence[Event] = ()) -> None:
        def give_back() -> Grant:
            self._inner.release(grant, events)
            return grant

        self._written(("release", grant, *events), give_back, released=True)

    def history(self, group: str) -> History:
        with self._stage.asking(self._owner, "history"):
            return self._inner.history(group)

    def owner(self, group: str) -> str | None:
        return self._inner.owner(group)

    def _written(self, asked: tuple[object, ...], write: Callable[[], Grant], *, released: bool = False) -> Grant:
        what, grant = str(asked[0]), None
        key = (what, *map(repr, asked[1:]))
        try:
            with self._stage.asking(self._owner, what), self._stage.world.clock.lock:
                grant = self._unanswered.pop(key, None)
                if grant is None:
                    try:
                        grant = write()
                    except LeaseLost:
                        self._stage.leased(self._owner, None)
                        raise
                    self._stage.leased(self._owner, grant, released=released)
        except FailoverError as error:
            if released:
                self._stage.hindered.add(self._owner)
            if grant is not None and isinstance(error, Transient):
                self._unanswered[key] = grant
            raise
        if released:
            self._stage.hindered.discard(self._owner)
        return grant


def placed(store: Store) -> Placement:
    """Each thing's own place, as ``observed.placed`` has it of the lab."""
    found: dict[str, set[str]] = {}
    for card in store.cards.values():
        if card.attachment and card.attachment.instance:
            found.setdefault(f"eni:{card.id}", set()).add(card.attachment.instance)
        for ip in (*card.private_ips, *card.ipv6s):
            found.setdefault(f"ip:{ip}", set()).add(card.id)
    for elastic in store.elastics.values():
        if elastic.interface and elastic.private_ip:
            found.setdefault(f"eip:{elastic.public_ip}", set()).add(elastic.private_ip)
    for table in store.tables.values():
        for destination, target in table.routes.items():
            found.setdefault(f"route:{destination}@{table.id}", set()).add(target)
    for key, record in store.records.items():
        found.setdefault(f"dns:{key.name}", set()).update(record.values)
    return {key: frozenset(places) for key, places in found.items()}


def _keys(address: Address, store: Store) -> Sequence[str]:
    """The observer's names of an address."""
    match address:
        case Eip():
            return [f"eip:{store.elastics[address.id].public_ip}"]
        case PrivateIp() | Ipv6():
            return [f"ip:{address.address}"]
        case Eni():
            return [f"eni:{address.id}"]
        case Route():
            return [f"route:{address.destination}@{table}" for table in address.tables]
        case Dns():
            return [f"dns:{address.name}"]
        case _:
            raise TypeError(address.kind)
