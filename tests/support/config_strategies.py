"""Configurations as users could write them, and broken ones, for Hypothesis."""

from __future__ import annotations

import copy
import string
from typing import Any, Final

from hypothesis import strategies as st

Data = dict[str, Any]

NAMES: Final = ("db-1", "db-2", "no", "1e3", "09", "A.b_c")
DURATIONS: Final = st.sampled_from(["1s", "1500ms", "10s", "5m", "0.25m", "60s", "2m"])
_WORDS = st.text(string.ascii_letters + string.digits + " -{}'\"#:é", min_size=1, max_size=12)
_HOSTS = st.sampled_from(["10.0.1.10", "db.example.com", "localhost", "proxy-1"])
_PORTS = st.integers(1, 65535)
_HOST_PORTS = st.one_of(
    st.builds("{}:{}".format, _HOSTS, _PORTS), st.builds("[{}]:{}".format, st.ip_addresses(v=6), _PORTS)
)
_PROXIES = st.builds("socks5://{}".format, _HOST_PORTS)
_GROUP_IDS = st.integers(0, 16**17 - 1).map(lambda number: f"sg-{number:017x}")


def _optional(
    required: dict[str, st.SearchStrategy[Any]], **optional: st.SearchStrategy[Any]
) -> st.SearchStrategy[Data]:
    return st.fixed_dictionaries(required, optional=optional)


_PROBES = st.one_of(
    st.just("ec2_status"),
    _optional({"tcp": _PORTS}, timeout=DURATIONS),
    _optional(
        {
            "http": st.builds(
                "{}:{}{}".format,
                st.sampled_from(["", "http://", "https://"]),
                _PORTS,
                st.sampled_from(["", "/", "/a/b?c=1:2"]),
            )
        },
        expect=st.integers(100, 599),
        contains=_WORDS,
        tls_name=_HOSTS,
        timeout=DURATIONS,
    ),
    _optional({"command": st.lists(_WORDS, min_size=1, max_size=3)}, timeout=DURATIONS),
    _optional({"alarm": _WORDS}),
)
_RUNGS = st.one_of(
    st.sampled_from(["detach", "stop"]),
    st.builds(lambda name, limit: {name: limit}, st.sampled_from(["detach", "stop"]), _optional({}, timeout=DURATIONS)),
    st.builds(lambda group: {"isolate": group}, _GROUP_IDS),
    st.builds(lambda detail: {"isolate": detail}, _optional({"security_group": _GROUP_IDS}, timeout=DURATIONS)),
)
_FAILBACKS = st.one_of(
    st.sampled_from(["manual", "never", "auto"]),
    st.builds(lambda auto: {"auto": auto}, _optional({}, stable=DURATIONS, window=st.just("22:00-04:30"))),
)
_QUORA = st.integers(1, 9).flatmap(lambda of: _optional({"observers": st.integers(1, of), "of": st.just(of)}))
_HEALTH = _optional(
    {"probes": st.lists(_PROBES, max_size=3).map(lambda probes: [{"tcp": 22}, *probes])},
    interval=DURATIONS,
    fall=st.integers(1, 9),
    rise=st.integers(1, 9),
    any=st.booleans(),
    anchors=st.lists(_HOST_PORTS, max_size=2),
    via=_PROXIES,
    quorum=_QUORA,
)
_POLICY = _optional(
    {},
    failback=_FAILBACKS,
    cooldown=DURATIONS,
    max_moves=_optional({"count": st.integers(1, 9), "window": DURATIONS}),
    fence=st.lists(_RUNGS, max_size=3),
    force_detach=DURATIONS,
    max_snapshot_age=DURATIONS,
)
_RESOLVERS = st.lists(st.one_of(_HOSTS, _HOST_PORTS, st.ip_addresses(v=6).map(str)), max_size=2)
_VERIFY = _optional(
    {},
    names=st.lists(st.sampled_from(["db.example.com", "*.example.com", "a.b."]), max_size=2),
    resolvers=_optional({}, inside=_RESOLVERS, outside=_RESOLVERS),
    through=st.booleans(),
    guest=st.booleans(),
    timeout=DURATIONS,
    via=_PROXIES,
)


@st.composite
def configurations(draw: st.DrawFn) -> Data:
    """A whole configuration without a fault."""
    names = draw(st.lists(st.sampled_from(["db", "nat", "yes", "0x1f"]), min_size=1, max_size=2, unique=True))
    groups = {name: _group(draw, number) for number, name in enumerate(names)}
    heard = any(group.get("verify", {}).get("guest") for group in groups.values())
    states = [{"dynamodb": "failover-state"}] + ([] if heard else [{"file": "/var/lib/failover"}])
    whole: Data = {"version": 1, "state": draw(st.sampled_from(states)), "groups": groups}
    return whole | draw(
        _optional(
            {}, region=st.sampled_from(["eu-west-1", "us-gov-east-1"]), lease=st.sampled_from(["3s", "15s", "5m"])
        )
    )


