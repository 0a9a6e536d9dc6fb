"""One group on the watched lab: runs of it by the real engine, another hand, and what the journal says after."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from botocore import xform_name

from faults.carrying import CARRY
from faults.invariants import Concern, Story, Trace
from faults.observed import LEDGER, lease_in
from faults.verdicts import FIRST
from support import planted
from toolkit.aws.gateway import AwsCloud
from toolkit.aws.ledger import DynamoLedger, Tenancy
from toolkit.aws.notify import SnsNotifier
from toolkit.aws.session import Connection, Keys, Timeouts
from toolkit.bootstrap import Silent, SystemClock
from toolkit.config import parse
from toolkit.domain.decision import Cause, Trigger
from toolkit.domain.errors import FailoverError
from toolkit.domain.events import WHOLE, EventName
from toolkit.engine.engine import Engine
from toolkit.engine.view import Ports
from toolkit.lab.worlds.builder import SERVICE_PORT, STATE_TABLE
from toolkit.lab.worlds.pair import FLOATING, OVERLAY, OVERLAY_IPV6
from toolkit.probes import Probes
from toolkit.resolve import DnsResolver
from toolkit.testing import KillSwitch

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from faults.observed import ObservedEndpoint
    from toolkit.domain.events import History
    from toolkit.domain.group import Group
    from toolkit.lab.call import Call
    from toolkit.ports import Grant, Ledger

REGION: Final = "eu-west-1"
RUN_SECONDS: Final = 20.0
PATIENT_SECONDS: Final = 100.0
LEASE_SECONDS: Final = 15.0
# Long enough for the lab, short enough that a call which never answers costs a cell little.
TIMEOUTS: Final = Timeouts(connect_seconds=1.0, read_seconds=1.0)
PATIENT: Final = Timeouts(connect_seconds=10.0, read_seconds=20.0)
THIEF: Final = "thief"
KEYS: Final = Keys("lab", planted.SECRET_KEY, planted.SESSION)
OK: Final = 200
ARRIVAL_SECONDS: Final = 20.0
ARRIVAL_POLL_SECONDS: Final = 0.05


class JumpingClock(SystemClock):
    """The machine's clock, whose wall time a cell may set off."""

    ahead_seconds = 0.0

    def wall(self) -> float:
        return super().wall() + self.ahead_seconds


@dataclass(frozen=True)
class Asked:
    """One request of a run, as the endpoint sees it."""

    service: str
    mutating: bool


@dataclass
class Strike:
    """What happens at the n-th request of a run, before it is sent or after its answer; once.

    ``act`` tells whether it came about, which is then ``struck``.
    """

    at: int
    act: Callable[[], bool]
    after: bool = False
    struck: bool = False
    seen: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    acting: threading.Lock = field(default_factory=threading.Lock)

    def number(self) -> int:
        """The number of the request that begins now."""
        with self.lock:
            self.seen += 1
            return self.seen

    def pass_by(self, number: int, *, after: bool) -> None:
        if number == self.at and after == self.after:
            with self.acting:
                self.struck = True
                self.struck = self.act()

    def await_end(self) -> None:
        """Until what it does is done: a run may end while it is still struck in another of its threads."""
        with self.acting:
            pass

    def over(self) -> None:
        """The request has its answer, or an error in its place."""


class Wire(Connection):
    """The toolkit's own connection, counted, on which a process may die."""

    def __init__(
        self,
        lab: tuple[ObservedEndpoint, str],
        owner: str,
        *,
        switch: KillSwitch,
        strike: Strike | None,
        timeouts: Timeouts = TIMEOUTS,
    ) -> None:
        endpoint, url = lab
        super().__init__(REGION, run=owner, endpoint_url=url, keys=KEYS, timeouts=timeouts)
        self._observer = endpoint.observer
        self._switch = switch
        self._strike = strike
        self.owner = owner
        # Whether it asked to give its lease back, and was refused or not heard.
        self.hindered = False

    def request(
        self, service: str, action: str, params: Mapping[str, Any], *, region: str | None = None
    ) -> dict[str, Any]:
        with self._observer.asking(self.owner):
            number = self._strike.number() if self._strike else 0
            if self._strike:
                self._strike.pass_by(number, after=False)
            self._switch.point(action)
            lease = lease_in(params) if (service, action) == LEDGER else None
            try:
                answer = super().request(service, action, params, region=region)
            except FailoverError:
                self.hindered |= lease is not None and lease.released
                raise
            else:
                self.hindered &= not (lease is not None and lease.released)
            finally:
                if self._strike:
                    self._strike.over()
            if self._strike:
                self._strike.pass_by(number, after=True)
            self._switch.point(action)
            return answer


