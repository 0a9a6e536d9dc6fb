"""Instances of a lab that run the installed command, each knowing itself by its own metadata service."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support.command import LIMIT_SECONDS, Command, Ended

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from toolkit.lab import Control, World


@dataclass(frozen=True)
class Machines:
    """The command on several instances of one lab."""

    lab: Control
    command: Command

    def start(self, instance: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """The command on that instance, running; the caller waits for it."""
        mine = {
            "AWS_EC2_METADATA_DISABLED": "",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.lab.imds(instance),
        }
        return self.command.start(*arguments, **(mine | environment))

    def run(self, instance: str, *arguments: str, **environment: str) -> Ended:
        return ended(self.start(instance, *arguments, **environment))


def ended(process: subprocess.Popen[str]) -> Ended:
    """How a started command ends."""
    out, err = process.communicate(timeout=LIMIT_SECONDS)
    return Ended(process.returncode, out, err)


def cluster(world: World, size: int) -> dict[str, Any]:
    """A configuration of one group: the first node of a fleet, which holds the Elastic IP, and the others' standbys."""
    configuration: dict[str, Any] = deepcopy(dict(world.configuration))
    group = configuration["groups"]["g-1"]
    standbys = [{"name": f"n-{n}", "instance": world[f"g-{n}-b"]} for n in range(2, size + 1)]
    group["nodes"] = [{"name": "n-1", "instance": world["g-1-a"]}, *standbys]
    configuration["groups"] = {"db": group}
    return configuration


def machines(lab: Control, folder: Path, configuration: Mapping[str, Any]) -> Machines:
    return Machines(lab, Command(lab, folder, configuration))


def instances(configuration: Mapping[str, Any]) -> Sequence[str]:
    """The instances of the nodes of the configuration's only group."""
    (group,) = configuration["groups"].values()
    return [node["instance"] for node in group["nodes"]]
