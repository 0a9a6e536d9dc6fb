"""Instances of a lab that run the installed command, each knowing itself by its own metadata service."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

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


def beside(world: World, configuration: Mapping[str, Any]) -> dict[str, Any]:
    """The same with a second group, of two instances that are none of the first one's."""
    nodes = [{"name": "w-1", "instance": world["g-2-a"]}, {"name": "w-2", "instance": world["g-3-a"]}]
    web = world.configuration["groups"]["g-2"] | {"nodes": nodes}
    return {**configuration, "groups": configuration["groups"] | {"web": web}}


def instances(configuration: Mapping[str, Any]) -> Sequence[str]:
    """The instances of the nodes of a cluster."""
    return [node["instance"] for node in configuration["groups"]["db"]["nodes"]]


@dataclass(frozen=True)
class Storm:
    """How reclaim ended on machines that came up at the same moment.

    ``nodes`` are those of the group in their order; ``strangers`` a clone that is no node of it, a node of another
    group, and a machine without a metadata service.
    """

    nodes: Sequence[Ended]
    strangers: Sequence[Ended]

    @property
    def codes(self) -> tuple[list[int], list[int]]:
        """The exit codes of both."""
        return [end.code for end in self.nodes], [end.code for end in self.strangers]


STRANGERS_CODES: Final = [3, 3, 8]


def storm(here: Machines, world: World, configuration: Mapping[str, Any]) -> Storm:
    """Reclaim on all nodes and all strangers at once; the configuration is that of ``beside``."""
    words = ("reclaim", "--group", "db", "--json")
    nodes = [here.start(instance, *words) for instance in instances(configuration)]
    nowhere = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1"}
    strangers = [
        here.start(world["g-1-b"], *words),
        here.start(world["g-2-a"], *words),
        here.start(world["g-1-a"], *words, "--wait", "0.2", **nowhere),
    ]
    return Storm([ended(each) for each in nodes], [ended(each) for each in strangers])
