"""All regions of the lab's EC2. moto's store is one per process, so this is too."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import RLock

from moto.ec2.models import EC2Backend, ec2_backends

from toolkit.lab.ec2.region import Region
from toolkit.lab.ec2.settings import Settings

_KEY = "_lab_region"
_IMAGES = "MOTO_EC2_LOAD_DEFAULT_AMIS"


@dataclass
class World:
    """The regions, the switches and the clock (a monotonic one, in seconds)."""

    settings: Settings = field(default_factory=Settings)
    clock: Callable[[], float] = time.monotonic
    lock: RLock = field(default_factory=RLock)

    def region(self, name: str, *, account: str) -> Region:
        """The region's state, kept inside moto's store so that one reset empties both.

        Raises:
            KeyError: moto knows no such region.
        """
        store = ec2_backends[account][name]
        if _KEY not in vars(store):
            vars(store)[_KEY] = Region(store, self.settings)
            _open_default_vpc(store)
        state = vars(store)[_KEY]
        if not isinstance(state, Region):
            raise TypeError(f"moto's store has its own {_KEY}")
        state.settings = self.settings
        return state

    def settled(self) -> Iterator[Region]:
        """Every region in use, brought up to the present. Hold the lock while reading."""
        now = self.clock()
        for account, name, store in list(ec2_backends.iter_backends()):
            if _KEY in vars(store):
                region = self.region(name, account=account)
                region.settle(now)
                yield region

    def reset(self) -> None:
        """Empty every region and return the switches to their defaults."""
        with self.lock:
            self.settings.restore()
            for zone in (zone for zones in EC2Backend.zones.values() for zone in zones):
                zone.state = "available"  # moto shares its zones between all lives of a store
            for _, _, store in list(ec2_backends.iter_backends()):
                if isinstance(store, EC2Backend):
                    _empty(store)


def _open_default_vpc(store: EC2Backend) -> None:
    """Give the default VPC its way to the internet, which AWS makes with it and moto forgets."""
    for vpc in store.vpcs.values():
        if vpc.is_default:
            gateway = store.create_internet_gateway()
            store.attach_internet_gateway(gateway.id, vpc.id)
            main = next(table for table in store.route_tables.values() if table.vpc_id == vpc.id)
            store.create_route(main.id, "0.0.0.0/0", gateway_id=gateway.id)


def _empty(store: EC2Backend) -> None:
    """Empty one region of moto, but keep its catalogue of images.

    No operation that the lab lets through changes an image, and moto takes 50 ms to make them all again.
    """
    images, snapshots = store.amis, store.snapshots
    before = os.environ.get(_IMAGES)
    os.environ[_IMAGES] = "false"
    try:
        store.reset()
    finally:
        if before is None:
            del os.environ[_IMAGES]
        else:
            os.environ[_IMAGES] = before
    store.amis, store.snapshots = images, snapshots


WORLD = World()
