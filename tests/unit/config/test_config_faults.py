from __future__ import annotations

import pytest

from support.config_texts import FULL, SMALL, changed, faults_of, read, the_fault
from toolkit.domain.errors import ConfigurationError, ExitCode

_HEALTH = "    health: {{probes: [{}]}}\n"
_POLICY = "    policy: {{{}}}\n"

# What the text has, what stands there instead, and the fault: path, a part of the problem, a part of the remedy.
_MISTAKES = [
    ("instance: i-0123456789abcdef0", "instnace: i-0123456789abcdef0", "nodes[0].instnace", "no key", "`instance`"),
    ("ttl: 10", "colour: red", "addresses[6].colour", "no key", "kind, zone, name, ttl, public"),
    ("i-0123456789abcdef1", "i-0123456789ABCDEF1", "nodes[1].instance", "not an instance id", "i-0123"),
    ("eipalloc-0123456789abcdef0", "203.0.113.1", "addresses[0].id", "not an allocation id", "eipalloc-0123"),
    ("10.0.1.50", "10.0.1.500", "addresses[2].address", "not a secondary private IPv4", "10.0.1.50"),
    ("10.0.1.50", "2600::1", "addresses[2].address", "not a secondary private IPv4", "10.0.1.50"),
    ("2600:1f18:0::50", "fe80::1%eth0", "addresses[3].address", "not an IPv6 address", "2600:1f18::50"),
    ("10.99.0.10/32", "10.99.0.10/24", "addresses[5].destination", "a host inside a network", "10.99.0.0/24"),
    ("10.99.0.10/32", "10.99.0.10", "addresses[5].destination", "not a destination", "10.99.0.10/32"),
    ("10.99.0.10/32", "[10]", "addresses[5].destination", "a list is not a destination", "write it as text"),
    ("rtb-0123456789abcdef1]", "rtb-0123456789abcdef0]", "addresses[5].tables[1]", "listed twice", "leave one"),
    ("device_index: 1", "device_index: 0", "addresses[4].device_index", "0 is not a device index", "from 1 to 31"),
    ("device_index: 1", "device_index: '1'", "addresses[4].device_index", '"1" is not', "from 1 to 31"),
    ("device_index: 1", "device_index: 1.5", "addresses[4].device_index", "1.5 is not", "from 1 to 31"),
    ("kind: private_ip, ", "", "addresses[2]", "does not say which kind", "eip, private_ip"),
    ("kind: dns", "kind: dn5", "addresses[6].kind", '"dn5" is not a kind', "dns"),
    ("kind: dns", "kind: 5", "addresses[6].kind", "5 is not a kind", "one of eip"),
    ("interval: 500ms", "interval: 1", "health.interval", "1 has no unit", "1s if seconds are meant"),
    ("interval: 500ms", "interval: 1 s", "health.interval", '"1 s" is not a time', "500ms, 10s, 5m or 1h"),
    ("interval: 500ms", "interval: 1ms", "health.interval", "1ms can't be an interval", "from 100ms to 1h"),
    ("interval: 500ms", "interval: true", "health.interval", "true is not an interval", "with its unit"),
    ("interval: 500ms", "interval:", "health.interval", "nothing is not an interval", "with its unit"),
    ("any: true", "any: yes", "health.any", '"yes" does not say', "true or false"),
    ("observers: 2", "observers: 4", "health.quorum.observers", "4 of 3 observers", "3 or fewer"),
    ("10.0.0.2:53", "10.0.0.2", "health.anchors[0]", "not a host with its port", "10.0.0.2:53"),
    ("socks5://127.0.0.1:1080", "http://127.0.0.1:1080", "health.via", "not a SOCKS5 proxy", "socks5://"),
    ("{tcp: 3306, ", "{tpc: 3306, ", "health.probes[0]", "not a probe", "did you mean `tcp`?"),
    ("ec2_status", "ec2-status", "health.probes[3]", "not a probe", "did you mean `ec2_status`?"),
    ("ec2_status", "[ec2_status]", "health.probes[3]", "a list is not a probe", "write {tcp: 3306}"),
    ("https://:8443/healthz?deep=1", "https://db:8443/", "health.probes[1].http", "not a port and path", ":8080"),
    ("02:00-04:00", "2:00-4:00", "policy.failback.auto.window", "not a daily window", "02:00-04:00"),
    ("02:00-04:00", "04:00-04:00", "policy.failback.auto.window", "ends when it begins", "leave the window out"),
    ("count: 5, ", "", "policy.max_moves.count", "lacks `count`", "how many"),
    ("stop]", "isolate]", "policy.fence[2]", "not a rung", "{isolate: sg-"),
    ("{isolate: sg-0123456789abcdef0}", "{isolate: eni-01234567}", "policy.fence[1].isolate", "not a security", "sg-0"),
    ("db-1: 10.0.1.10", "db-3: 10.0.1.10", "addresses[1].private_ip.db-3", "no node of this group", "db-"),
    ("10.0.0.2:5353", "10.0.0.256", "verify.resolvers.inside[1]", "not a resolver", "169.254.169.253"),
    ("names: [db.example.com]", "names: db.example.com", "verify.names", "is not names", "write a list"),
    ("arn:aws-cn:sns:cn-north-1:", "arn:aws:sqs:eu-west-1:", "notify.sns", "not an SNS topic", "arn:aws:sns"),
    ("name: db-2", "name: db-1", "nodes[1].name", "the name of nodes[0] too", "its own name"),
    ("i-0123456789abcdef1", "i-0123456789abcdef0", "nodes[1].instance", "of nodes[0] too", "its own instance"),
]