def _group(draw: st.DrawFn, number: int) -> Data:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=4, unique=True))
    nodes: Any = [_node(draw, name, number * 10 + index) for index, name in enumerate(names)]
    if draw(st.integers(0, 4)) == 0:
        nodes = {"tag": {draw(_WORDS): draw(st.one_of(_WORDS, st.just("")))}}
    kinds = draw(st.lists(st.sampled_from(sorted(_ADDRESSES)), min_size=1, max_size=6))
    addresses = [_ADDRESSES[kind](draw, f"{number}{index}", names) for index, kind in enumerate(kinds)]
    sections = draw(_optional({}, policy=_POLICY, notify=st.just({"sns": "arn:aws:sns:eu-west-1:111122223333:a"})))
    judged = draw(_optional({}, verify=_VERIFY)) | {"health": draw(_HEALTH)}
    return {"nodes": nodes, "addresses": addresses} | sections | judged


def _node(draw: st.DrawFn, name: str, number: int) -> Data:
    node = {"name": name, "instance": f"i-{number:017x}"}
    return node | draw(_optional({}, interface=st.just(f"eni-{number:08x}"), host=_HOSTS))


def _eip(draw: st.DrawFn, number: str, names: list[str]) -> Data:
    per_node = st.dictionaries(st.sampled_from(names), st.ip_addresses(v=4).map(str), min_size=1)
    return {"kind": "eip", "id": f"eipalloc-{number:0>17}"} | draw(_optional({}, private_ip=per_node))


def _route(draw: st.DrawFn, number: str, names: list[str]) -> Data:
    del names
    tables = draw(
        st.lists(st.integers(0, 9).map(lambda table: f"rtb-{table:017x}"), min_size=1, max_size=3, unique=True)
    )
    destination = draw(st.sampled_from([f"10.99.{int(number)}.0/24", f"fd00:{number}::/64"]))
    return {"kind": "route", "destination": destination, "tables": tables} | draw(_optional({}, create=st.booleans()))


def _eni(draw: st.DrawFn, number: str, names: list[str]) -> Data:
    del names
    return {"kind": "eni", "id": f"eni-{number:a>8}"} | draw(_optional({}, device_index=st.integers(1, 15)))


def _dns(draw: st.DrawFn, number: str, names: list[str]) -> Data:
    del names
    extras = draw(_optional({}, ttl=st.integers(0, 300), public=st.booleans()))
    return {"kind": "dns", "zone": "Z0123456789ABCDEFGHIJ", "name": f"n{number}.example.com"} | extras


_ADDRESSES: Final = {
    "eip": _eip,
    "private_ip": lambda _draw, number, _names: {"kind": "private_ip", "address": f"10.1.{int(number)}.1"},
    "ipv6": lambda _draw, number, _names: {"kind": "ipv6", "address": f"2600:1f18:0::{number}"},
    "eni": _eni,
    "route": _route,
    "dns": _dns,
}

_STRANGE: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, 1, 3, -1, 10**9, 3.0, 0.5),
    *("", "x", "10s", "10 s", "0.0.0.0/0/0", "é", "stop", "manual", "auto"),
    *([], {}, [1], ["x", "x"], {"x": 1}, {"tcp": 1, "alarm": "x"}, {"kind": "eip"}),
)


@st.composite
def broken(draw: st.DrawFn) -> Any:
    """A configuration in which one to three things were lost, added or replaced; it may still be right."""
    data = copy.deepcopy(draw(configurations()))
    for _ in range(draw(st.integers(1, 3))):
        containers = [data, *_containers(data)]
        where = draw(st.sampled_from(containers))
        strange = copy.deepcopy(draw(st.sampled_from(_STRANGE)))
        keys = list(where) if isinstance(where, dict) else list(range(len(where)))
        change = draw(st.sampled_from(["lose", "add", "replace"]))
        if change == "add" or not keys:
            if isinstance(where, dict):
                where[draw(st.sampled_from(["x", "timeout", "kind", "via", "tag"]))] = strange
            else:
                where.append(strange)
        elif change == "lose":
            del where[draw(st.sampled_from(keys))]
        else:
            where[draw(st.sampled_from(keys))] = strange
    return data


def _containers(data: Any) -> list[Any]:
    inner = data.values() if isinstance(data, dict) else data
    found = [value for value in inner if isinstance(value, dict | list)]
    return found + [deeper for value in found for deeper in _containers(value)]
