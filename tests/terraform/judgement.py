"""What must hold of every example once it is applied, beyond what its own tests assert."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from terraform.forms import malformed
from terraform.outcomes import Resource, State, formed
from toolkit.config import parse
from toolkit.domain.errors import ConfigurationError

_ANYWHERE: Final = frozenset(("0.0.0.0/0", "::/0"))

# These say where a moving thing is: an apply would put it back there.
_OWNERS: Final = frozenset(
    ("aws_eip_association", "aws_network_interface_attachment", "aws_network_interface_sg_attachment")
)

# Examples whose nodes nobody outside may reach.
_CLOSED: Final = frozenset(("examples/internal-database", "examples/licence-server"))


def faults(target: str, state: State) -> list[str]:
    """Each fault of an applied example or module, in words; more is asked of what has a configuration."""
    found = [*_formed(state)]
    if "failover_config" in state.outputs:
        found += [*_unowned(state), *_accepted(state)]
        if target.startswith("examples/"):
            # A module by itself is tried with the ids of things that others made.
            found += [*_untagged(state), *_unreachable(state), *_cut_off(state), *_blind(state)]
        if target in _CLOSED:
            found += _closed(state)
    return [f"{state.file} {state.run}: {fault}" for fault in found]


def _accepted(state: State) -> Iterator[str]:
    for name, found in _configurations(state):
        try:
            configuration = parse(json.dumps(formed(state, found)), name, form="json")
        except ConfigurationError as error:
            yield f"failover config check would refuse {name}: {error}"
            continue
        if {group.name for group in configuration.groups} != set(found["groups"]):
            yield f"{name} lost a group"


def _configurations(state: State) -> Iterator[tuple[str, Any]]:
    yield "the output failover_config", state.outputs["failover_config"]
    for resource in state.resources:
        if resource.type == "aws_lambda_function":
            [environment] = resource.values["environment"]
            yield "the function's FAILOVER_CONFIG", json.loads(environment["variables"]["FAILOVER_CONFIG"])


def _unowned(state: State) -> Iterator[str]:
    for resource in state.resources:
        if resource.type in _OWNERS:
            yield f"{resource.address} owns what a failover moves"
        if resource.type == "aws_route_table" and resource.values.get("route"):
            yield f"{resource.address} has inline routes"


def _untagged(state: State) -> Iterator[str]:
    """What a failover of the group changes bears the group's tag: the policies look at it."""
    tags = {
        identity: resource.values.get("tags") or {}
        for resource in state.resources
        for attribute in ("id", "allocation_id")
        if isinstance(identity := resource.values.get(attribute), str)
    }
    for name, group in state.outputs["failover_config"]["groups"].items():
        changed = [node[key] for node in group["nodes"] for key in ("instance", "interface") if key in node]
        changed += [address["id"] for address in group["addresses"] if "id" in address]
        changed += [rung["isolate"] for rung in group.get("policy", {}).get("fence", []) if isinstance(rung, dict)]
        for identity in changed:
            if tags.get(identity, {}).get("failover:group") != name:
                yield f"{identity} of the group {name} lacks its tag, so the policies would refuse every change of it"


def _unreachable(state: State) -> Iterator[str]:
    """Who moves an IPv6 address lets somebody come to it."""
    groups = state.outputs["failover_config"]["groups"].values()
    moved = [a["address"] for group in groups for a in group["addresses"] if a["kind"] == "ipv6"]
    rules = [r for r in state.resources if r.type == "aws_vpc_security_group_ingress_rule"]
    if moved and not any(rule.values.get("cidr_ipv6") for rule in rules):
        yield f"no rule lets anybody come to {', '.join(moved)} over IPv6"


def _cut_off(state: State) -> Iterator[str]:
    """Where a route is in a tier's table, the tier's ACL lets packets go there."""
    groups = state.outputs["failover_config"]["groups"].values()
    routes = [a["destination"] for group in groups for a in group["addresses"] if a["kind"] == "route"]
    out: dict[str, set[str]] = {}
    for rule in state.resources:
        if rule.type == "aws_network_acl_rule" and rule.values["egress"] and rule.values["protocol"] == "-1":
            out.setdefault(rule.values["network_acl_id"], set()).add(rule.values["cidr_block"])
    for resource in state.resources:
        if resource.type == "aws_network_acl":
            open_to = out.get(resource.values["id"], set())
            for destination in routes:
                if not open_to & {destination, "0.0.0.0/0"}:
                    yield f"{resource.address} lets nothing out to {destination}, which a route leads to"


def _blind(state: State) -> Iterator[str]:
    """A function inside the VPC has no public address of its own, and no example has a NAT for it."""
    for resource in state.resources:
        if resource.type != "aws_lambda_function" or not resource.values.get("vpc_config"):
            continue
        [environment] = resource.values["environment"]
        for name, group in json.loads(environment["variables"]["FAILOVER_CONFIG"])["groups"].items():
            if group.get("verify", {}).get("through") and any(a["kind"] == "eip" for a in group["addresses"]):
                yield f"the function has no way to the Elastic IP of {name}, so every move would end unverified"


def _formed(state: State) -> Iterator[str]:
    configuration = state.outputs.get("failover_config")
    partition = _partition(configuration["region"]) if configuration else None
    for resource in state.resources:
        yield from malformed(resource, partition)


def _partition(region: str) -> str:
    prefixes: Mapping[str, str] = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
    return next((name for prefix, name in prefixes.items() if region.startswith(prefix)), "aws")


def _closed(state: State) -> Iterator[str]:
    for resource in state.resources:
        if resource.type == "aws_vpc_security_group_ingress_rule" and _from_anywhere(resource):
            yield f"{resource.address} lets anybody in"
        if resource.type == "aws_route" and resource.values.get("gateway_id"):
            yield f"{resource.address} leads to the internet"


def _from_anywhere(rule: Resource) -> bool:
    return bool(_ANYWHERE & {rule.values.get("cidr_ipv4"), rule.values.get("cidr_ipv6")})
