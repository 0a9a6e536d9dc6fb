"""Whether a group may go back to its preferred node by itself: healthy long enough, and inside the window.

A function remembers nothing, so CloudWatch's own memory counts: since when the node's alarms have been OK.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from toolkit.domain.group import AlarmProbe, AutoFailback

if TYPE_CHECKING:
    from toolkit.aws.session import Requests
    from toolkit.domain.group import Group, Node


def obstacle(group: Group, preferred: Node, *, now: float, connection: Requests) -> str | None:
    """What keeps the group from going back now, in words; None when nothing does. Raises CloudError."""
    failback = group.policy.failback
    if not isinstance(failback, AutoFailback):
        return f"failback is {failback}"
    if failback.window is not None and not inside(failback.window, now):
        return f"it is outside the failback window {failback.window} UTC"
    names = [p.alarm.replace("{node}", preferred.name) for p in group.health.probes if isinstance(p, AlarmProbe)]
    if not names:
        return f"no alarm of {preferred.name} is among the probes, so nothing tells since when it has been healthy"
    params = {"AlarmNames": names, "AlarmTypes": ["CompositeAlarm", "MetricAlarm"]}
    answer = connection.request("cloudwatch", "DescribeAlarms", params)
    rows = {row["AlarmName"]: row for kind in ("CompositeAlarms", "MetricAlarms") for row in answer.get(kind, ())}
    for name in names:
        row = rows.get(name, {})
        if row.get("StateValue") != "OK":
            return f"alarm {name} is in {row.get('StateValue', 'no state that can be read')}"
        age = now - row["StateUpdatedTimestamp"].timestamp()
        if age < failback.stable_seconds:
            return f"alarm {name} has been OK for {age:.0f} s of {failback.stable_seconds:.0f} s"
    return None


def inside(window: str, now: float) -> bool:
    """Whether a moment is in a daily window such as ``22:00-04:00``, UTC, its end excluded."""
    begin, _, end = window.partition("-")
    at = f"{datetime.fromtimestamp(now, UTC):%H:%M}"
    return begin <= at < end if begin <= end else at >= begin or at < end
