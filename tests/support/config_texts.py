"""Configurations as text, and what is wrong with them."""

from __future__ import annotations

from typing import Final, Literal

from toolkit.config import parse
from toolkit.domain.errors import ConfigurationError, Fault
from toolkit.domain.group import Configuration, Group

SMALL: Final = """\
version: 1
state: {dynamodb: failover-state}
groups:
  db:
    nodes:
      - {name: db-1, instance: i-0123456789abcdef0}
      - {name: db-2, instance: i-0123456789abcdef1}
    addresses:
      - {kind: eip, id: eipalloc-0123456789abcdef0}
"""

FULL: Final = """\
version: 1
region: eu-west-1
state: {dynamodb: failover-state}
lease: 20s
groups:
  db:
    nodes:
      - {name: db-1, instance: i-0123456789abcdef0, host: 10.0.1.10}
      - {name: db-2, instance: i-0123456789abcdef1, interface: eni-0123456789abcdef1}
    addresses:
      - {kind: eip, id: eipalloc-0123456789abcdef0}
      - {kind: eip, id: eipalloc-0123456789abcdef1, private_ip: {db-1: 10.0.1.10, db-2: 10.0.1.20}}
      - {kind: private_ip, address: 10.0.1.50}
      - {kind: ipv6, address: "2600:1f18:0::50"}
      - {kind: eni, id: eni-0123456789abcdef2, device_index: 1}
      - {kind: route, destination: 10.99.0.10/32, tables: [rtb-0123456789abcdef0, rtb-0123456789abcdef1]}
      - {kind: dns, zone: Z0123456789ABCDEFGHIJ, name: db.internal.example.com, ttl: 10}
    health:
      interval: 500ms
      fall: 4
      rise: 1
      any: true
      anchors: ["10.0.0.2:53", "[fd00:ec2::253]:53"]
      via: socks5://127.0.0.1:1080
      quorum: {observers: 2, of: 3}
      probes:
        - {tcp: 3306, timeout: 500ms}
        - {http: "https://:8443/healthz?deep=1", expect: 204, contains: ok, tls_name: db.example.com, timeout: 2s}
        - {command: [/usr/local/bin/check-replica, "{node}"]}
        - ec2_status
        - {alarm: "db-down-{node}"}
    policy:
      failback: {auto: {stable: 10m, window: "02:00-04:00"}}
      cooldown: 1h
      max_moves: {count: 5, window: 2h}
      fence: [{detach: {timeout: 15s}}, {isolate: sg-0123456789abcdef0}, stop]
      force_detach: 20s
      max_snapshot_age: 45s
    verify:
      names: [db.example.com]
      resolvers: {inside: [169.254.169.253, "10.0.0.2:5353"], outside: ["2620:fe::fe"]}
      through: true
      timeout: 90s
      via: socks5://proxy.example.com:1080
    notify: {sns: "arn:aws-cn:sns:cn-north-1:111122223333:failover"}
  nat:
    nodes: {tag: {failover:group: nat}}
    addresses:
      - {kind: route, destination: 0.0.0.0/0, tables: [rtb-0123456789abcdef2], create: true}
"""


def changed(old: str, new: str, text: str = FULL) -> str:
    """The text with one thing changed, which must be in it."""
    assert text.count(old) == 1, f"{text.count(old)} times {old}"
    return text.replace(old, new)


def read(text: str, form: Literal["yaml", "json"] = "yaml") -> Configuration:
    return parse(text, "failover.yaml", form=form)


def group_of(text: str, name: str = "db") -> Group:
    group = read(text).group(name)
    assert group is not None
    return group


def faults_of(text: str, form: Literal["yaml", "json"] = "yaml") -> tuple[Fault, ...]:
    """The faults of a text; none if it can be used."""
    try:
        read(text, form)
    except ConfigurationError as error:
        return error.faults
    return ()


def the_fault(text: str, form: Literal["yaml", "json"] = "yaml") -> Fault:
    """The only fault of a text."""
    (fault,) = faults_of(text, form)
    return fault
