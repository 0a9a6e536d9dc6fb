"""The command against the lab's buckets at their real size, half of what comes back taken by a neighbour."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from support.command import Command
from support.witness import Witness, whole_at
from toolkit.engine.executor import THREADS
from toolkit.lab import Fault, Lab, Throttle
from toolkit.lab.buckets import WRITE

# So many more than the bucket holds that even a slow machine meets its end.
MORE: Final = 60
HALF: Final = WRITE.refill_per_second / 2


def test_sixty_four_routes_move_and_the_endpoint_sees_no_storm(lab: Lab, witness: Witness, tmp_path: Path) -> None:
    world = lab.seed("pair", kinds=("route",))
    (group,) = world.configuration["groups"].values()
    for number in range(MORE):
        destination = f"10.77.{number}.0/24"
        witness.ec2.create_route(
            RouteTableId=world["table-1"], DestinationCidrBlock=destination, NetworkInterfaceId=world["db-1-eni"]
        )
        group["addresses"].append({"kind": "route", "destination": destination, "tables": [world["table-1"]]})
    lab.fault(Fault(Throttle(neighbour_per_second=HALF), user_agent="*failover*"))
    lab.clear_calls()
    ended = Command(lab, tmp_path, world.configuration).move("db-2")
    assert ended.code == 0, ended
    whole_at(witness, world, "db-2")
    calls = [call for call in lab.calls() if call.action == "ReplaceRoute"]
    refused = [call for call in calls if call.error_code == "RequestLimitExceeded"]
    assert len(calls) - len(refused) == MORE + 4
    took = calls[-1].started - calls[0].started
    slower = took > (MORE + 4 - WRITE.capacity) / HALF
    assert refused or slower, "the bucket was empty, and nothing was refused"
    assert len(refused) <= THREADS
    window = max(sum(first.started <= call.started < first.started + 1.0 for call in calls) for first in calls)
    assert window <= WRITE.capacity + THREADS + 2 * HALF
