"""Issue 2, must show 6: every bad input has its own message and code, and changes nothing."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from support.command import Command
from support.witness import Witness
from toolkit.lab import Deny, Fault, Lab, World

Change = Callable[[World, dict[str, Any]], None]
CHANGES: Final = {"ec2", "route53"}


def _address(index: int, **values: Any) -> Change:
    """Write these values into an address of the world's only group."""

    def change(world: World, group: dict[str, Any]) -> None:
        told = {key: world[value[1:]] if str(value).startswith("@") else value for key, value in values.items()}
        group["addresses"][index] |= told

    return change


def _only(**address: Any) -> Change:
    """Let this be the only address of the group; ``@role`` stands for an id of the world."""

    def change(world: World, group: dict[str, Any]) -> None:
        group["addresses"] = [{k: world[v[1:]] if str(v).startswith("@") else v for k, v in address.items()}]

    return change


def _unknown_key(world: World, group: dict[str, Any]) -> None:
    del world
    group["adresses"] = group.pop("addresses")


@dataclass(frozen=True)
class Case:
    """A change to a sound configuration, or another circumstance, and what must be said of it."""

    name: str
    code: int
    says: tuple[str, ...]
    change: Change = lambda _world, _group: None
    world: str = "pair"
    target: str = "db-2"
    environment: dict[str, str] = field(default_factory=dict)


