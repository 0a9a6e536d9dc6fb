"""What EC2's status checks and CloudWatch alarms in a snapshot say of a node: pure, no calls."""

from __future__ import annotations

from toolkit.domain.group import Node
from toolkit.domain.snapshot import Snapshot
from toolkit.probes.result import Failed, NotMade


def checks(node: Node, snapshot: Snapshot) -> str:
    """The instance runs and no status check reports it impaired; raises Failed or NotMade otherwise."""
    view = snapshot.status.get(node.instance)
    if view is None:
        raise NotMade(f"EC2 gave no status for {node.instance}")
    if view.state != "running":
        raise Failed(f"the instance is {view.state}")
    parts = {"system": view.system, "instance": view.instance}
    impaired = [name for name, state in parts.items() if state == "impaired"]
    if impaired:
        raise Failed(f"{' and '.join(impaired)} status check impaired")
    if "insufficient-data" in parts.values():
        raise NotMade("EC2 has no data for its status checks")
    if "initializing" in parts.values():
        return "running, status checks still initializing"
    return "running, status checks ok"


def alarm(name: str, snapshot: Snapshot) -> str:
    """The alarm is OK; raises Failed in ALARM, NotMade when CloudWatch can't tell.

    A stopped instance sends no data, so INSUFFICIENT_DATA is no sign of health (``AWS.md`` §5).
    """
    state = snapshot.alarms.get(name)
    if state is None:
        raise NotMade(f"there is no alarm named {name}")
    if state == "ALARM":
        raise Failed(f"alarm {name} is in ALARM")
    if state != "OK":
        raise NotMade(f"alarm {name} is in {state}")
    return f"alarm {name} is OK"
