"""The time of a move: the warm engine beside the bare call, a fresh process beside a fresh AWS CLI."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.figures import Figure
from support.command import Command
from toolkit.aws.gateway import AwsCloud
from toolkit.aws.session import Connection
from toolkit.bootstrap import SystemClock
from toolkit.config import parse
from toolkit.domain.snapshot import Reads
from toolkit.engine.planner import plan_move
from toolkit.lab import Lab

if TYPE_CHECKING:
    from toolkit.domain.group import Group
    from toolkit.lab import World

ROUNDS: Final = 40
FRESH_ROUNDS: Final = 7


def measure() -> Iterator[Figure]:
    """Both ratios, on one lab, in turns, so that a busy moment hits every side alike."""
    with Lab.start() as lab, tempfile.TemporaryDirectory() as folder:
        os.environ.update(lab.environment())
        world = lab.seed("pair", kinds=("eip",))
        yield _warm(world)
        if shutil.which("aws"):
            yield _fresh(lab, world, Path(folder))


def _warm(world: World) -> Figure:
    """Plan and call from a snapshot at hand, as a watcher does, against the same call made by botocore alone."""
    (group,) = parse(json.dumps(world.configuration), "lab", form="json").groups
    connection = Connection("eu-west-1")
    cloud = AwsCloud(connection, SystemClock())
    client = connection._client("ec2", "", "eu-west-1")  # noqa: SLF001 - the same client, so that only our own work differs
    ours: list[float] = []
    bare: list[float] = []
    for target in islice(cycle(("db-2", "db-1")), ROUNDS):
        ours.append(_ours(cloud, group, target))
        back = "db-1" if target == "db-2" else "db-2"
        bare.append(_bare(client, world, back))
        _bare(client, world, target)
    connection.close()
    return Figure(
        promise="a move by the warm engine vs. the bare botocore call",
        at_most=1.3,
        measured=statistics.median(ours) / statistics.median(bare),
        unit="x",
        note=f"{statistics.median(ours) * 1000:.1f} ms, {statistics.median(bare) * 1000:.1f} ms",
    )


def _ours(cloud: AwsCloud, group: Group, target: str) -> float:
    node = group.node(target)
    if node is None:
        raise ValueError(target)
    reads = Reads(instances=frozenset(n.instance for n in group.members), allocations=frozenset({_allocation(group)}))
    snapshot = cloud.read(reads)
    started = time.perf_counter()
    for step in plan_move(group, node, snapshot).steps:
        cloud.call(step.call)
    return time.perf_counter() - started


def _bare(client: Any, world: World, role: str) -> float:
    started = time.perf_counter()
    client.associate_address(
        AllocationId=world["eip"], NetworkInterfaceId=world[f"{role}-eni"], AllowReassociation=True
    )
    return time.perf_counter() - started


def _allocation(group: Group) -> str:
    return group.addresses[0].key.removeprefix("eip:")


def _fresh(lab: Lab, world: World, folder: Path) -> Figure:
    """The whole of ``failover run``, lease, reads, journal and verification included, beside one AWS CLI call."""
    configuration = json.loads(json.dumps(dict(world.configuration)))
    del configuration["groups"]["db"]["verify"]
    failover = Command(lab, folder, configuration)
    ours: list[float] = []
    cli: list[float] = []
    for target in islice(cycle(("db-2", "db-1")), FRESH_ROUNDS):
        started = time.perf_counter()
        if failover.move(target).code:
            raise RuntimeError("failover run failed")
        ours.append(time.perf_counter() - started)
        back = "db-1" if target == "db-2" else "db-2"
        for role, timed in ((back, True), (target, False)):
            cli += [_cli(failover.environment, world, role)] if timed else []
            if not timed:
                _cli(failover.environment, world, role)
    return Figure(
        promise="failover run in a fresh process vs. a fresh aws ec2 associate-address",
        at_most=0.8,
        measured=statistics.median(ours) / statistics.median(cli),
        unit="x",
        note=f"{statistics.median(ours) * 1000:.0f} ms, {statistics.median(cli) * 1000:.0f} ms",
    )


def _cli(environment: dict[str, str], world: World, role: str) -> float:
    import subprocess  # noqa: PLC0415 - only where the AWS CLI is installed

    command = ["aws", "ec2", "associate-address", "--allocation-id", world["eip"], "--allow-reassociation"]
    started = time.perf_counter()
    subprocess.run(
        [*command, "--network-interface-id", world[f"{role}-eni"]], env=environment, check=True, capture_output=True
    )
    return time.perf_counter() - started
