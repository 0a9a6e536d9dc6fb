"""How often a group is looked at."""

from __future__ import annotations

import math
from typing import Final

from toolkit.domain.group import AlarmProbe, CommandProbe, Health, HttpProbe, StatusProbe, TcpProbe

AWS_SECONDS: Final = 1.0


def asks_aws(health: Health) -> bool:
    """Whether AWS is asked: status checks or alarms are among the probes."""
    return any(isinstance(probe, StatusProbe | AlarmProbe) for probe in health.probes)


def interval_seconds(health: Health) -> float:
    """The time between looks: where AWS is asked whole seconds, so that one question a second serves all groups."""
    if not asks_aws(health):
        return health.interval_seconds
    return AWS_SECONDS * max(1, math.ceil(health.interval_seconds / AWS_SECONDS))


def longest_limit_seconds(health: Health) -> float:
    """The longest time limit of the looks that the observer makes itself."""
    limits = [p.timeout_seconds for p in health.probes if isinstance(p, TcpProbe | HttpProbe | CommandProbe)]
    return max(limits, default=0.0)
