"""The real command on the lab: dead services, dead watchers, signals, systemd."""

from __future__ import annotations

import json
import signal
import socket
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scenarios.watch.watching import Watching, watching
from support.command import Command
from support.guests import eventually
from support.witness import Witness, whole_at
from toolkit.lab import Fault, Kill, Lab, Latency, Refusal

if TYPE_CHECKING:
    from toolkit.lab import World
    from toolkit.lab.call import Call

SERVICE_PORT = 8080
SHARES = 4
# A watcher makes more calls than this from its start to the end of a move; fewer would mean missed positions.
FEWEST_POSITIONS = 15
KINDS = ("eip", "private_ip", "route")
# The write that ends a run: after it there is nothing to take up.
LAST_WRITE = 3
MUTATING = ("AssignPrivateIpAddresses", "AssociateAddress", "ReplaceRoute")


def seeded(lab: Lab, folder: Path) -> tuple[World, Command]:
    world = lab.seed("pair", kinds=KINDS)
    return world, Command(lab, folder, world.configuration)


def believing(watcher: Watching, *, down: str = "") -> None:
    """Wait until the watcher has a verdict of each node."""
    for node in ("db-1", "db-2"):
        watcher.until(f"verdict of {node}", words="unhealthy" if node == down else "is healthy")


def over(call: Call) -> float:
    """When the call was answered."""
    return float("inf") if call.ended is None else call.ended


def test_one_round_trip_lies_between_the_verdict_and_the_first_change(
    lab: Lab, witness: Witness, tmp_path: Path
) -> None:
    world, failover = seeded(lab, tmp_path)
    with watching(failover) as watcher:
        believing(watcher)
        lab.clear_calls()
        lab.hang_up(world["db-1"], SERVICE_PORT)
        watcher.until("ended", words="done")
        calls = lab.calls()
    first = min((call for call in calls if call.action in MUTATING), key=lambda call: call.started)
    (lease,) = (call for call in calls if call.action == "TransactWriteItems" and call.started < first.started)
    # A refresh that was asked for before may still be under way: only what is begun and over in between was waited for.
    assert over(lease) <= first.started
    assert [call for call in calls if over(lease) <= call.started and over(call) <= first.started] == []
    whole_at(witness, world, "db-2")


