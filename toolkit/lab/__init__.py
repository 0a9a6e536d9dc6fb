"""An AWS account on one machine: strict EC2, names, networks and faults on loopback."""

from toolkit.lab.call import Call
from toolkit.lab.fault import (
    BlackHole,
    Deny,
    Drop,
    Expire,
    Fault,
    Kill,
    Latency,
    Refusal,
    Stale,
    Throttle,
)
from toolkit.lab.lab import Control, Lab, LabError
from toolkit.lab.world import World

__all__ = [
    "BlackHole",
    "Call",
    "Control",
    "Deny",
    "Drop",
    "Expire",
    "Fault",
    "Kill",
    "Lab",
    "LabError",
    "Latency",
    "Refusal",
    "Stale",
    "Throttle",
    "World",
]
