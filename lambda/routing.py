"""Which groups a notice is about: by alarm name, by instance id or tag, or by their own names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from notice import Notice, Says
from toolkit.domain.errors import UsageError
from toolkit.domain.group import AlarmProbe, ByTag

if TYPE_CHECKING:
    from toolkit.domain.group import Configuration, Group
    from toolkit.ports import Cloud


def groups_of(notice: Notice, configuration: Configuration, cloud: Cloud) -> tuple[Group, ...]:
    """The groups that a notice concerns, none where nothing here knows its alarm or instance.

    Only a look that names nothing is about every group. Raises UsageError for a group that there is not.
    """
    if notice.groups:
        return tuple(_named(name, configuration) for name in dict.fromkeys(notice.groups))
    if notice.alarm is None and not notice.instances:
        return configuration.groups if notice.says is Says.LOOK else ()
    return tuple(group for group in configuration.groups if _watches(group, notice) or _holds(group, notice, cloud))


def _named(name: str, configuration: Configuration) -> Group:
    group = configuration.group(name)
    if group is None:
        known = ", ".join(each.name for each in configuration.groups)
        raise UsageError(f"the configuration has no group {name!r}; it has {known}")
    return group


def _watches(group: Group, notice: Notice) -> bool:
    """Whether one of the group's probes is the alarm; nodes found by tag may have any name."""
    if notice.alarm is None:
        return False
    alarms = [probe.alarm for probe in group.health.probes if isinstance(probe, AlarmProbe)]
    if isinstance(group.nodes, ByTag):
        return any(re.fullmatch(re.escape(a).replace(r"\{node\}", ".+"), notice.alarm) for a in alarms)
    return any(alarm.replace("{node}", node.name) == notice.alarm for alarm in alarms for node in group.nodes)


def _holds(group: Group, notice: Notice, cloud: Cloud) -> bool:
    """Whether one of the instances is a node of the group; a group by tag is asked of EC2."""
    if not notice.instances:
        return False
    nodes = cloud.nodes_by_tag(group.nodes) if isinstance(group.nodes, ByTag) else group.nodes
    return any(node.instance in notice.instances for node in nodes)
