"""Fakes of everything that the engine talks to: for this project's tests, and for rehearsals of your own group.

    world = pair("eip", "route")
    world.cloud.stop(world.node("db-1").instance)
    world.prober.down.add("db-1")

Then run the engine on ``world.cloud``, ``world.ledger`` and the rest, let calls fail (``world.cloud.fail``),
let somebody else interfere (``world.cloud.by_another_hand``), or end the process at any point
(``world.cloud.switch``). Time is ``world.clock`` and costs nothing.
"""

from toolkit.testing.ballot import MemoryBallot
from toolkit.testing.clock import FakeClock
from toolkit.testing.cloud import FakeCloud
from toolkit.testing.faults import broken, impossible, not_ready, refused, silent, throttled, unreachable
from toolkit.testing.host import FakeHost
from toolkit.testing.killing import Killed, KillSwitch
from toolkit.testing.ledger import MemoryLedger
from toolkit.testing.mirror import mirrored
from toolkit.testing.senses import FakeNotifier, FakeProber, FakeResolver, RecordingWatcher
from toolkit.testing.store import Store
from toolkit.testing.worlds import Builder, World, pair

__all__ = [
    "Builder",
    "FakeClock",
    "FakeCloud",
    "FakeHost",
    "FakeNotifier",
    "FakeProber",
    "FakeResolver",
    "KillSwitch",
    "Killed",
    "MemoryBallot",
    "MemoryLedger",
    "RecordingWatcher",
    "Store",
    "World",
    "broken",
    "impossible",
    "mirrored",
    "not_ready",
    "pair",
    "refused",
    "silent",
    "throttled",
    "unreachable",
]
