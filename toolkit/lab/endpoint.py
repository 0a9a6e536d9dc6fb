"""The lab's AWS endpoint, put together: control, recorder, faults, locks, strict EC2, moto."""

import os
import sys
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from moto.core.base_backend import BackendDict
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from toolkit.lab import composites, ec2, observed
from toolkit.lab.conditions import Conditions
from toolkit.lab.copies import forget
from toolkit.lab.ec2.control import Check, CheckStatus
from toolkit.lab.exchange import Answer, Handler, Request
from toolkit.lab.faults import Faults
from toolkit.lab.iam import Guard, Tally
from toolkit.lab.imds import Metadata, Subject
from toolkit.lab.in_process import Clients
from toolkit.lab.network import Surroundings
from toolkit.lab.places import Places
from toolkit.lab.recorder import Recorder
from toolkit.lab.route53 import Changes
from toolkit.lab.seeds import Seeded, Seeds
from toolkit.lab.stale import Ec2Past
from toolkit.lab.state import State
from toolkit.lab.store import ServiceLocks, from_wsgi, gaps_shown
from toolkit.lab.world import World
from toolkit.lab.worlds import KINDS, build, checked, limited
from toolkit.lab.worlds.builder import SERVICE_PORT, Builder
from toolkit.lab.zones import Zone

REGION = "eu-west-1"
FLEET_QUOTA = 10_000
TALLY_FILE = "LAB_CALLS_FILE"


def _recorder() -> Recorder:
    """A recorder that also keeps a tally, where the environment names a file for it."""
    file = os.environ.get(TALLY_FILE)
    return Recorder(also=Tally(Path(file)).note) if file else Recorder()


@dataclass
class Endpoint:
    """One world behind one endpoint. Everything in it may be called from many threads."""

    region: str = REGION
    places: Places = field(default_factory=Places)
    locks: ServiceLocks = field(default_factory=ServiceLocks)
    recorder: Recorder = field(default_factory=_recorder)
    settings: ec2.Settings = field(default_factory=ec2.Settings)
    conditions: Conditions = field(default_factory=Conditions)
    world: World | None = None

    def __post_init__(self) -> None:
        moto = DomainDispatcherApplication(create_backend_app)
        store = from_wsgi(ec2.StrictEc2(moto, settings=self.settings))
        self.changes = Changes(zones=observed.zones, conditions=self.conditions)
        self._store: Handler = gaps_shown(self.locks.around(composites.around(self.changes.around(store))))
        self.clients = Clients(self._store, region=self.region)
        for service in ("dynamodb", "ec2", "route53"):
            self.locks.of(service)
        self._seeds = Seeds(self.region)
        self._empty = True
        past = Ec2Past(region=self.region, locks=self.locks, inner=self._store)
        self.faults = Faults(past)
        self.guard = Guard(observed.Scope())
        self._aws = self.recorder.around(self.guard.around(self.faults.around(self._store)))
        self.surroundings = Surroundings(
            state=self.state,
            zones=self._zones,
            vpc=self.inside_vpc,
            conditions=self.conditions,
        )
        self.metadata = Metadata(subject=self._subject, conditions=self.conditions)

    def __call__(self, request: Request) -> Answer:
        """Answers an AWS call."""
        self._empty = self._empty and not request.mutating
        return self._aws(request)

    def state(self) -> State:
        """Who holds what in the lab's region now."""
        with self.locks.of("ec2"):
            return observed.state(self.region)

    def _zones(self) -> tuple[Zone, ...]:
        with self.locks.of("route53"):
            return self.changes.visible()

    def _subject(self, instance_id: str, notices: Mapping[str, str]) -> Subject | None:
        with self.locks.of("ec2"):
            return observed.subject(instance_id, notices)

    def inside_vpc(self) -> str | None:
        """The VPC that "inside" means: the one set, else the world's, else the one with most interfaces."""
        chosen = self.conditions.inside_vpc or (self.world.ids.get("vpc") if self.world else None)
        if chosen:
            return chosen
        busiest = Counter(interface.vpc for interface in self.state().interfaces).most_common(1)
        return busiest[0][0] if busiest else None

    def reset(self) -> None:
        """Back to an empty account: no resources, calls, faults; every setting at its default."""
        self.faults.clear()
        self.guard.clear()
        with self.locks.all():
            BackendDict.reset()
            forget()
            ec2.reset()
            self.settings.restore()
            self.world = None
            self._empty = True
        self.surroundings.reset()
        self.metadata.reset()
        self.changes.reset()
        sys.setswitchinterval(self.conditions.switch_interval_seconds)
        self.recorder.clear()

    def seed(self, name: str, *, kinds: Collection[str] = KINDS) -> World:
        """Builds a world by that name in the account, without delays and without a trace in the calls.

        In an account that is empty since the last reset, a world built before is put back as it was.

        Raises:
            ValueError: no such world or kind.
        """
        wanted = checked(kinds)
        with self.locks.all():
            seeded = self._seeds.again(name) if self._empty else None
            if seeded is None:
                was_empty = self._empty
                seeded = self._build(name)
                if was_empty:
                    self._seeds.keep(seeded)
            self._empty = False
            self.world = limited(seeded.world, kinds=wanted)
        for instance in seeded.listeners:
            self.surroundings.services.listen(instance, port=SERVICE_PORT, target=None)
        return self.world

    def _build(self, name: str) -> Seeded:
        chosen = dict(vars(self.settings))
        self.settings.restore()
        self.settings.change(eip_quota=FLEET_QUOTA)
        try:
            builder = Builder(clients=self.clients, places=self.places, region=self.region)
            return Seeded(build(name, builder), tuple(builder.listeners))
        finally:
            self.settings.change(**chosen)
            self.changes.reset()

    def known_settings(self) -> dict[str, object]:
        """Every setting and its present value."""
        return {**vars(self.settings), **vars(self.conditions)}

    def change(self, values: Mapping[str, object]) -> None:
        """Changes settings, all of them or none.

        Raises:
            ValueError: no such setting, or no such value.
        """
        own = {name: value for name, value in values.items() if name in vars(self.conditions)}
        for name, value in own.items():
            self.conditions.check(name, value)
        self.settings.change(**{name: value for name, value in values.items() if name not in own})
        for name, value in own.items():
            setattr(self.conditions, name, value)
        sys.setswitchinterval(self.conditions.switch_interval_seconds)

    def impair(self, instance_id: str, *, check: Check, status: CheckStatus) -> None:
        """Sets what a status check of an instance says while it runs on.

        Raises:
            ValueError: no such check or status.
        """
        with self.locks.of("ec2"):
            ec2.impair(instance_id, check=check, status=status)