class Site:
    """A fresh world with one group of some kinds, all on ``db-1``."""

    def __init__(self, endpoint: ObservedEndpoint, url: str, kinds: Collection[str]) -> None:
        self.endpoint = endpoint
        self._url = url
        endpoint.reset()
        world = endpoint.seed("pair", kinds=kinds)
        self.ids = world.ids
        self.configuration = dict(world.configuration)
        (group,) = parse(json.dumps(self.configuration), "lab", form="json").groups
        # What a run in peace has time for, however busy the machine; and a disturbed one, so that its cell ends soon.
        self.patient = group
        self.group: Group = replace(group, verify=replace(group.verify, timeout_seconds=3.0))
        self.clock = JumpingClock()
        self.dead: set[str] = set()
        self.stolen = False
        self.prober = Probes()
        self._open: list[tuple[AwsCloud, Wire]] = []
        self.concern = Concern(
            kinds=_keys(world.ids, kinds),
            nodes={name: world[name] for name in ("db-1", "db-2")},
            # On the floating private address and no member of any group: it goes where that one goes.
            carried=frozenset({f"eip:{world['eip-floating-ip']}"}),
        )
        endpoint.observer.forget()

    def engine(
        self,
        owner: str,
        *,
        strike: Strike | None = None,
        switch: KillSwitch | None = None,
        ledger: Callable[[Wire], Ledger] | None = None,
        patient: bool = False,
    ) -> Engine:
        """An engine as the command wires it; ``ledger`` in place of the table's; ``patient`` where nothing disturbs."""
        timeouts = PATIENT if patient else TIMEOUTS
        lab = (self.endpoint, self._url)
        wire = Wire(lab, owner, switch=switch or KillSwitch(), strike=strike, timeouts=timeouts)
        cloud = AwsCloud(wire, self.clock)
        self._open.append((cloud, wire))
        ports = Ports(
            cloud=cloud,
            ledger=ledger(wire) if ledger else self.ledger(wire, owner),
            prober=self.prober,
            resolver=DnsResolver(),
            notifier=SnsNotifier(wire),
            clock=self.clock,
            watcher=Silent(),
        )
        return Engine(ports, run_seconds=PATIENT_SECONDS if patient else RUN_SECONDS)

    def ledger(self, wire: Connection, owner: str, *, patient: bool = True) -> DynamoLedger:
        """The table's ledger; one that is not ``patient`` takes any lease from anybody."""
        tenancy = Tenancy(owner, LEASE_SECONDS, 0.0, lambda other: patient and other not in self.dead)
        return DynamoLedger(wire, STATE_TABLE, tenancy, clock=self.clock)

    def history(self) -> History:
        """The journal, read past every fault."""
        direct: Any = Direct(self.endpoint)
        return self.ledger(direct, "reader").history(self.group.name)

    def trace(self, history: History) -> Trace:
        """All that was seen so far, with the journal's story."""
        self.endpoint.observer.word("the end")
        return Trace(
            concern=self.concern,
            moments=tuple(self.endpoint.observer.moments),
            story=story_of(history),
            stolen=self.stolen,
        )

    def thief(self) -> Thief:
        """Another run that takes the lease from anybody."""
        wire = Wire((self.endpoint, self._url), THIEF, switch=KillSwitch(), strike=None, timeouts=PATIENT)
        self._open.append((AwsCloud(wire, self.clock), wire))
        return Thief(self, self.ledger(wire, THIEF, patient=False))

    def steal(self, target: str) -> bool:
        """Another run takes the lease from the living one, if it has it, and moves everything to the target."""
        robs = self.holds(FIRST)
        self.stolen = True
        engine = self.engine(THIEF, ledger=lambda wire: self.ledger(wire, THIEF, patient=False))
        self.endpoint.observer.word("a thief begins", run=THIEF, begins=True)
        result = engine.run(self.group, Trigger(Cause.MANUAL, "a theft", time.time(), target=target))
        self.endpoint.observer.word("the thief ends", run=THIEF, ends=True, hindered=self.hindered(THIEF))
        if result.status != "done":
            raise RuntimeError(f"the thief could not act: {result.reason}")
        return robs

    def hindered(self, owner: str) -> bool:
        """Whether a run could not give its lease back."""
        return any(wire.hindered for _, wire in self._open if wire.owner == owner)

    def heard(self, service: str = "*") -> list[Call]:
        """What the toolkit has asked the endpoint for so far, of one service or of all."""
        calls = self.endpoint.recorder.calls()
        return [call for call in calls if "failover" in call.user_agent and service in {"*", call.service}]

    def read_late(self, seconds: float) -> bool:
        """Whether EC2 was read within so many seconds of a change."""
        calls = self.heard("ec2")
        changed = [call.ended for call in calls if call.mutating and call.status == OK and call.ended]
        return any(at < call.started < at + seconds for call in calls if not call.mutating for at in changed)

    def holds(self, owner: str) -> bool:
        """Whether the lease is that owner's now."""
        lease = self.endpoint.observer.lease
        return lease is not None and lease.owner == owner and not lease.released

    def silence(self, role: str) -> None:
        """The node runs on and its service is gone."""
        self.endpoint.surroundings.services.close(self.ids[role], port=SERVICE_PORT)

    def mend(self) -> None:
        """Every node serves again."""
        for role in ("db-1", "db-2"):
            self.endpoint.surroundings.services.listen(self.ids[role], port=SERVICE_PORT, target=None)
        self.endpoint.observer.word("all services run", serves=True)

    def terminate(self, role: str) -> None:
        ids = [self.ids[role]]
        self.endpoint.observer.hand(f"{role} is terminated", lambda: self.ec2.terminate_instances(InstanceIds=ids))

    def bereft(self) -> bool:
        """Whether the journal has nothing open although an address is at no node that serves."""
        healthy = self.endpoint.healthy()
        here = self.concern.at(self.endpoint.placement())
        return not self.history().unfinished() and any(node not in healthy for node in here.values())

    def apart(self) -> bool:
        """Whether the addresses are not all at the node that the journal names."""
        here = set(self.concern.at(self.endpoint.placement()).values())
        return here != {self.ids.get(self.whole_at())}

    def whole_at(self) -> str:
        """The node where the journal has everything."""
        return story_of(self.history()).whole_at or "db-1"

    def carry(self, kind: str, role: str) -> bool:
        """Another hand brings the group's address of a kind to a node, or to ``foreign``; whether that moved it.

        One that was on its way, and so nowhere, is moved by it too.
        """
        before = self.endpoint.placement()
        keys = self._of_kind(kind)
        self.endpoint.observer.hand(f"another hand: {kind} to {role}", lambda: CARRY[kind](self, role), touches=keys)
        return self.endpoint.placement() != before or not all(before.get(key) for key in keys)

    def await_arrival(self, kind: str) -> None:
        """Until what another hand began has come about, as nobody leaves the console before."""
        keys = self._of_kind(kind)
        over = time.monotonic() + ARRIVAL_SECONDS
        while not all(self.concern.node_of(key, self.endpoint.placement()) for key in keys):
            if time.monotonic() > over:
                raise RuntimeError(f"another hand moved {kind}, and after {ARRIVAL_SECONDS:.0f} s it is at no node")
            time.sleep(ARRIVAL_POLL_SECONDS)

    def _of_kind(self, kind: str) -> frozenset[str]:
        """The observer's keys of the group's addresses of a kind."""
        return frozenset(key for key, each in self.concern.kinds.items() if each == kind)

    def leaked(self, said: Iterable[str]) -> str:
        """The secrets that stand in anything that the endpoint was asked, or in what people were told; else empty."""
        planted.asked(call.to_json() for call in self.endpoint.recorder.calls())
        for text in said:
            planted.heard("what a person is told", text)
        return "; ".join(planted.taken())

    def settle(self, seconds: float = 0.0) -> None:
        """End all faults and let what is under way end."""
        self.endpoint.faults.clear()
        self.endpoint.resets.arm(0, after=False)
        time.sleep(seconds)

    def close(self) -> None:
        for cloud, wire in self._open:
            cloud.close()
            wire.close()

    @property
    def ec2(self) -> Any:
        return self.endpoint.clients("ec2")


