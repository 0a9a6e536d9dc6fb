"""A lab in this process that is watched from behind its faults: only what took effect, in its order."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from faults.invariants import Lease, Moment, Placement, touched
from faults.resets import Resets, ResettingListener
from toolkit.lab import observed
from toolkit.lab.ec2 import scope
from toolkit.lab.ec2.world import WORLD
from toolkit.lab.endpoint import Endpoint
from toolkit.lab.network import listening
from toolkit.lab.worlds.builder import SERVICE_PORT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from toolkit.lab.exchange import Answer, Handler, Request
    from toolkit.lab.state import State
    from toolkit.lab.zones import Zone

FIRST_ERROR: Final = 400
# The services whose changes move addresses.
MOVING: Final = frozenset({"ec2", "route53"})
# The reads that tell where an address is, and whether the instance there still lives.
PLACES: Final = frozenset(
    {
        "DescribeAddresses",
        "DescribeInstances",
        "DescribeNetworkInterfaces",
        "DescribeRouteTables",
        "ListResourceRecordSets",
    }
)
# The service and the action of every write of the ledger.
LEDGER: Final = ("dynamodb", "TransactWriteItems")
_IMAGES: Final = "MOTO_EC2_LOAD_DEFAULT_AMIS"


class Observer:
    """Notes every change that reaches the store with the world after it, and the words of the test beside them."""

    def __init__(self, look: Callable[[], Placement], healthy: Callable[[], frozenset[str]]) -> None:
        self._look = look
        self._healthy = healthy
        self._lock = threading.RLock()
        self.lease: Lease | None = None
        self._asked: Counter[str] = Counter()
        self._outstanding: dict[str, list[int]] = {}
        self._read_at: dict[str, dict[str, int]] = {}
        self.moments: list[Moment] = []

    def around(self, inner: Handler) -> Handler:
        """A handler that lets one change through at a time and looks after each."""

        def watch(request: Request) -> Answer:
            if not request.mutating:
                return inner(request)
            with self._lock:
                run = _run_of(request.user_agent)
                self._asked[run] += 1
                asked_at = min(self._outstanding.get(run, ()), default=len(self.moments))
                touches = touched(request.action, request.params, _interface_of)
                answer = inner(request)
                if request.service in MOVING:
                    call = f"{request.action} {sorted(request.params.items(), key=str)}"
                    self._note(
                        request.action,
                        run=run,
                        changes=True,
                        call=call,
                        touches=touches,
                        refused=answer.status >= FIRST_ERROR,
                        asked_at=asked_at,
                    )
                elif answer.status < FIRST_ERROR:
                    self.lease = lease_of(request) or self.lease
                    self._note(request.action, run=run)
                elif _is_anothers(self.lease, lease_of(request)):
                    self._note("a look at the lease", run=run, looked=True)
                return answer

        return watch

    @contextmanager
    def asking(self, run: str) -> Iterator[None]:
        """While a run asks: so what it began before it was told of its lost lease is told from what came after."""
        with self._lock:
            began = len(self.moments)
            self._outstanding.setdefault(run, []).append(began)
        try:
            yield
        finally:
            with self._lock:
                self._outstanding[run].remove(began)

    def reading(self, inner: Handler) -> Handler:
        """A handler that knows when each run read last where the addresses are, whatever the answer.

        A look takes several requests: the oldest of the last ones counts.
        """

        def note(request: Request) -> Answer:
            if request.action in PLACES:
                with self._lock:
                    self._read_at.setdefault(_run_of(request.user_agent), {})[request.action] = len(self.moments)
            return inner(request)

        return note

    def word(
        self,
        what: str,
        *,
        run: str = "",
        begins: bool = False,
        dies: bool = False,
        ends: bool = False,
        hindered: bool = False,
        serves: bool = False,
    ) -> None:
        """A fact that is no call: a run begins, dies or ends, nodes serve again."""
        with self._lock:
            self._note(what, run=run, begins=begins, dies=dies, ends=ends, hindered=hindered, serves=serves)

    def hand(self, what: str, act: Callable[[], object], *, touches: frozenset[str] = frozenset()) -> None:
        """Another hand's act, which no call of a run comes between; ``touches`` as in ``Moment``.

        What had arrived before it is noted by itself: or else nobody would know what the hand took away.
        """
        with self._lock:
            self._note(f"right before {what}")
            act()
            self._note(what, hand=True, touches=touches)

    def forget(self) -> None:
        """Begin anew with the world as it is."""
        with self._lock:
            self.moments.clear()
            self._asked.clear()
            self._read_at.clear()
            self.lease = None
            self._note("the beginning")

    def _note(
        self,
        what: str,
        *,
        run: str = "",
        changes: bool = False,
        begins: bool = False,
        dies: bool = False,
        ends: bool = False,
        looked: bool = False,
        hindered: bool = False,
        serves: bool = False,
        hand: bool = False,
        call: str = "",
        touches: frozenset[str] = frozenset(),
        refused: bool = False,
        asked_at: int = 0,
    ) -> None:
        self.moments.append(
            Moment(
                what=what,
                run=run,
                at=time.monotonic(),
                placement=self._look(),
                lease=self.lease,
                healthy=self._healthy() if begins or serves else frozenset(),
                changes=changes,
                begins=begins,
                dies=dies,
                ends=ends,
                looked=looked,
                asked=dict(self._asked),
                hindered=hindered,
                hand=hand,
                call=call,
                touches=touches,
                refused=refused,
                asked_at=asked_at,
                read_at=min(self._read_at.get(run, {}).values(), default=0),
            )
        )


class ObservedEndpoint(Endpoint):
    """The lab's endpoint with an observer between its faults and its store."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.observer = Observer(self.placement, self.healthy)
        self.resets = Resets()
        behind = self.faults.around(self.observer.around(self._store))
        self._aws = self.recorder.around(self.observer.reading(self.resets.around(behind)))

    def placement(self) -> Placement:
        """Where everything in the account is."""
        with self.locks.of("route53"):
            zones = observed.zones()
        return placed(self.state(), zones)

    def healthy(self) -> frozenset[str]:
        """The instances that run, serve and are not cut off."""
        services = self.surroundings.services
        rows = self.state().interfaces
        running = {row.instance for row in rows if row.instance and row.instance_state == "running"}
        return frozenset(i for i in running if services.at(i, port=SERVICE_PORT)[0] and not services.is_cut(i))


