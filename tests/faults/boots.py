"""``make faults ARGS=--boots``: the installed ``failover reclaim`` on five nodes at once, and boots that must wait.

A clone that is no node of the group, a node of another group and a machine without a metadata service come up with
them each time. A hundred rounds of each storm, then the metadata service that takes 20 s for each answer, credentials
that come after 30 s, and an EC2 that is away for 60 s, all in real time. Half an hour; ``--rounds 10`` takes five
minutes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from support.booting import STRANGERS_CODES, Machines, Storm, beside, cluster, instances, machines, storm
from support.command import Ended
from support.witness import Witness
from toolkit.lab import Drop, Fault, Lab, World
from unit.aws.metadata import serving

NODES: Final = 5
ROUNDS: Final = 100
SLOW_METADATA_SECONDS: Final = 20.0
LATE_CREDENTIALS_SECONDS: Final = 30.0
API_AWAY_SECONDS: Final = 60.0
# Longer than `failover reclaim` itself waits.
PATIENCE_SECONDS: Final = 330.0
_ALL_WELL: Final = ([0] * NODES, STRANGERS_CODES)
_NO_KEYS: Final = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}


@dataclass(frozen=True)
class Fleet:
    """A lab with five nodes of one group, of which the first holds its Elastic IP."""

    lab: Lab
    world: World
    configuration: dict[str, Any]
    nodes: Machines
    witness: Witness

    @property
    def every(self) -> Sequence[str]:
        return instances(self.configuration)

    @property
    def address(self) -> list[dict[str, Any]]:
        addresses: list[dict[str, Any]] = self.configuration["groups"]["db"]["addresses"]
        return addresses

    def free(self) -> None:
        row = self.witness.ec2.describe_addresses(AllocationIds=[self.address[0]["id"]])["Addresses"][0]
        if row.get("AssociationId"):
            self.witness.ec2.disassociate_address(AssociationId=row["AssociationId"])

    def holders(self) -> list[str]:
        (at,) = self.witness.holders(self.address).values()
        return at

    def moves(self) -> int:
        return sum(call.action == "AssociateAddress" and call.status == 200 for call in self.lab.calls())

    def storm(self) -> Storm:
        """Reclaim on all nodes at once, and on strangers."""
        return storm(self.nodes, self.world, self.configuration)


@contextmanager
def fleet() -> Iterator[Fleet]:
    with Lab.start() as lab, tempfile.TemporaryDirectory() as folder:
        world = lab.seed(f"fleet:{NODES}")
        configuration = beside(world, cluster(world, NODES))
        yield Fleet(lab, world, configuration, machines(lab, Path(folder), configuration), Witness(lab))


def _free_address(five: Fleet) -> str:
    five.free()
    ends = five.storm()
    right = five.holders() == [five.every[0]] and five.moves() == 1 and ends.codes == _ALL_WELL
    return "" if right else f"{five.holders()}, {five.moves()} moves, {ends}"


def _healthy_holder(five: Fleet) -> str:
    before = five.holders()
    ends = five.storm()
    right = five.holders() == before and five.moves() == 0 and ends.codes == _ALL_WELL
    return "" if right else f"{before}, {five.holders()}, {five.moves()} moves, {ends}"


def _dead_holder(five: Fleet) -> str:
    (dead,) = five.holders()
    heir = next(instance for instance in five.every if instance != dead)
    five.lab.cut(dead)
    ends = five.storm()
    five.lab.heal(dead)
    right = five.holders() == [heir] and five.moves() == 1 and ends.codes[1] == STRANGERS_CODES
    return "" if right else f"{five.holders()}, {five.moves()} moves, {ends}"


def _patient(process: subprocess.Popen[str]) -> Ended:
    """How a command ends that waits as long as it is patient by itself."""
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    return Ended(process.returncode, out, err)


def _slow_metadata(five: Fleet) -> str:
    five.lab.set(imds_mode="slow", imds_delay_seconds=SLOW_METADATA_SECONDS)
    end = _patient(five.nodes.start(five.every[0], "reclaim", "--json"))
    five.lab.set(imds_mode="on")
    return "" if end.code == 0 else str(end)


def _late_credentials(five: Fleet) -> str:
    five.free()
    keys = {"AccessKeyId": "lab", "SecretAccessKey": "lab", "Token": "lab", "Expiration": "2999-01-01T00:00:00Z"}
    role = json.dumps({"Code": "Success", "Type": "AWS-HMAC", **keys})
    folder = "iam/security-credentials/"
    with serving() as metadata:
        metadata.things["instance-id"] = five.every[0]
        place = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.url} | _NO_KEYS
        boot = five.nodes.start(five.every[0], "reclaim", **place)
        late = {folder: "role", f"{folder}role": role}
        timer = threading.Timer(LATE_CREDENTIALS_SECONDS, lambda: metadata.things.update(late))
        timer.start()
        end = _patient(boot)
        timer.join()
    return "" if end.code == 0 and five.holders() == [five.every[0]] else f"{five.holders()}, {end}"


def _api_away(five: Fleet) -> str:
    five.free()
    five.lab.fault(Fault(Drop(), service="ec2", user_agent="*failover*", seconds=API_AWAY_SECONDS))
    end = _patient(five.nodes.start(five.every[0], "reclaim"))
    five.lab.clear_faults()
    return "" if end.code == 0 and five.holders() == [five.every[0]] else f"{five.holders()}, {end}"


STORMS: Final[dict[str, Callable[[Fleet], str]]] = {
    "five nodes, the address free: the first claims it": _free_address,
    "five nodes, a healthy holder: nobody moves anything": _healthy_holder,
    "five nodes, a dead holder: one of the others takes it": _dead_holder,
}
WAITS: Final[dict[str, Callable[[Fleet], str]]] = {
    "a metadata service that takes 20 s for each answer": _slow_metadata,
    "credentials that come after 30 s": _late_credentials,
    "EC2 away for 60 s": _api_away,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Play all, tell how often each went right; 1 when anything went wrong."""
    parser = argparse.ArgumentParser(prog="make faults ARGS=--boots", description="reclaim on five nodes, for real")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each storm is played")
    words = parser.parse_args(arguments)
    wrong = 0
    with fleet() as five:
        for name, scene in (STORMS | WAITS).items():
            rounds, began = (words.rounds if name in STORMS else 1), time.monotonic()
            right = 0
            for _ in range(rounds):
                five.lab.clear_calls()
                problem = scene(five)
                right += not problem
                if problem:
                    sys.stdout.write(f"{name}: {problem}\n")
            wrong += rounds - right
            sys.stdout.write(f"{name}: right {right} of {rounds}, {time.monotonic() - began:.0f} s\n")
            sys.stdout.flush()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
