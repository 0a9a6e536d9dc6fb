"""Which names a configuration knows, what each should answer now, and whom to ask: what ``failover dns`` works on."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from toolkit.config import load
from toolkit.domain.errors import CloudError, ConfigurationError
from toolkit.domain.holder import HeldBy
from toolkit.domain.naming import Expectation, View, by_name_alone
from toolkit.engine.expectations import names, slots
from toolkit.engine.gather import holders
from toolkit.resolve.own import Lookup, getaddrinfo

if TYPE_CHECKING:
    from toolkit.domain.group import Configuration, Group
    from toolkit.domain.snapshot import Snapshot
    from toolkit.ports import Notifier


class Ports(Protocol):
    """What these commands need of an engine's ports."""

    @property
    def notifier(self) -> Notifier: ...


class World(Protocol):
    """What these commands need of an engine."""

    @property
    def ports(self) -> Ports: ...

    def gather(self, group: Group) -> tuple[Group, Snapshot]: ...


@dataclass(frozen=True, slots=True)
class Opening:
    """How a command comes to its world and asks this machine; a test hands in its own as the context's object."""

    open: Callable[[Configuration], AbstractContextManager[World]]
    lookup: Lookup = getaddrinfo


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user gave: the names, the group, and the servers of each side in place of the configured ones."""

    names: tuple[str, ...] = ()
    config: str | None = None
    group: str | None = None
    inside: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to check: expectations, servers, and remarks on what could not be known."""

    expectations: tuple[Expectation, ...] = ()
    servers: tuple[tuple[str, View], ...] = ()
    groups: Mapping[str, Group] = field(default_factory=dict)
    public_ips: frozenset[str] = frozenset()
    hostnames_off: bool | None = None
    remarks: tuple[str, ...] = ()
    configuration: Configuration | None = None

    def expected(self, name: str, chain: Sequence[str] = ()) -> Expectation:
        """What the name should answer: by itself, by the CNAMEs it leads over, else by its own form alone."""
        for candidate in (name, *chain):
            for expectation in self.expectations:
                if expectation.name == candidate:
                    return replace(expectation, name=name)
        return by_name_alone(name)

    def is_stranger(self, name: str) -> bool:
        """Whether the name is that of an Elastic IP which no group has."""
        ips = by_name_alone(name).outside
        return bool(self.groups) and bool(ips) and not ips & self.public_ips


def learn(asked: Asked, opening: Opening, *, before: Known | None = None) -> Known:
    """Read configuration and AWS; without a configuration, the servers must have been given.

    Raises ConfigurationError. AWS being away is a remark: what was known ``before`` stays.
    """
    given = tuple((s, View.INSIDE) for s in asked.inside) + tuple((s, View.OUTSIDE) for s in asked.outside)
    try:
        configuration = load(asked.config, environ=os.environ)
    except ConfigurationError:
        if asked.config or asked.group or not (given and asked.names):
            raise
        return Known(servers=given, remarks=("no configuration: the answers are judged by their form alone",))
    groups = [group for group in configuration.groups if asked.group in {None, group.name}]
    servers, by_name = given or _servers(groups), {group.name: group for group in groups}
    known = Known(servers=servers, groups=by_name, configuration=configuration)
    try:
        with opening.open(configuration) as world:
            for group in groups:
                known = _with_group(known, *world.gather(group))
    except CloudError as error:
        last = before or replace(known, groups={})
        return replace(last, remarks=(f"what AWS says now is unknown ({error})",))
    return known


def _servers(groups: Sequence[Group]) -> tuple[tuple[str, View], ...]:
    rows = [(server, View.INSIDE) for group in groups for server in group.verify.inside]
    rows += [(server, View.OUTSIDE) for group in groups for server in group.verify.outside]
    return tuple(dict.fromkeys(rows))


def _with_group(known: Known, group: Group, snapshot: Snapshot) -> Known:
    held = {holder.node for holder in holders(group, snapshot).values() if isinstance(holder, HeldBy)}
    remarks = list(known.remarks)
    if len(held) != 1:
        remarks.append(f"group {group.name}: its addresses are at {', '.join(sorted(held)) or 'nobody'}, not together")
    holder = next((node for node in group.members if node.name in held), group.members[0])
    carriers = slots(group, snapshot)
    return replace(
        known,
        expectations=(*known.expectations, *names(group, holder, snapshot)),
        public_ips=known.public_ips | {slot.public_ip for slot in carriers if slot.public_ip},
        hostnames_off=known.hostnames_off or any(not slot.public_dns for slot in carriers),
        remarks=tuple(remarks),
    )
