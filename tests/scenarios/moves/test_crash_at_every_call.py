"""Issue 2, must show 3: the process killed, or an answer lost, after each AWS call of a mixed group's run."""

from __future__ import annotations

import os
import signal
from itertools import count
from pathlib import Path
from typing import Final

import pytest

from support.command import Command
from support.witness import Witness, whole_at
from toolkit.lab import Drop, Fault, Kill, Lab

SHARES: Final = 4
NODES: Final = ("db-1", "db-2")
# A mixed run makes more calls than this; fewer would mean that positions were missed.
FEWEST_POSITIONS: Final = 25


def _killed(lab: Lab, failover: Command, target: str, *, position: int) -> bool:
    """Run a move whose process dies right after its call of that number; False when it ended before."""
    process = failover.start("run", "--to", target, "--yes", "--json")
    # Stopped until the fault is in force, so that no call can be missed.
    os.kill(process.pid, signal.SIGSTOP)
    lab.fault(Fault(Kill(pid=process.pid), user_agent="*failover*", first=position, count=1))
    os.kill(process.pid, signal.SIGCONT)
    out, err = process.communicate(timeout=90)
    lab.clear_faults()
    if process.returncode == 0:
        return False
    assert process.returncode == -signal.SIGKILL, (process.returncode, out, err)
    return True


@pytest.mark.timeout(300)
@pytest.mark.parametrize("share", range(SHARES))
def test_resume_after_a_kill_at_any_call_leaves_every_address_on_one_right_node(
    lab: Lab, witness: Witness, tmp_path: Path, share: int
) -> None:
    world = lab.seed("pair")
    failover = Command(lab, tmp_path, world.configuration)
    there = NODES[1]
    for position in count(share + 1, SHARES):
        if not _killed(lab, failover, there, position=position):
            assert position > FEWEST_POSITIONS
            return
        resumed = failover("resume", "--json")
        assert resumed.code == 0, (position, resumed)
        status = failover("status", "--json").body["groups"][0]
        # Killed before its plan was written, or after its end was: then there is nothing to take up.
        spared = "nothing to resume" in resumed.body["reason"]
        (at,) = set(status["holders"].values()) if spared else {there}
        whole_at(witness, world, at)
        assert resumed.body["reason"], resumed
        assert not status["unfinished"], (position, status)
        there = NODES[1 - NODES.index(at)]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("share", range(SHARES))
def test_a_run_that_loses_the_answer_to_any_call_still_ends_proven(
    lab: Lab, witness: Witness, tmp_path: Path, share: int
) -> None:
    world = lab.seed("pair")
    failover = Command(lab, tmp_path, world.configuration)
    here, there = NODES
    for position in count(share + 1, SHARES):
        lab.clear_calls()
        lab.fault(Fault(Drop(when="after"), user_agent="*failover*", first=position, count=1))
        ended = failover.move(there)
        lost = any(call.status is None for call in lab.calls())
        lab.clear_faults()
        assert ended.code == 0, (position, ended)
        whole_at(witness, world, there)
        here, there = there, here
        if not lost:
            assert position > FEWEST_POSITIONS
            return
