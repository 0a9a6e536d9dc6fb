"""A configuration as the user could have written it, with every default in its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, assert_never

from toolkit.config.durations import spelled
from toolkit.config.judging import HEALTH_NAMES, POLICY_NAMES, VERIFY_NAMES
from toolkit.domain.fields import PerNode
from toolkit.domain.group import (
    Address,
    AlarmProbe,
    AutoFailback,
    ByTag,
    CommandProbe,
    Configuration,
    DynamoState,
    Failback,
    Fence,
    FenceDetach,
    FenceIsolate,
    FenceStop,
    FileState,
    Group,
    HttpProbe,
    Node,
    Policy,
    Probe,
    State,
    StatusProbe,
    TcpProbe,
)
from toolkit.moves.registry import KINDS

_Json = dict[str, Any]


def dump(configuration: Configuration) -> _Json:
    """JSON that ``parse`` reads as the same configuration."""
    return _without_none(
        {
            "version": 1,
            "region": configuration.region,
            "state": _state(configuration.state),
            "lease": spelled(configuration.lease_seconds),
            "groups": {group.name: _group(group) for group in configuration.groups},
        }
    )


def _state(state: State) -> _Json:
    match state:
        case DynamoState():
            return {"dynamodb": state.table}
        case FileState():
            return {"file": state.folder}
        case _:
            assert_never(state)


def _group(group: Group) -> _Json:
    health, verify = group.health, group.verify
    quorum = health.quorum
    return _without_none(
        {
            "nodes": _nodes(group.nodes),
            "addresses": [_address(address) for address in group.addresses],
            "health": {
                **_named(health, HEALTH_NAMES),
                "probes": [_probe(probe) for probe in health.probes],
                "anchors": list(health.anchors),
                **({"quorum": {"observers": quorum.observers, "of": quorum.of}} if quorum else {}),
            },
            "policy": _policy(group.policy),
            "verify": {
                **_named(verify, VERIFY_NAMES),
                "names": list(verify.names),
                "resolvers": {"inside": list(verify.inside), "outside": list(verify.outside)},
            },
            "notify": {"sns": group.notify_sns} if group.notify_sns else None,
        }
    )


def _nodes(nodes: Iterable[Node] | ByTag) -> Any:
    if isinstance(nodes, ByTag):
        return {"tag": {nodes.key: nodes.value}}
    return [
        _without_none({key: getattr(node, key) for key in ("name", "instance", "interface", "host")}) for node in nodes
    ]


def _address(address: Address) -> _Json:
    """The fields of a kind are attributes of its addresses; one per node is kept as pairs, its name in the plural."""
    spelled_fields: _Json = {"kind": address.kind}
    for field in KINDS[address.kind].FIELDS:
        if isinstance(field.shape, PerNode):
            spelled_fields[field.name] = dict(getattr(address, f"{field.name}s")) or None
        else:
            value = getattr(address, field.name)
            spelled_fields[field.name] = list(value) if isinstance(value, tuple) else value
    return _without_none(spelled_fields)


def _probe(probe: Probe) -> Any:
    match probe:
        case TcpProbe():
            return {"tcp": probe.port, "timeout": spelled(probe.timeout_seconds)}
        case HttpProbe():
            target = f"{'https://' if probe.tls else ''}:{probe.port}{probe.path}"
            extras = {"expect": probe.expect, "contains": probe.contains, "tls_name": probe.tls_name}
            return _without_none({"http": target, **extras, "timeout": spelled(probe.timeout_seconds)})
        case CommandProbe():
            return {"command": list(probe.argv), "timeout": spelled(probe.timeout_seconds)}
        case AlarmProbe():
            return {"alarm": probe.alarm}
        case StatusProbe():
            return "ec2_status"
        case _:
            assert_never(probe)


def _policy(policy: Policy) -> _Json:
    return {
        **_named(policy, POLICY_NAMES),
        "failback": _failback(policy.failback),
        "max_moves": {"count": policy.max_moves, "window": spelled(policy.max_moves_window_seconds)},
        "fence": [_rung(rung) for rung in policy.fence],
    }


def _failback(failback: Failback) -> Any:
    if isinstance(failback, AutoFailback):
        return {"auto": _without_none({"stable": spelled(failback.stable_seconds), "window": failback.window})}
    return failback


def _rung(rung: Fence) -> _Json:
    limit = {"timeout": spelled(rung.timeout_seconds)}
    match rung:
        case FenceDetach():
            return {"detach": limit}
        case FenceIsolate():
            return {"isolate": {"security_group": rung.security_group, **limit}}
        case FenceStop():
            return {"stop": limit}
        case _:
            assert_never(rung)


def _named(thing: object, names: Mapping[str, str]) -> _Json:
    """The plain attributes under their keys; those in seconds as times."""
    values = _without_none({key: getattr(thing, name) for key, name in names.items()})
    times = {key for key, name in names.items() if name.endswith("_seconds")}
    return {key: spelled(value) if key in times else value for key, value in values.items()}


def _without_none(values: _Json) -> _Json:
    return {key: value for key, value in values.items() if value is not None}
