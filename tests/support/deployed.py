"""The function as it is deployed: the unpacked zip, its configuration in the environment, its AWS the lab."""

from __future__ import annotations

import copy
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from support import planted
from support.witness import Witness
from toolkit.lab.alarms import Ending, Sandbox, own_runtime

if TYPE_CHECKING:
    from toolkit.lab import Control, World

# What moves addresses; leases, journals and notifications change only the toolkit's own things.
MOVING: Final = "ec2"


class Overheard(Sandbox):
    """The function, whose result, error and log are looked through for planted secrets."""

    def invoke(self, event: object, *, seconds: float = 60.0) -> Ending:
        ending = super().invoke(event, seconds=seconds)
        planted.heard("the function", repr(ending))
        return ending


class Deployed:
    """A group ``db`` of two nodes, judged as Terraform's controller does: by status checks and alarms."""

    def __init__(self, lab: Control, folder: Path, *, kinds: Collection[str] = ("eip", "route"), **top: Any) -> None:
        self.lab = lab
        self._folder = folder
        self.world: World = lab.seed("pair", kinds=kinds)
        self.witness = Witness(lab)
        self.topic = str(self.witness.client("sns").create_topic(Name="failover")["TopicArn"])
        configuration: dict[str, Any] = copy.deepcopy(dict(self.world.configuration)) | top
        (self.group,) = configuration["groups"].values()
        self.group["health"] = {"probes": ["ec2_status", {"alarm": "{node}-down"}]}
        self.group["verify"] = {"timeout": "5s"}
        self.group["notify"] = {"sns": self.topic}
        self.configuration = configuration
        for node in ("db-1", "db-2"):
            self.alarm(node, "OK")
        lab.clear_calls()

    def alarm(self, node: str, state: str) -> None:
        """Put the node's alarm into a state, as CloudWatch reads it out."""
        cloudwatch = self.witness.client("cloudwatch")
        name = f"{node}-down"
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            MetricName="StatusCheckFailed",
            Namespace="AWS/EC2",
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=2,
            Threshold=1.0,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
        )
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="a test")

    def break_node(self, node: str = "db-1") -> None:
        """The node fails its status check, and its alarm goes off."""
        self.lab.impair(self.world[node])
        self.alarm(node, "ALARM")

    def heal_node(self, node: str = "db-1") -> None:
        """The node passes its checks again."""
        self.lab.impair(self.world[node], status="ok")
        self.alarm(node, "OK")

    @property
    def environment(self) -> Mapping[str, str]:
        return {**self.lab.environment(), **planted.CREDENTIALS, "FAILOVER_CONFIG": json.dumps(self.configuration)}

    def sandbox(self, **more: str) -> Sandbox:
        """A copy of the function, cold."""
        runtime = own_runtime(self._folder.with_name(f"{self._folder.name}-runtime"))
        return Overheard(self._folder, runtime=runtime, environment={**self.environment, **more})

    def moves(self) -> list[str]:
        """Every call so far that moved something."""
        calls = self.lab.calls()
        return [c.action for c in calls if c.service == MOVING and c.mutating and "failover" in c.user_agent]

    def published(self) -> list[Mapping[str, Any]]:
        """What was sent to the topic."""
        return [call.params for call in self.lab.calls() if call.action == "Publish"]