class Direct:
    """What a ledger needs of a connection, straight to the lab's store: no wire, no fault, no observer."""

    region = REGION

    def __init__(self, endpoint: ObservedEndpoint) -> None:
        self._endpoint = endpoint

    def request(self, service: str, action: str, params: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = getattr(self._endpoint.clients(service), xform_name(action))(**params)
        return found


@dataclass
class Thief:
    """Takes the lease at any time, and does nothing with it."""

    site: Site
    ledger: DynamoLedger
    grant: Grant | None = None

    def take(self) -> bool:
        """Whether it was FIRST's until now."""
        robs = self.site.holds(FIRST)
        self.grant = self.ledger.acquire(self.site.group.name)
        return robs

    def give_back(self) -> None:
        if self.grant:
            self.ledger.release(self.grant)


def story_of(history: History) -> Story:
    """Where the last run that left the group whole had brought it, and whether one is open."""
    targets = {e.run: str(e.data["target"]) for e in history.events if e.name is EventName.RUN_STARTED}
    whole = [
        targets[e.run]
        for e in history.events
        if e.name is EventName.RUN_ENDED and e.data.get("status") in WHOLE and e.run in targets
    ]
    return Story(whole_at=whole[-1] if whole else "", open_run=bool(history.unfinished()))


def _keys(ids: Mapping[str, str], kinds: Collection[str]) -> dict[str, str]:
    """The observer's keys of the group's addresses, and their kinds."""
    routes = [f"route:{to}@{ids[table]}" for to in (OVERLAY, OVERLAY_IPV6) for table in ("table-1", "table-2")]
    known = {
        "eip": [f"eip:{ids['eip-ip']}"],
        "private_ip": [f"ip:{FLOATING}"],
        "ipv6": [f"ip:{ids['ipv6']}"],
        "eni": [f"eni:{ids['vip-eni']}"],
        "route": routes,
        "dns": [f"dns:{ids['record']}"],
    }
    return {key: kind for kind in kinds for key in known[kind]}