CASES: Final = [
    Case("unknown key", 2, ("groups.db.adresses", "addresses"), _unknown_key),
    Case("malformed id", 2, ("groups.db.addresses[0].id", "eipalloc-0123456789abcdef0"), _address(0, id="eipalloc-x")),
    Case(
        "node in another zone for an interface",
        3,
        ("target-zone", "eu-west-1a", "eu-west-1b"),
        _only(kind="eni", id="@spare"),
        world="zones",
    ),
    Case(
        "private address outside the node's subnet",
        3,
        ("target-subnet", "10.0.9.9", "10.0.1.0/24"),
        _only(kind="private_ip", address="10.0.9.9"),
    ),
    Case(
        "primary interface as an address",
        3,
        ("interface-primary", "primary interface", "secondary"),
        _only(kind="eni", id="@db-1-eni"),
    ),
    Case("node that the group does not have", 2, ("no node 'db-9'", "db-1, db-2"), target="db-9"),
    Case("address of a NAT gateway", 3, ("address-foreign", "never taken"), _only(kind="eip", id="@nat-eip")),
    Case("address of a stranger", 3, ("address-foreign", "never taken"), _only(kind="eip", id="@foreign-eip")),
    Case("address of another group", 3, ("address-foreign", "group web"), world="tagged"),
    Case(
        "private address of a stranger",
        3,
        ("address-foreign", "never taken"),
        _only(kind="private_ip", address="@foreign-secondary-ip"),
    ),
    Case(
        "no credentials",
        6,
        ("credentials",),
        environment={"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
    ),
    Case("wrong region", 3, ("does not exist in this account and Region",), world="elsewhere"),
    Case("endpoint unreachable", 8, ("127.0.0.1:9",), environment={"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}),
    Case("lease table missing", 2, ("no-such-table", "create"), world="no table"),
]


def _prepared(lab: Lab, case: Case) -> tuple[World, dict[str, Any]]:
    world = lab.seed("cross-az" if case.world == "zones" else "pair", kinds=("eip",))
    configuration: dict[str, Any] = copy.deepcopy(dict(world.configuration))
    (group,) = configuration["groups"].values()
    case.change(world, group)
    return world, configuration


@pytest.mark.parametrize("case", [c for c in CASES if c.world == "pair"], ids=lambda case: case.name)
def test_bad_input_is_named_and_changes_nothing(lab: Lab, tmp_path: Path, case: Case) -> None:
    _, configuration = _prepared(lab, case)
    _refused(lab, Command(lab, tmp_path, configuration), case)


def test_an_interface_of_another_zone_is_named_and_nothing_changes(lab: Lab, tmp_path: Path) -> None:
    case = next(c for c in CASES if c.world == "zones")
    world = lab.seed("cross-az", kinds=("eip",))
    configuration = copy.deepcopy(dict(world.configuration))
    (group,) = configuration["groups"].values()
    ec2 = Witness(lab).ec2
    row = ec2.describe_instances(InstanceIds=[world["app-1"]])["Reservations"][0]["Instances"][0]
    spare = ec2.create_network_interface(SubnetId=row["SubnetId"])["NetworkInterface"]["NetworkInterfaceId"]
    group["addresses"] = [{"kind": "eni", "id": spare}]
    _refused(lab, Command(lab, tmp_path, configuration), case, target="app-2")


def test_an_address_that_is_tagged_for_another_group_is_never_taken(lab: Lab, tmp_path: Path) -> None:
    case = next(c for c in CASES if c.world == "tagged")
    world, configuration = _prepared(lab, case)
    tags = [{"Key": "failover:group", "Value": "web"}]
    Witness(lab).ec2.create_tags(Resources=[world["eip"]], Tags=tags)
    _refused(lab, Command(lab, tmp_path, configuration), case)


def test_a_wrong_region_is_named_and_nothing_changes(lab: Lab, tmp_path: Path) -> None:
    case = next(c for c in CASES if c.world == "elsewhere")
    _, configuration = _prepared(lab, case)
    configuration["region"] = "eu-central-1"
    configuration["state"] = {"file": str(tmp_path / "state")}
    _refused(lab, Command(lab, tmp_path, configuration), case)


def test_a_missing_lease_table_is_named_with_how_to_create_it(lab: Lab, tmp_path: Path) -> None:
    case = next(c for c in CASES if c.world == "no table")
    _, configuration = _prepared(lab, case)
    configuration["state"] = {"dynamodb": "no-such-table"}
    _refused(lab, Command(lab, tmp_path, configuration), case)


def test_a_denied_permission_is_named_and_nothing_changes(lab: Lab, tmp_path: Path) -> None:
    world = lab.seed("pair", kinds=("eip",))
    lab.fault(Fault(Deny(), service="ec2", action="AssociateAddress"))
    failover = Command(lab, tmp_path, world.configuration)
    ended = failover.move("db-2")
    assert ended.code == 6, ended
    assert "ec2:AssociateAddress" in ended.out, ended


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "empty"), ("# " + "x" * 5_000_000, "larger than 1 MiB"), ("[1, 2]", "mapping")],
    ids=["empty file", "5 MB file", "no mapping"],
)
def test_a_file_that_is_no_configuration_is_named(lab: Lab, tmp_path: Path, text: str, says: str) -> None:
    ended = Command(lab, tmp_path, text)("run", "--to", "db-2", "--yes")
    assert ended.code == 2, ended
    assert "failover.json" in ended.err, ended.err[:300]
    assert says in ended.err, ended.err[:300]


def test_two_files_with_many_faults_name_all_of_them_at_once(lab: Lab, tmp_path: Path) -> None:
    world = lab.seed("pair", kinds=("eip",))
    configuration = copy.deepcopy(dict(world.configuration))
    (group,) = configuration["groups"].values()
    group["addresses"][0]["id"] = "eipalloc-x"
    group["health"]["interval"] = "soon"
    group["nodes"][1]["instance"] = "db-2"
    ended = Command(lab, tmp_path, json.dumps(configuration, indent=2))("plan", "--json")
    assert (ended.code, len(ended.body["faults"])) == (2, 3), ended
    assert all(fault["line"] > 1 and fault["remedy"] for fault in ended.body["faults"])


def _refused(lab: Lab, failover: Command, case: Case, *, target: str | None = None) -> None:
    lab.clear_calls()
    ended = failover("run", "--to", target or case.target, "--yes", **case.environment)
    assert ended.code == case.code, ended
    said = ended.out + ended.err
    missing = [words for words in case.says if words not in said]
    assert not missing, (missing, said)
    assert "Traceback" not in said
    assert [c.action for c in lab.calls() if c.mutating and c.service in CHANGES] == []