@pytest.mark.parametrize(("right", "wrong", "path", "problem", "remedy"), _MISTAKES)
def test_each_mistake_is_named_with_path_line_and_remedy(
    right: str, wrong: str, path: str, problem: str, remedy: str
) -> None:
    start = FULL.index("groups:")
    text = FULL[:start] + FULL[start:].replace(right, wrong, 1)
    fault = next(fault for fault in faults_of(text) if fault.path == f"groups.db.{path}")
    assert problem in fault.problem
    assert remedy in fault.remedy
    assert fault.line == FULL[: FULL.index(right, start)].count("\n") + 1


def test_all_faults_come_at_once_from_the_top_to_the_end() -> None:
    text = changed("lease: 20s", "leese: 20s")
    text = changed("fall: 4", "fall: no", changed("name: db-2", "nam: db-2", text))
    text = changed("version: 1", "version: 2", changed("timeout: 90s", "timeout: 90", text))
    faults = faults_of(text)
    assert [fault.line for fault in faults] == [1, 4, 9, 20, 43]
    assert [fault.path for fault in faults] == [
        "version",
        "leese",
        "groups.db.nodes[1].nam",
        "groups.db.health.fall",
        "groups.db.verify.timeout",
    ]


def test_the_error_is_one_line_for_each_fault_and_a_matter_of_usage() -> None:
    with pytest.raises(ConfigurationError) as raised:
        read(changed("version: 1", "version: 2", changed("state: {", "states: {")))
    assert raised.value.exit_code is ExitCode.USAGE
    assert str(raised.value).splitlines() == [
        "failover.yaml:1: version: 2 is not a version that this program knows; write 1",
        'failover.yaml:3: states: "states" is no key here; did you mean `state`?',
    ]


def test_a_key_that_is_missing_is_placed_at_what_lacks_it() -> None:
    fault = the_fault(changed("instance: i-0123456789abcdef0, ", ""))
    assert (fault.path, fault.line) == ("groups.db.nodes[0].instance", 8)
    assert fault.problem == "a node lacks `instance`"


def test_a_group_with_one_node_has_no_standby() -> None:
    fault = the_fault(SMALL.replace("      - {name: db-2, instance: i-0123456789abcdef1}\n", ""))
    assert (fault.path, fault.problem) == ("groups.db.nodes", "only 1 is listed as nodes")
    assert fault.remedy == "list 2 or more"


def test_an_address_in_two_groups_is_a_fault_of_the_second() -> None:
    second = SMALL[SMALL.index("  db:") :].replace("db", "mail").replace("i-0", "i-1")
    fault = the_fault(SMALL + second)
    assert (fault.path, fault.line) == ("groups.mail.addresses[0]", 15)
    assert fault.problem == "eip:eipalloc-0123456789abcdef0 is in the group db already"


def test_an_address_that_a_group_lists_twice_is_a_fault() -> None:
    fault = the_fault(f"{SMALL}      - {{kind: eip, id: eipalloc-0123456789abcdef0}}\n")
    assert fault.path == "groups.db.addresses[1]"
    assert "in this group already" in fault.problem


def test_an_address_written_in_two_ways_is_still_the_same_address() -> None:
    twice = "      - {kind: ipv6, address: '2600:0::1'}\n      - {kind: ipv6, address: '2600::0001'}\n"
    assert the_fault(SMALL + twice).path == "groups.db.addresses[2]"


def test_a_proof_through_the_address_needs_a_probe_that_can_go_there() -> None:
    fault = the_fault(f"{SMALL}    health: {{probes: [ec2_status]}}\n    verify: {{through: true}}\n")
    assert (fault.path, fault.line) == ("groups.db.verify.through", 11)
    assert "tcp or http" in fault.problem


def test_a_folder_is_no_place_where_the_agent_of_another_machine_could_tell_anything() -> None:
    text = SMALL.replace("{dynamodb: failover-state}", "{file: /var/lib/failover}")
    fault = the_fault(f"{text}    verify: {{guest: true}}\n")
    assert fault.path == "groups.db.verify.guest"
    assert "DynamoDB" in fault.remedy


def test_a_configuration_without_groups_is_a_fault() -> None:
    fault = the_fault("version: 1\nstate: {file: /tmp}\ngroups: {}\n")
    assert (fault.path, fault.line, fault.remedy) == ("groups", 3, "write at least one")


def test_a_name_that_is_not_printable_is_shown_escaped() -> None:
    faults = faults_of('{"groups": {"\\u001b[31m\\ud800": 1}}', "json")
    assert any("ud800" in fault.path for fault in faults)
    assert all(f"{fault.path}{fault.problem}{fault.remedy}".isprintable() for fault in faults)
