"""The lab's AWS endpoint, put together: control, recorder, faults, locks, strict EC2, moto."""

import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from moto.backends import get_backend
from moto.core.base_backend import BackendDict
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from toolkit.lab import shim as ec2
from toolkit.lab.exchange import Answer, Handler, Request
from toolkit.lab.faults import Faults
from toolkit.lab.in_process import Clients
from toolkit.lab.recorder import Recorder
from toolkit.lab.store import ServiceLocks, from_wsgi, gaps_shown
from toolkit.lab.world import World
from toolkit.lab.worlds import KINDS, seed
from toolkit.lab.worlds.builder import Builder, Places

REGION = "eu-west-1"
FLEET_QUOTA = 10_000


@dataclass
class Endpoint:
    """One world behind one endpoint. Everything in it may be called from many threads."""

    places: Places
    region: str = REGION
    locks: ServiceLocks = field(default_factory=ServiceLocks)
    recorder: Recorder = field(default_factory=Recorder)
    faults: Faults = field(default_factory=Faults)
    settings: ec2.Settings = field(default_factory=ec2.Settings)
    world: World | None = None

    def __post_init__(self) -> None:
        moto = DomainDispatcherApplication(create_backend_app)
        store = from_wsgi(ec2.StrictEc2(moto, settings=self.settings))
        self._store: Handler = gaps_shown(self.locks.around(store))
        self.clients = Clients(self._store, region=self.region)
        self._aws = self.recorder.around(self.faults.around(self._store))

    def __call__(self, request: Request) -> Answer:
        """Answers an AWS call."""
        return self._aws(request)

    def reset(self) -> None:
        """Back to an empty account: no resources, calls, faults; every setting at its default."""
        self.faults.clear()
        with self.locks.all():
            BackendDict.reset()
            ec2.reset()
            self.settings.restore()
            self.world = None
        self.recorder.clear()

    def seed(self, name: str, *, kinds: Collection[str] = KINDS) -> World:
        """Builds a world by that name in the account, without delays and without a trace in the calls.

        Raises:
            ValueError: no such world.
        """
        with self.locks.of("ec2"):
            chosen = dict(vars(self.settings))
            self.settings.restore()
            self.settings.change(eip_quota=FLEET_QUOTA)
            try:
                builder = Builder(clients=self.clients, places=self.places, region=self.region)
                self.world = seed(name, builder, kinds=kinds)
            finally:
                self.settings.change(**chosen)
        return self.world

    def change(self, values: Mapping[str, object]) -> None:
        """Changes settings, all of them or none.

        Raises:
            ValueError: no such setting, or no such value.
        """
        remaining = dict(values)
        interval = remaining.pop("switch_interval_seconds", None)
        self.settings.change(**remaining)
        if isinstance(interval, float):
            sys.setswitchinterval(interval)

    def impair(self, instance_id: str) -> None:
        """Makes an instance's status checks fail while it runs on.

        Raises:
            ValueError: no such instance.
        """
        with self.locks.of("ec2"):
            ec2.impair(instance_id)

    def preload(self) -> None:
        """Builds the backends of the first calls, which would otherwise pay for it."""
        for name in ("ec2", "dynamodb", "route53"):
            get_backend(name)