@contextmanager
def observed_lab() -> Iterator[tuple[ObservedEndpoint, str]]:
    """The endpoint and its address, until the block ends.

    The lab's EC2 is one per process, and other tests of this process may have theirs: it gets its own back.
    """
    settings, clock = WORLD.settings, WORLD.clock
    endpoint = ObservedEndpoint()
    with _without_images(), listening(endpoint.surroundings) as endpoint.places:
        listener = ResettingListener(0, handler=endpoint)
        serving = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        try:
            yield endpoint, listener.url
        finally:
            endpoint.faults.clear()
            listener.shutdown()
            listener.server_close()
            serving.join()
            WORLD.settings, WORLD.clock = settings, clock


@contextmanager
def _without_images() -> Iterator[None]:
    """A world without the 1,300 machine images that moto loads: they are nine tenths of what a fresh one costs."""
    before = os.environ.get(_IMAGES)
    os.environ[_IMAGES] = "false"
    try:
        yield
    finally:
        del os.environ[_IMAGES]
        if before is not None:
            os.environ[_IMAGES] = before


def placed(state: State, zones: tuple[Zone, ...]) -> Placement:
    """Each thing's own place: an Elastic IP's private address, an address's interface, an interface's instance."""
    found: dict[str, set[str]] = {}
    for interface in state.interfaces:
        if interface.instance:
            found.setdefault(f"eni:{interface.id}", set()).add(interface.instance)
        for ip in (*interface.private_ips, *interface.ipv6s):
            found.setdefault(f"ip:{ip}", set()).add(interface.id)
        for private, public in interface.public.items():
            found.setdefault(f"eip:{public}", set()).add(private)
    for route in state.routes:
        found.setdefault(f"route:{route.destination}@{route.table}", set()).add(route.interface)
    for zone in zones:
        for record in zone.records:
            if record.kind == "A":
                found.setdefault(f"dns:{record.name}", set()).update(record.values)
    return {key: frozenset(places) for key, places in found.items()}


def _interface_of(attachment: str) -> str:
    return scope.ends(attachment)["network-interface"]


def _run_of(user_agent: str) -> str:
    """The owner's own part of ``run/OWNER`` in the user agent; ``-`` for an AWS client that is not the toolkit."""
    return user_agent.partition("run/")[2].split(" ")[0] or "-"


def _is_anothers(now: Lease | None, asked: Lease | None) -> bool:
    """Whether a write that was refused tells its run that it lost the lease, and not only that it wrote before."""
    return asked is not None and (now is None or (now.owner, now.fence) != (asked.owner, asked.fence))


def lease_of(request: Request) -> Lease | None:
    """The lease that a write of the ledger leaves in the table."""
    return lease_in(request.params) if (request.service, request.action) == LEDGER else None


def lease_in(params: Mapping[str, Any]) -> Lease | None:
    """The same by the parameters of the write alone; None for a note beside any lease."""
    item = params["TransactItems"][0]["Put"]["Item"]
    if "fence" not in item or "owner" not in item:
        return None
    return Lease(owner=item["owner"]["S"], fence=int(item["fence"]["N"]), released=item["released"]["BOOL"])
