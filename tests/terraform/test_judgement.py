"""Each fault that an applied example may have is found, and a sound one has none."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from terraform.judgement import faults
from terraform.outcomes import Resource, State, formed

_SOUND: Final[dict[str, Any]] = {
    "version": 1,
    "region": "cn-north-1",
    "state": {"dynamodb": "demo-failover"},
    "groups": {
        "db": {
            "nodes": [{"name": "db-1", "instance": "inst0001"}, {"name": "db-2", "instance": "inst0002"}],
            "addresses": [{"kind": "eip", "id": "eip00001"}],
            "health": {"probes": ["ec2_status"]},
        }
    },
}
_TAGS: Final = {"failover:group": "db"}
_INSTANCES: Final = (
    Resource("aws_instance.this[0]", "aws_instance", {"id": "inst0001", "tags": _TAGS}),
    Resource("aws_instance.this[1]", "aws_instance", {"id": "inst0002", "tags": _TAGS}),
    Resource("aws_eip.this", "aws_eip", {"allocation_id": "eip00001", "tags": _TAGS}),
)


def _state(*resources: Resource, config: dict[str, Any] = _SOUND) -> State:
    return State("tests/aws.tftest.hcl", "a_run", (*_INSTANCES, *resources), {"failover_config": config})


def _policy(arn: str) -> Resource:
    policy = json.dumps({"Statement": [{"Resource": [arn]}]})
    return Resource("aws_iam_role_policy.x", "aws_iam_role_policy", {"policy": policy})


def test_a_sound_example_has_no_fault() -> None:
    assert faults("examples/nat-pair", _state(_policy("arn:aws-cn:ec2:cn-north-1:111122223333:instance/*"))) == []


def test_invented_ids_get_the_form_that_aws_gives_them() -> None:
    config = formed(_state(), _SOUND)
    assert config["groups"]["db"]["addresses"][0]["id"].startswith("eipalloc-")
    assert len({node["instance"] for node in config["groups"]["db"]["nodes"]}) == 2


def test_a_configuration_that_the_command_would_refuse_is_a_fault() -> None:
    [found] = faults("examples/nat-pair", _state(config=_SOUND | {"colour": "red"}))
    assert "failover config check would refuse the output" in found
    assert "colour" in found


def test_a_configuration_that_the_function_would_refuse_is_a_fault() -> None:
    variables = {"FAILOVER_CONFIG": json.dumps(_SOUND | {"version": 2})}
    function = Resource("a", "aws_lambda_function", {"environment": [{"variables": variables}]})
    [found] = faults("examples/nat-pair", _state(function))
    assert "would refuse the function's FAILOVER_CONFIG" in found


@pytest.mark.parametrize("tags", [None, {}, {"failover:group": "web"}])
def test_what_a_failover_changes_without_the_tag_of_its_group_is_a_fault(tags: dict[str, str] | None) -> None:
    state = _state(Resource("aws_eip.this", "aws_eip", {"allocation_id": "eip00001", "tags": tags}))
    [found] = faults("examples/nat-pair", state)
    assert "eip00001 of the group db lacks its tag" in found
    assert faults("modules/controller", state) == []


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        (Resource("a", "aws_eip_association", {}), "owns what a failover moves"),
        (Resource("a", "aws_network_interface_attachment", {}), "owns what a failover moves"),
        (Resource("a", "aws_route_table", {"route": [{"cidr_block": "0.0.0.0/0"}]}), "inline routes"),
        (_policy("arn:aws:ec2:cn-north-1:111122223333:instance/*"), "in the partition aws-cn"),
    ],
)
def test_what_no_example_may_have_is_a_fault(resource: Resource, words: str) -> None:
    [found] = faults("examples/nat-pair", _state(resource))
    assert words in found


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        (Resource("a", "aws_vpc_security_group_ingress_rule", {"cidr_ipv4": "0.0.0.0/0"}), "lets anybody in"),
        (Resource("a", "aws_vpc_security_group_ingress_rule", {"cidr_ipv6": "::/0"}), "lets anybody in"),
        (Resource("a", "aws_route", {"gateway_id": "igw-1"}), "leads to the internet"),
    ],
)
def test_an_internal_database_open_to_the_world_is_a_fault(resource: Resource, words: str) -> None:
    assert faults("examples/nat-pair", _state(resource)) == []
    [found] = faults("examples/internal-database", _state(resource))
    assert words in found


def test_a_floating_ipv6_address_that_no_rule_lets_anybody_come_to_is_a_fault() -> None:
    addresses = [*_SOUND["groups"]["db"]["addresses"], {"kind": "ipv6", "address": "2001:db8:1234::50"}]
    config = _SOUND | {"groups": {"db": _SOUND["groups"]["db"] | {"addresses": addresses}}}
    [found] = faults("examples/complete", _state(config=config))
    assert "no rule lets anybody come to 2001:db8:1234::50 over IPv6" in found
    rule = Resource("a", "aws_vpc_security_group_ingress_rule", {"cidr_ipv6": "2001:db8:1234::/56"})
    assert faults("examples/complete", _state(rule, config=config)) == []


def test_a_route_to_where_a_network_acl_lets_nothing_go_is_a_fault() -> None:
    addresses = [*_SOUND["groups"]["db"]["addresses"], {"kind": "route", "destination": "172.20.0.10/32"}]
    config = _SOUND | {"groups": {"db": _SOUND["groups"]["db"] | {"addresses": addresses}}}
    acl = Resource("aws_network_acl.data", "aws_network_acl", {"id": "acl00001"})
    rule = {"network_acl_id": "acl00001", "egress": True, "protocol": "-1", "cidr_block": "10.0.0.0/16"}
    closed = Resource("a", "aws_network_acl_rule", rule)
    found = faults("examples/complete", _state(acl, closed, config=config))
    assert any("aws_network_acl.data lets nothing out to 172.20.0.10/32" in fault for fault in found)
    for block in ("172.20.0.10/32", "0.0.0.0/0"):
        opened = Resource("b", "aws_network_acl_rule", rule | {"cidr_block": block})
        found = faults("examples/complete", _state(acl, closed, opened, config=config))
        assert not any("lets nothing out" in fault for fault in found)
