from __future__ import annotations

import json

import yaml

from support.config_texts import FULL, SMALL, group_of, read
from toolkit.config import dump
from toolkit.domain.group import (
    AlarmProbe,
    AutoFailback,
    ByTag,
    CommandProbe,
    DynamoState,
    FenceDetach,
    FenceIsolate,
    FenceStop,
    FileState,
    Group,
    Health,
    HttpProbe,
    Node,
    Policy,
    Quorum,
    StatusProbe,
    TcpProbe,
    Verify,
)


def test_the_whole_file_has_its_region_state_and_lease() -> None:
    configuration = read(FULL)
    assert configuration.region == "eu-west-1"
    assert configuration.state == DynamoState("failover-state")
    assert configuration.lease_seconds == 20.0
    assert [group.name for group in configuration.groups] == ["db", "nat"]


def test_nodes_stand_in_the_order_of_the_file() -> None:
    assert group_of(FULL).nodes == (
        Node("db-1", "i-0123456789abcdef0", host="10.0.1.10"),
        Node("db-2", "i-0123456789abcdef1", interface="eni-0123456789abcdef1"),
    )


def test_nodes_may_be_named_by_tag() -> None:
    assert group_of(FULL, "nat").nodes == ByTag("failover:group", "nat")


def test_each_kind_of_address_is_built_in_the_order_of_the_file() -> None:
    assert [address.key for address in group_of(FULL).addresses] == [
        "eip:eipalloc-0123456789abcdef0",
        "eip:eipalloc-0123456789abcdef1",
        "private_ip:10.0.1.50",
        "ipv6:2600:1f18::50",
        "eni:eni-0123456789abcdef2",
        "route:10.99.0.10/32",
        "dns:db.internal.example.com@Z0123456789ABCDEFGHIJ",
    ]


def test_health_is_read_with_times_in_seconds() -> None:
    assert group_of(FULL).health == Health(
        probes=(
            TcpProbe(3306, timeout_seconds=0.5),
            HttpProbe(
                8443,
                path="/healthz?deep=1",
                tls=True,
                expect=204,
                contains="ok",
                tls_name="db.example.com",
                timeout_seconds=2.0,
            ),
            CommandProbe(("/usr/local/bin/check-replica", "{node}")),
            StatusProbe(),
            AlarmProbe("db-down-{node}"),
        ),
        interval_seconds=0.5,
        fall=4,
        rise=1,
        any_of=True,
        anchors=("10.0.0.2:53", "[fd00:ec2::253]:53"),
        via="socks5://127.0.0.1:1080",
        quorum=Quorum(observers=2, of=3),
    )


def test_the_policy_is_read_with_its_ladder_in_order() -> None:
    assert group_of(FULL).policy == Policy(
        failback=AutoFailback(stable_seconds=600.0, window="02:00-04:00"),
        cooldown_seconds=3600.0,
        max_moves=5,
        max_moves_window_seconds=7200.0,
        fence=(FenceDetach(timeout_seconds=15.0), FenceIsolate("sg-0123456789abcdef0"), FenceStop()),
        force_detach_seconds=20.0,
        max_snapshot_age_seconds=45.0,
    )


def test_the_proof_and_the_topic_are_read() -> None:
    group = group_of(FULL)
    assert group.notify_sns == "arn:aws-cn:sns:cn-north-1:111122223333:failover"
    assert group.verify == Verify(
        names=("db.example.com",),
        inside=("169.254.169.253", "10.0.0.2:5353"),
        outside=("2620:fe::fe",),
        through=True,
        timeout_seconds=90.0,
        via="socks5://proxy.example.com:1080",
    )


def test_what_is_left_out_has_the_defaults_of_the_domain() -> None:
    group = group_of(SMALL)
    assert group == Group(group.name, group.nodes, group.addresses)
    assert (read(SMALL).region, read(SMALL).lease_seconds) == (None, 15.0)


def test_state_may_be_a_folder_of_this_machine() -> None:
    text = SMALL.replace("{dynamodb: failover-state}", "{file: /var/lib/failover}")
    assert read(text).state == FileState("/var/lib/failover")


def test_an_http_probe_without_a_path_asks_for_the_root() -> None:
    text = f"{SMALL}    health: {{probes: [{{http: ':80'}}, {{http: 'http://:81/a:b'}}]}}\n"
    assert group_of(text).health.probes == (HttpProbe(80), HttpProbe(81, path="/a:b"))


def test_automatic_failback_may_be_one_word() -> None:
    text = f"{SMALL}    policy: {{failback: auto, fence: [detach, {{isolate: {{security_group: sg-01234567}}}}]}}\n"
    assert group_of(text).policy == Policy(failback=AutoFailback(), fence=(FenceDetach(), FenceIsolate("sg-01234567")))


def test_json_gives_the_same_configuration_as_yaml() -> None:
    assert read(json.dumps(yaml.safe_load(FULL)), "json") == read(FULL)


def test_json_that_terraform_writes_on_one_line_is_read() -> None:
    assert read(json.dumps(yaml.safe_load(FULL), separators=(",", ":"), sort_keys=True), "json").group("db")


def test_a_dump_names_every_default() -> None:
    group = dump(read(SMALL))["groups"]["db"]
    assert group["policy"]["cooldown"] == "5m"
    assert group["health"]["interval"] == "1s"
    assert group["verify"]["timeout"] == "1m"


def test_a_dump_of_the_whole_file_reads_as_the_same_configuration() -> None:
    assert read(json.dumps(dump(read(FULL))), "json") == read(FULL)
