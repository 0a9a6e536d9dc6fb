"""Issue 3, must show 3: the installed command at boot, against the lab."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from support.booting import STRANGERS_CODES, Machines, Storm, beside, cluster, ended, instances, machines, storm
from toolkit.lab import Drop, Fault, Lab, World
from unit.aws.metadata import serving

if TYPE_CHECKING:
    from support.witness import Witness

NODES: Final = 5
# Of each storm; `make faults ARGS=--boots` plays a hundred.
ROUNDS: Final = 3


@pytest.fixture
def world(lab: Lab) -> World:
    return lab.seed(f"fleet:{NODES}")


@pytest.fixture
def configuration(world: World) -> dict[str, Any]:
    return cluster(world, NODES)


@pytest.fixture
def nodes(lab: Lab, tmp_path: Path, configuration: dict[str, Any]) -> Machines:
    return machines(lab, tmp_path, configuration)


@pytest.fixture
def address(configuration: dict[str, Any]) -> list[dict[str, Any]]:
    addresses: list[dict[str, Any]] = configuration["groups"]["db"]["addresses"]
    return addresses


def _free(witness: Witness, address: list[dict[str, Any]]) -> None:
    row = witness.ec2.describe_addresses(AllocationIds=[address[0]["id"]])["Addresses"][0]
    if row.get("AssociationId"):
        witness.ec2.disassociate_address(AssociationId=row["AssociationId"])


def _holders(witness: Witness, address: list[dict[str, Any]]) -> list[str]:
    (at,) = witness.holders(address).values()
    return at


def _associations(lab: Lab) -> list[str]:
    return [str(call.action) for call in lab.calls() if call.action == "AssociateAddress" and call.status == 200]


@dataclass(frozen=True)
class Crowd:
    """Five nodes, and strangers that come up with them."""

    lab: Lab
    world: World
    witness: Witness
    machines: Machines
    configuration: dict[str, Any]

    @property
    def every(self) -> Sequence[str]:
        return instances(self.configuration)

    @property
    def address(self) -> list[dict[str, Any]]:
        addresses: list[dict[str, Any]] = self.configuration["groups"]["db"]["addresses"]
        return addresses

    def holders(self) -> list[str]:
        return _holders(self.witness, self.address)

    def storm(self) -> Storm:
        """All at once; the lab counts from here on."""
        self.lab.clear_calls()
        return storm(self.machines, self.world, self.configuration)


@pytest.fixture
def crowd(lab: Lab, world: World, witness: Witness, tmp_path: Path, configuration: dict[str, Any]) -> Crowd:
    made = beside(world, configuration)
    return Crowd(lab, world, witness, machines(lab, tmp_path, made), made)


@pytest.mark.timeout(300)
def test_of_five_commands_that_claim_at_once_one_wins_and_no_stranger(crowd: Crowd) -> None:
    for _ in range(ROUNDS):
        _free(crowd.witness, crowd.address)
        end = crowd.storm()
        assert end.codes == ([0] * NODES, STRANGERS_CODES), end
        assert crowd.holders() == [crowd.every[0]]
        assert len(_associations(crowd.lab)) == 1


@pytest.mark.timeout(300)
def test_five_commands_at_once_leave_a_healthy_holder_alone(crowd: Crowd) -> None:
    holder = crowd.holders()
    for _ in range(ROUNDS):
        end = crowd.storm()
        assert end.codes == ([0] * NODES, STRANGERS_CODES), end
        assert (crowd.holders(), _associations(crowd.lab)) == (holder, [])


@pytest.mark.timeout(300)
def test_five_commands_at_once_move_the_address_of_a_dead_holder_once(crowd: Crowd) -> None:
    every = crowd.every
    for turn in range(ROUNDS):
        dead, heir = (every[0], every[1]) if turn % 2 == 0 else (every[1], every[0])
        crowd.lab.cut(dead)
        end = crowd.storm()
        assert (crowd.holders(), len(_associations(crowd.lab))) == ([heir], 1), end
        assert end.codes[1] == STRANGERS_CODES, end
        crowd.lab.heal(dead)


def test_a_clone_of_a_node_takes_nothing(
    lab: Lab, world: World, witness: Witness, nodes: Machines, address: list[dict[str, Any]]
) -> None:
    _free(witness, address)
    lab.clear_calls()
    end = nodes.run(world["g-1-b"], "reclaim", "--json")
    assert (end.code, end.body["status"], lab.calls()) == (3, "hold", [])
    assert "is no node of group db" in end.body["reason"]


def test_a_node_of_another_group_takes_nothing_of_this_one(
    lab: Lab, world: World, witness: Witness, tmp_path: Path, configuration: dict[str, Any]
) -> None:
    addresses = configuration["groups"]["db"]["addresses"]
    here = machines(lab, tmp_path, beside(world, configuration))
    _free(witness, addresses)
    end = here.run(world["g-2-a"], "reclaim", "--group", "db", "--json")
    assert (end.code, _holders(witness, addresses)) == (3, [])


def test_a_node_of_one_group_of_several_minds_only_its_own(
    lab: Lab, world: World, witness: Witness, tmp_path: Path, configuration: dict[str, Any]
) -> None:
    here = machines(lab, tmp_path, beside(world, configuration))
    _free(witness, configuration["groups"]["db"]["addresses"])
    end = here.run(world["g-1-a"], "reclaim", "--json")
    assert (end.code, end.body["group"], end.body["to"]) == (0, "db", "n-1")


def test_a_group_with_an_unknown_zone_keeps_no_other_group_from_its_address(
    lab: Lab, world: World, witness: Witness, tmp_path: Path, configuration: dict[str, Any]
) -> None:
    """Of both groups this instance is a node; AWS knows nothing of the first one's hosted zone."""
    unknown = [{"kind": "dns", "zone": "Z00000000000UNKNOWN00", "name": "db.example.com"}]
    nodes = [{"name": "w-1", "instance": world["g-1-a"]}, {"name": "w-2", "instance": world["g-2-b"]}]
    web = world.configuration["groups"]["g-2"] | {"nodes": nodes}
    groups = {"db": configuration["groups"]["db"] | {"addresses": unknown}, "web": web}
    here = machines(lab, tmp_path, configuration | {"groups": groups})
    for group in (configuration["groups"]["db"], web):
        _free(witness, group["addresses"])
    end = here.run(world["g-1-a"], "reclaim", "--json", "--wait", "1")
    assert (end.code, [each["status"] for each in end.body["groups"]]) == (2, ["error", "done"]), end
    assert _holders(witness, web["addresses"]) == [world["g-1-a"]]


