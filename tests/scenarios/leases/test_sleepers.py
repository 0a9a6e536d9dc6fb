"""A process that is suspended for longer than its lease, and wakes up when another has acted: it changes nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any, Final

import pytest

from contract.ledger.places import TABLE, connect, create_table, dynamo
from faults.site import PATIENT
from support import ministack
from support.command import Command
from support.ministack import until
from support.witness import Witness, whole_at
from toolkit.bootstrap import SystemClock
from toolkit.lab import BlackHole, Fault, Lab, World
from toolkit.lab.call import Call

ACCOUNT: Final = "111122223333"
LEASE: Final = "5s"


def command(lab: Lab, folder: Path, world: World, *, state: Mapping[str, Any]) -> Command:
    return Command(lab, folder, {**world.configuration, "lease": LEASE, "state": state})


@pytest.fixture(params=["lab", "ministack"])
def table(request: pytest.FixtureRequest, lab: Lab, tmp_path: Path) -> Iterator[dict[str, str]]:
    """What points the command at a table: the lab's, which its world brings with it, or another emulator's."""
    if request.param == "lab":
        yield {"AWS_ENDPOINT_URL_DYNAMODB": lab.url}
        return
    with ministack.running(tmp_path, account=ACCOUNT) as url:
        connection = connect(url, timeouts=PATIENT)
        create_table(connection)
        connection.close()
        yield {"AWS_ENDPOINT_URL_DYNAMODB": url}


def taken(table: Mapping[str, str]) -> bool:
    """Whether somebody has the lease."""
    connection = connect(table["AWS_ENDPOINT_URL_DYNAMODB"], timeouts=PATIENT)
    try:
        return dynamo(connection, "onlooker", clock=SystemClock()).owner("db") is not None
    finally:
        connection.close()


@contextmanager
def asleep_at(lab: Lab, failover: Command, action: str, **environment: str) -> Iterator[Popen[str]]:
    """A run to ``db-2`` that is stopped while it waits for the answer to a request, which never comes about.

    However late it is stopped: the lab holds each such request until then. It goes on when it is told to.
    """
    lab.clear_calls()
    lab.fault(Fault(BlackHole(), user_agent="*failover*", action=action))
    process = failover.start("run", "--to", "db-2", "--yes", "--json", **environment)
    try:
        until(lambda: bool(_calls(lab, action)), f"{action} is asked")
        if environment:
            until(lambda: taken(environment), "the lease is taken")
        os.kill(process.pid, signal.SIGSTOP)
        lab.clear_faults()
        until(lambda: all(call.ended for call in _calls(lab, action)), f"{action} is let go")
        assert process.poll() is None
        yield process
    finally:
        process.kill()
        process.communicate()


def woken(lab: Lab, process: Popen[str]) -> tuple[int, str, list[str]]:
    """How the process ended that slept, what it said, and what it still changed."""
    lab.clear_calls()
    os.kill(process.pid, signal.SIGCONT)
    out, err = process.communicate(timeout=60)
    return (
        process.returncode,
        out + err,
        [call.action for call in lab.calls() if call.mutating and call.service == "ec2"],
    )


def test_a_run_that_slept_before_its_first_change_makes_none(
    lab: Lab, witness: Witness, tmp_path: Path, table: dict[str, str]
) -> None:
    world = lab.seed("pair", kinds=("eip",))
    failover = command(lab, tmp_path, world, state={"dynamodb": TABLE})
    with asleep_at(lab, failover, "DescribeAddresses", **table) as process:
        there = failover("run", "--to", "db-2", "--yes", "--json", "--wait", "10", **table)
        assert there.code == 0, there
        back = failover("run", "--to", "db-1", "--yes", "--json", **table)
        assert back.code == 0, back
        code, said, changed = woken(lab, process)
    assert (code, changed) == (4, []), said
    assert "failover" in said
    whole_at(witness, world, "db-1")


def test_a_run_that_slept_between_two_changes_leaves_the_second_to_who_took_over(
    lab: Lab, witness: Witness, tmp_path: Path, table: dict[str, str]
) -> None:
    world = lab.seed("pair", kinds=("ipv6",))
    failover = command(lab, tmp_path, world, state={"dynamodb": TABLE})
    with asleep_at(lab, failover, "AssignIpv6Addresses", **table) as process:
        resumed = failover("resume", "--json", **table)
        assert resumed.code == 0, resumed
        assert resumed.body["to"] == "db-2"
        code, said, changed = woken(lab, process)
    assert (code, changed) == (4, []), said
    whole_at(witness, world, "db-2")
    assert not failover("status", "--json", **table).body["groups"][0]["unfinished"]


def test_on_files_a_run_that_sleeps_keeps_its_lease_and_ends_its_work_when_it_wakes_up(
    lab: Lab, witness: Witness, tmp_path: Path
) -> None:
    """The kernel knows that its process lives: nobody takes over, however long it sleeps."""
    world = lab.seed("pair", kinds=("ipv6",))
    failover = command(lab, tmp_path, world, state={"file": str(tmp_path / "state")})
    with asleep_at(lab, failover, "AssignIpv6Addresses") as process:
        refused = failover("resume", "--json")
        assert refused.code == 7, refused
        code, said, changed = woken(lab, process)
    assert (code, changed) == (0, ["AssignIpv6Addresses"]), said
    whole_at(witness, world, "db-2")


def _calls(lab: Lab, action: str) -> list[Call]:
    return [call for call in lab.calls() if call.action == action]
