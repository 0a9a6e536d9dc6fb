"""From checked values to groups, and the faults that only show between values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from toolkit.config.faults import BAD, Faults, Path, nearest, shown
from toolkit.config.judging import health, policy, verify
from toolkit.domain.fields import PerNode
from toolkit.domain.group import Address, ByTag, Configuration, DynamoState, FileState, Group, Node, State
from toolkit.moves.shape import Kind

_Values = Mapping[str, Any]


def build(values: _Values, faults: Faults, kinds: Mapping[str, Kind]) -> Configuration | None:
    """The configuration that the values spell; None when there are faults, old or new."""
    groups: list[Group | None] = []
    found: dict[Path, Address] = {}
    named = values.get("groups", BAD)
    for name, group in named.items() if isinstance(named, dict) else ():
        if isinstance(group, dict):
            path = ("groups", name)
            addresses = _addresses(group, path, faults, kinds)
            found |= addresses
            groups.append(_group(name, group, tuple(addresses.values()), faults))
    _one_group_each(found, faults)
    _guests_are_heard(values, groups, faults)
    if faults:
        return None
    given = {"lease_seconds": values["lease"]} if "lease" in values else {}
    sound = tuple(group for group in groups if group is not None)
    return Configuration(sound, _state(values["state"]), region=values.get("region"), **given)


def _state(values: _Values) -> State:
    return DynamoState(values["dynamodb"]) if "dynamodb" in values else FileState(values["file"])


def _group(name: str, values: _Values, addresses: tuple[Address, ...], faults: Faults) -> Group | None:
    path: Path = ("groups", name)
    _distinct_nodes(values.get("nodes"), (*path, "nodes"), faults)
    probes = values.get("health", {})
    judged = health(probes, (*path, "health"), faults) if faults.sound((*path, "health")) else None
    proven = values.get("verify", {})
    if judged is not None and faults.sound((*path, "verify")):
        verified = verify(proven, (*path, "verify"), judged, faults)
    else:
        verified = None
    ruled = policy(values.get("policy", {}), (*path, "policy"), faults) if faults.sound((*path, "policy")) else None
    if judged is None or verified is None or ruled is None or not faults.sound(path):
        return None
    return Group(
        name,
        _nodes(values["nodes"]),
        addresses,
        health=judged,
        policy=ruled,
        verify=verified,
        notify_sns=values.get("notify", {}).get("sns"),
    )


def _guests_are_heard(values: _Values, groups: Sequence[Group | None], faults: Faults) -> None:
    """An agent tells its word where the state is: in a folder nobody on another machine would hear it."""
    state = values.get("state")
    for group in groups:
        if group is not None and group.verify.guest and isinstance(state, dict) and "file" in state:
            problem = "the state is in a folder, where the agents of the other machines can't write"
            remedy = "keep the state in DynamoDB, or leave `guest:` out"
            faults.bad(("groups", group.name, "verify", "guest"), problem, remedy)


def _nodes(values: Any) -> tuple[Node, ...] | ByTag:
    if isinstance(values, dict):
        ((key, value),) = values["tag"].items()
        return ByTag(key, value)
    return tuple(Node(**node) for node in values)


def _distinct_nodes(nodes: Any, path: Path, faults: Faults) -> None:
    if not isinstance(nodes, tuple):
        return
    for key in ("name", "instance", "interface"):
        first: dict[str, int] = {}
        for index, node in enumerate(nodes):
            value = node.get(key) if isinstance(node, dict) else None
            if not isinstance(value, str):
                continue
            if value in first:
                problem = f"{value} is the {key} of nodes[{first[value]}] too"
                faults.bad((*path, index, key), problem, f"each node has its own {key}")
            first.setdefault(value, index)


def _addresses(group: _Values, path: Path, faults: Faults, kinds: Mapping[str, Kind]) -> dict[Path, Address]:
    """The addresses of a group by their place, without those that have a fault."""
    found: dict[Path, Address] = {}
    names = _node_names(group.get("nodes"))
    listed = group.get("addresses", ())
    for index, values in enumerate(listed if isinstance(listed, tuple) else ()):
        place = (*path, "addresses", index)
        kind = kinds.get(values.get("kind", "")) if isinstance(values, dict) else None
        if kind is None:
            continue
        if names is not None:
            _known_nodes(kind, values, names, place, faults)
        if not faults.sound(place):
            continue
        try:
            found[place] = kind.build({field.name: values.get(field.name) for field in kind.FIELDS})
        except ValueError as error:
            faults.bad(place, str(error), "change one of the two")
    return found


def _node_names(nodes: Any) -> list[str] | None:
    """The names of listed nodes; None where they are not known before a run, or not sound."""
    if not isinstance(nodes, tuple):
        return None
    names = [node.get("name") for node in nodes if isinstance(node, dict)]
    known = [name for name in names if isinstance(name, str)]
    return known if len(known) == len(nodes) else None


def _known_nodes(kind: Kind, values: _Values, names: list[str], path: Path, faults: Faults) -> None:
    for field in kind.FIELDS:
        if not isinstance(field.shape, PerNode):
            continue
        given = values.get(field.name)
        for name in given if isinstance(given, dict) else ():
            if name not in names:
                meant = nearest(name, names)
                remedy = f"did you mean {meant}?" if meant else f"name one of {', '.join(names)}"
                faults.bad((*path, field.name, name), f"{shown(name)} is no node of this group", remedy)


def _one_group_each(found: Mapping[Path, Address], faults: Faults) -> None:
    first: dict[str, Path] = {}
    for path, address in found.items():
        if address.key in first:
            group = first[address.key][1]
            where = "in this group" if group == path[1] else f"in the group {group}"
            faults.bad(path, f"{address.key} is {where} already", "an address belongs to one group: leave one out")
        first.setdefault(address.key, path)
