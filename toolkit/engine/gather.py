"""What a run must know of a group, and what the snapshot says about it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.domain.errors import UsageError
from toolkit.domain.group import AlarmProbe, ByTag, StatusProbe
from toolkit.domain.snapshot import Reads
from toolkit.domain.steps import Objection
from toolkit.moves.registry import KINDS
from toolkit.moves.where import interface_of, nodes_reads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from toolkit.domain.group import Address, Group, Node
    from toolkit.domain.holder import Holder
    from toolkit.domain.snapshot import Snapshot
    from toolkit.ports import Cloud


def resolved(group: Group, cloud: Cloud) -> Group:
    """The group with its nodes looked up, where the configuration finds them by tag."""
    if not isinstance(group.nodes, ByTag):
        return group
    nodes = cloud.nodes_by_tag(group.nodes)
    if not nodes:
        raise UsageError(
            f"group {group.name}: no instance bears the tag {group.nodes.key}={group.nodes.value}; tag the nodes"
        )
    return replace(group, nodes=nodes)


def reads_of(group: Group) -> Reads:
    """Everything that deciding and planning about the group asks, in one question."""
    wanted = nodes_reads(group)
    for address in group.addresses:
        kind = KINDS[address.kind]
        wanted |= kind.reads(address, group) | kind.needs(address, group)
    return wanted | _health_reads(group)


def holders(group: Group, snapshot: Snapshot) -> dict[str, Holder]:
    """Who holds each address, by its key."""
    return {a.key: KINDS[a.kind].holder(a, group, snapshot) for a in group.addresses}


def places(group: Group, snapshot: Snapshot) -> dict[str, str]:
    """Where each subject of the group is."""
    found: dict[str, str] = {}
    for address in group.addresses:
        found |= KINDS[address.kind].places(address, group, snapshot)
    return found


def laggards(group: Group, goal: Mapping[str, str], snapshot: Snapshot) -> dict[str, str]:
    """The subjects that are not where the goal has them, and where they are."""
    here = places(group, snapshot)
    return {subject: here.get(subject, "") for subject, place in goal.items() if here.get(subject, "") != place}


def hosts(group: Group, snapshot: Snapshot) -> dict[str, str]:
    """Where probes reach each node: the configured host, else the private address of its interface."""
    found: dict[str, str] = {}
    for node in group.members:
        interface = interface_of(node, snapshot)
        host = node.host or (interface.primary_ip if interface else None)
        if host:
            found[node.name] = host
    return found


def objections(group: Group, snapshot: Snapshot) -> dict[str, tuple[Objection, ...]]:
    """The facts that keep each node from taking the group's addresses, by node name."""
    found: dict[str, tuple[Objection, ...]] = {}
    for node in group.members:
        mine = _not_running(node, snapshot) + _interface_elsewhere(node, group, snapshot)
        for kind, addresses in by_kind(group).items():
            mine += KINDS[kind].holds(addresses, node, group, snapshot)
        found[node.name] = tuple(mine)
    return found


def by_kind(group: Group) -> dict[str, list[Address]]:
    """The addresses of the group under their kinds, in the order of the configuration."""
    found: dict[str, list[Address]] = {}
    for address in group.addresses:
        found.setdefault(address.kind, []).append(address)
    return found


def _not_running(node: Node, snapshot: Snapshot) -> list[Objection]:
    instance = snapshot.instances.get(node.instance)
    if instance is None:
        why = f"{node.instance} ({node.name}) does not exist in this account and Region"
        return [Objection("target-missing", node.name, why)]
    if instance.state != "running":
        return [Objection("target-not-running", node.name, f"{node.instance} ({node.name}) is {instance.state}")]
    return []


def _interface_elsewhere(node: Node, group: Group, snapshot: Snapshot) -> list[Objection]:
    """A configured interface must hang on its node, unless it comes there with this very move."""
    row = snapshot.interfaces.get(node.interface) if node.interface else None
    if row is None or row.instance == node.instance or set(by_kind(group)) == {"eni"}:
        return []
    if any(address.key == f"eni:{row.id}" for address in group.addresses):
        return []
    why = f"{row.id}, the interface named for {node.name}, hangs on {row.instance or 'nothing'}, not on {node.instance}"
    return [Objection("target-interface", node.name, why)]


def _health_reads(group: Group) -> Reads:
    instances = frozenset(node.instance for node in group.members)
    status = any(isinstance(probe, StatusProbe) for probe in group.health.probes)
    alarms = [probe.alarm for probe in group.health.probes if isinstance(probe, AlarmProbe)]
    return Reads(
        status_of=instances if status else frozenset(),
        alarms=frozenset(alarm.replace("{node}", node.name) for alarm in alarms for node in group.members),
    )