def test_without_a_metadata_service_nothing_is_taken_and_it_says_so(
    world: World, witness: Witness, nodes: Machines, address: list[dict[str, Any]]
) -> None:
    _free(witness, address)
    nowhere = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1"}
    end = nodes.run(world["g-1-a"], "reclaim", "--wait", "0.2", **nowhere)
    assert (end.code, _holders(witness, address)) == (8, [])
    assert "nothing answers at http://127.0.0.1:1" in end.err


def test_a_metadata_service_that_is_switched_off_is_refused_at_once(lab: Lab, world: World, nodes: Machines) -> None:
    lab.set(imds_mode="off")
    assert nodes.run(world["g-1-a"], "reclaim").code == 6


def test_a_slow_metadata_service_is_understood(lab: Lab, world: World, nodes: Machines) -> None:
    lab.set(imds_mode="slow", imds_delay_seconds=1.1)
    end = nodes.run(world["g-1-a"], "reclaim", "--json")
    assert (end.code, end.body["to"]) == (0, "n-1")


def test_credentials_that_come_after_the_command_has_begun_are_found(
    world: World, witness: Witness, nodes: Machines, address: list[dict[str, Any]]
) -> None:
    _free(witness, address)
    with serving() as metadata:
        metadata.things["instance-id"] = world["g-1-a"]
        role = {
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.url,
            "AWS_ACCESS_KEY_ID": "",
            "AWS_SECRET_ACCESS_KEY": "",
        }
        with nodes.start(world["g-1-a"], "reclaim", **role) as boot:
            assert boot.stderr
            assert "no credentials" in boot.stderr.readline()
            metadata.things |= _role()
            assert ended(boot).code == 0
    assert _holders(witness, address) == [world["g-1-a"]]


def _role() -> dict[str, str]:
    """The credentials of an instance's role, as its metadata service gives them."""
    keys = {"AccessKeyId": "lab", "SecretAccessKey": "lab", "Token": "lab", "Expiration": "2999-01-01T00:00:00Z"}
    folder = "iam/security-credentials/"
    return {folder: "role", f"{folder}role": json.dumps({"Code": "Success", "Type": "AWS-HMAC", **keys})}


def test_an_api_that_answers_only_after_some_calls_is_waited_for(
    lab: Lab, world: World, witness: Witness, nodes: Machines, address: list[dict[str, Any]]
) -> None:
    _free(witness, address)
    lab.fault(Fault(Drop(), service="ec2", count=6))
    assert nodes.run(world["g-1-a"], "reclaim").code == 0
    assert _holders(witness, address) == [world["g-1-a"]]


def test_the_instance_tells_the_region_where_nothing_else_does(
    lab: Lab, world: World, tmp_path: Path, configuration: dict[str, Any]
) -> None:
    del configuration["region"]
    here = machines(lab, tmp_path, configuration)
    assert here.run(world["g-1-a"], "reclaim", AWS_REGION="", AWS_DEFAULT_REGION="").code == 0
