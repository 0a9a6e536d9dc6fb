"""Copies of moto's stores, whole: what was, to be asked or put back later."""

import copy
import types
from dataclasses import dataclass
from typing import Any, Final

from moto.backends import get_backend
from moto.core.base_backend import AccountSpecificBackend
from moto.core.model_instances import reset_model_data
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ec2.models.subnets import Subnet

from toolkit.lab.ec2.region import Region

_CACHES: Final[tuple[Any, ...]] = (
    AccountSpecificBackend._generate_regions,  # noqa: SLF001 - moto gives no other way
    Subnet._base_avail_ip_iterator,  # noqa: SLF001
)


def forget() -> None:
    """Let go of the stores that were: moto lists all that it ever made, and keeps some as keys of its caches."""
    reset_model_data()
    for cached in _CACHES:
        cached.cache_clear()


def copied(store: Any) -> Any:
    """A store's copy that shares nothing that changes. Hold the lock of its service."""
    # Generators cannot be copied; those of a region only hand out new addresses, never one twice.
    shared = {
        id(value): value
        for region in _regions(store)
        for value in vars(region).values()
        if isinstance(value, types.GeneratorType)
    }
    made = copy.deepcopy(store, shared)
    # Of the copy, moto would keep a list for a page that the lab does not serve.
    reset_model_data()
    for region in _regions(made):
        # What was under way would complete in the store where it was begun.
        vars(region)["_pending"].clear()
    return made


def _regions(store: Any) -> list[Region]:
    return [value for value in vars(store).values() if isinstance(value, Region)]


@dataclass(frozen=True)
class Place:
    """Where a store hangs in moto: its service, and its region or partition."""

    service: str
    region: str

    def take(self) -> Any:
        """The store that hangs there now."""
        return self._account()[self.region]

    def put(self, store: Any) -> None:
        """Hangs a store there instead."""
        self._account()[self.region] = store

    def _account(self) -> Any:
        backends: Any = get_backend(self.service)  # type: ignore[call-overload]
        return backends[DEFAULT_ACCOUNT_ID]