def test_a_page_whose_port_is_taken_is_told_and_the_watch_goes_on(lab: Lab, tmp_path: Path) -> None:
    _, failover = seeded(lab, tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with watching(failover, "--listen", address) as watcher:
            told = watcher.until("page")
            believing(watcher)
            watcher.signal(signal.SIGTERM)
            assert watcher.end() == 0
    assert told["text"].startswith(f"can't serve the health page at {address}: ")
    assert told["text"].endswith("the watch goes on without it")


def settled(failover: Command) -> bool:
    """Whether everything is at db-2, nobody is at work and nothing is left to do."""
    group = failover("status", "--json").body["groups"][0]
    return (set(group["holders"].values()), group["unfinished"], group["lease"]) == ({"db-2"}, False, None)


@pytest.mark.parametrize(
    ("action", "nth"),
    [
        ("TransactWriteItems", 1),
        ("AssociateAddress", 1),
        ("AssignPrivateIpAddresses", 1),
        ("ReplaceRoute", 2),
        ("TransactWriteItems", 2),
        ("TransactWriteItems", 3),
    ],
)
def test_after_a_kill_in_the_middle_of_a_run_the_next_watcher_finishes_it(
    lab: Lab, witness: Witness, tmp_path: Path, action: str, nth: int
) -> None:
    """Issue 3, must show 5: at the lease, at each change, and at the words after them."""
    world, failover = seeded(lab, tmp_path)
    with watching(failover) as watcher:
        believing(watcher)
        lab.fault(Fault(Kill(pid=watcher.process.pid), action=action, first=nth, count=1))
        lab.hang_up(world["db-1"], SERVICE_PORT)
        assert watcher.end() == -signal.SIGKILL
    lab.clear_faults()
    with watching(failover) as next_one:
        believing(next_one, down="db-1")
        if nth < LAST_WRITE:
            next_one.until("ended", words="done")
    whole_at(witness, world, "db-2")
    status = failover("status", "--json").body["groups"][0]
    assert (status["unfinished"], status["lease"]) == (False, None)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("share", range(SHARES))
def test_after_a_kill_at_any_call_of_its_life_the_next_watcher_brings_everything_to_the_end(
    lab: Lab, witness: Witness, tmp_path: Path, share: int
) -> None:
    """Issue 3, must show 5: at each read of the start, at the lease, at each change, proof and word after it."""
    for position in count(share + 1, SHARES):
        lab.reset()
        world, failover = seeded(lab, tmp_path)
        lab.hang_up(world["db-1"], SERVICE_PORT)
        with watching(failover, starts=signal.SIGSTOP) as watcher:
            kill = Kill(pid=watcher.process.pid, when="before" if position % 2 else "after")
            lab.fault(Fault(kill, user_agent="*failover*", first=position, count=1))
            watcher.signal(signal.SIGCONT)
            assert watcher.end() == -signal.SIGKILL
        lab.clear_faults()
        with watching(failover) as next_one:
            assert eventually(lambda failover=failover: settled(failover), seconds=45.0), (position, next_one.lines)
        whole_at(witness, world, "db-2")
        if any(line.get("topic") == "ended" for line in watcher.lines):
            assert position > FEWEST_POSITIONS
            return


def test_sigterm_ends_the_watcher_after_the_run_in_hand(lab: Lab, witness: Witness, tmp_path: Path) -> None:
    world, failover = seeded(lab, tmp_path)
    with watching(failover) as watcher:
        believing(watcher)
        lab.fault(Fault(Latency(seconds=0.5), action="AssociateAddress"))
        lab.hang_up(world["db-1"], SERVICE_PORT)
        watcher.until("run_started")
        watcher.signal(signal.SIGTERM)
        assert watcher.end() == 0
        assert watcher.until("ended", words="done")
    whole_at(witness, world, "db-2")


def test_sighup_with_a_broken_file_keeps_the_old_configuration(lab: Lab, witness: Witness, tmp_path: Path) -> None:
    world, failover = seeded(lab, tmp_path)
    with watching(failover) as watcher:
        believing(watcher)
        failover.file.write_text("{")
        watcher.signal(signal.SIGHUP)
        assert "the old configuration stays in force" in watcher.until("reload refused")["text"]
        lab.hang_up(world["db-1"], SERVICE_PORT)
        watcher.until("ended", words="done")
    whole_at(witness, world, "db-2")


def test_sighup_with_a_good_file_takes_it(lab: Lab, tmp_path: Path) -> None:
    world, failover = seeded(lab, tmp_path)
    changed = json.loads(json.dumps(dict(world.configuration)))
    changed["groups"]["again"] = changed["groups"].pop("db")
    with watching(failover) as watcher:
        watcher.until("watching", words="db")
        failover.file.write_text(json.dumps(changed))
        watcher.signal(signal.SIGHUP)
        watcher.until("watching", words="again")


def test_systemd_is_told_when_it_is_ready_alive_and_about_to_stop(lab: Lab, tmp_path: Path) -> None:
    _, failover = seeded(lab, tmp_path)
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(path))
        systemd.settimeout(30.0)
        with watching(failover, NOTIFY_SOCKET=str(path), WATCHDOG_USEC="400000") as watcher:
            heard = ""
            while "READY=1" not in heard or "WATCHDOG=1" not in heard:
                heard += systemd.recv(4096).decode() + "\n"
            watcher.signal(signal.SIGTERM)
            while "STOPPING=1" not in heard:
                heard += systemd.recv(4096).decode() + "\n"
            assert watcher.end() == 0


@pytest.mark.parametrize(("service", "topic"), [("ec2", "aws away"), ("dynamodb", "ledger away")])
def test_a_part_of_aws_that_is_away_is_told_and_the_move_follows_its_return(
    lab: Lab, witness: Witness, tmp_path: Path, service: str, topic: str
) -> None:
    world, failover = seeded(lab, tmp_path)
    with watching(failover) as watcher:
        believing(watcher)
        lab.fault(Fault(Refusal(code="ServiceUnavailable", status=503), service=service))
        lab.hang_up(world["db-1"], SERVICE_PORT)
        watcher.until("verdict of db-1", words="unhealthy")
        watcher.until(topic, words="the watch goes on")
        assert watcher.process.poll() is None
        lab.clear_faults()
        watcher.until("ended", words="done")
        watcher.until(topic, words="it answers again")
    whole_at(witness, world, "db-2")


def test_two_watchers_of_one_group_make_one_move(lab: Lab, witness: Witness, tmp_path: Path) -> None:
    world, failover = seeded(lab, tmp_path)
    with watching(failover) as one, watching(failover) as other:
        believing(one)
        believing(other)
        lab.clear_calls()
        lab.hang_up(world["db-1"], SERVICE_PORT)
        for each in (one, other):
            each.until("ended", "lease", "changed")
        calls = [call.action for call in lab.calls()]
    whole_at(witness, world, "db-2")
    assert calls.count("AssociateAddress") == 1
