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


@pytest.mark.parametrize(
    ("inside", "verify", "kind", "sound"),
    [
        ([{"subnet_ids": ["s"]}], {"through": True}, "eip", False),
        ([{"subnet_ids": ["s"]}], {"guest": True}, "eip", True),
        ([{"subnet_ids": ["s"]}], {"through": True}, "private_ip", True),
        ([], {"through": True}, "eip", True),
    ],
)
def test_a_function_inside_the_vpc_that_is_to_look_through_a_public_address_is_a_fault(
    inside: list[Any], verify: dict[str, bool], kind: str, *, sound: bool
) -> None:
    address = {"eip": {"id": "eip00001"}, "private_ip": {"address": "10.0.0.5"}}[kind] | {"kind": kind}
    group = _SOUND["groups"]["db"] | {"addresses": [address], "verify": verify, "health": {"probes": [{"tcp": 443}]}}
    config = json.dumps(_SOUND | {"groups": {"db": group}})
    values = {"environment": [{"variables": {"FAILOVER_CONFIG": config}}], "vpc_config": inside}
    found = faults("examples/three-tier", _state(Resource("a", "aws_lambda_function", values)))
    assert (found == []) is sound, found
    assert sound or "no way to the Elastic IP of db" in found[0]


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


_QUEUE: Final = "arn:aws-cn:sqs:cn-north-1:111122223333:dead-letters"


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("aws_cloudwatch_metric_alarm", {"alarm_actions": [_QUEUE, "0s6y4is4"]}),
        ("aws_cloudwatch_event_target", {"arn": "0s6y4is4"}),
        ("aws_cloudwatch_event_target", {"dead_letter_config": [{"arn": "0s6y4is4"}]}),
        ("aws_scheduler_schedule", {"target": [{"role_arn": "arn:aws:iam::111122223333:role/x"}]}),
        ("aws_lambda_function_event_invoke_config", {"destination_config": [{"on_failure": [{"destination": "x"}]}]}),
        ("aws_flow_log", {"log_destination": "0s6y4is4"}),
        ("aws_iam_policy_attachment", {"policy_arn": "0s6y4is4"}),
        ("aws_sns_topic_policy", {"arn": "0s6y4is4"}),
    ],
)
def test_an_argument_that_the_real_provider_holds_to_the_form_of_an_arn_is_held_to_it(
    kind: str, values: dict[str, Any]
) -> None:
    [found] = faults("modules/controller", _state(Resource("a", kind, values)))
    assert "is no ARN of the partition aws-cn" in found


def test_a_role_that_is_no_arn_is_a_fault_of_a_function_and_none_of_a_policy() -> None:
    assert faults("modules/node", _state(Resource("a", "aws_iam_role_policy", {"role": "x", "policy": "{}"}))) == []
    environment = [{"variables": {"FAILOVER_CONFIG": json.dumps(_SOUND)}}]
    function = Resource("a", "aws_lambda_function", {"role": "x", "environment": environment})
    [found] = faults("modules/controller", _state(function))
    assert "role is 'x', which is no ARN" in found


def test_an_arn_that_only_the_provider_sets_may_be_the_mocks() -> None:
    resource = Resource("a", "aws_instance", {"arn": "0s6y4is4", "outpost_arn": "0s6y4is4"})
    assert faults("modules/controller", _state(resource)) == []


def test_a_module_without_a_configuration_is_judged_by_the_form_of_its_arns_too() -> None:
    log = Resource("a", "aws_flow_log", {"iam_role_arn": "0s6y4is4"})
    [found] = faults("modules/network", State("tests/x.tftest.hcl", "a_run", (log,), {}))
    assert found == "tests/x.tftest.hcl a_run: a: iam_role_arn is '0s6y4is4', which is no ARN"


def test_a_launch_template_by_an_id_without_its_form_is_a_fault() -> None:
    instance = Resource("a", "aws_instance", {"launch_template": [{"id": "0s6y4is4"}]})
    [found] = faults("modules/node", _state(instance))
    assert "launch_template.id is '0s6y4is4'" in found


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        (Resource("a", "aws_eip_association", {}), "owns what a failover moves"),
        (Resource("a", "aws_network_interface_attachment", {}), "owns what a failover moves"),
        (Resource("a", "aws_route_table", {"route": [{"cidr_block": "0.0.0.0/0"}]}), "inline routes"),
        (_policy("arn:aws:ec2:cn-north-1:111122223333:instance/*"), "in the partition aws-cn"),
        (_policy("0s6y4is4"), "in the partition aws-cn"),
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
