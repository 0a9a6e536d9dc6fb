"""Issue 2, must show 2 and 5: each kind, and all of them in one group, moved by the installed command."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from bench.moves import LATENCY_SECONDS, round_trips
from support.command import Command
from support.witness import Witness, whole_at
from toolkit.lab import Fault, Lab, Latency, World
from toolkit.lab.worlds import KINDS

MIXED: Final = tuple(KINDS)
GROUPS: Final = [pytest.param((kind,), id=kind) for kind in KINDS] + [pytest.param(MIXED, id="mixed")]
MUTATING_CALLS: Final = {"eip": 1, "private_ip": 1, "ipv6": 2, "eni": 2, "route": 4, "dns": 1}


def _ready(lab: Lab, folder: Path, kinds: tuple[str, ...]) -> tuple[World, Command]:
    world = lab.seed("pair", kinds=kinds)
    return world, Command(lab, folder, world.configuration)


def _changes(lab: Lab) -> list[str]:
    return [call.action for call in lab.calls() if call.mutating and call.service in {"ec2", "route53"}]


@pytest.mark.parametrize("kinds", GROUPS)
def test_a_move_there_and_back_leaves_every_address_on_one_node(
    lab: Lab, witness: Witness, tmp_path: Path, kinds: tuple[str, ...]
) -> None:
    world, failover = _ready(lab, tmp_path, kinds)
    there = failover.move("db-2")
    assert (there.code, there.body["status"]) == (0, "done"), there
    whole_at(witness, world, "db-2")
    back = failover.move("db-1")
    assert (back.code, back.body["status"]) == (0, "done"), back
    whole_at(witness, world, "db-1")


@pytest.mark.parametrize("kinds", GROUPS)
def test_a_move_to_where_everything_is_makes_no_mutating_call(
    lab: Lab, witness: Witness, tmp_path: Path, kinds: tuple[str, ...]
) -> None:
    world, failover = _ready(lab, tmp_path, kinds)
    lab.clear_calls()
    again = failover.move("db-1")
    assert (again.code, _changes(lab)) == (0, []), again
    whole_at(witness, world, "db-1")


@pytest.mark.parametrize("kinds", GROUPS)
def test_a_move_makes_the_promised_number_of_mutating_calls(lab: Lab, tmp_path: Path, kinds: tuple[str, ...]) -> None:
    _, failover = _ready(lab, tmp_path, kinds)
    lab.clear_calls()
    ended = failover.move("db-2")
    assert ended.code == 0, ended
    assert len(_changes(lab)) == sum(MUTATING_CALLS[kind] for kind in kinds)


@pytest.mark.parametrize("kinds", GROUPS)
@pytest.mark.parametrize("state", ["stopped", "terminated", "impaired"])
def test_a_move_off_a_dead_holder_leaves_every_address_on_the_standby(
    lab: Lab, witness: Witness, tmp_path: Path, kinds: tuple[str, ...], state: str
) -> None:
    world, failover = _ready(lab, tmp_path, kinds)
    match state:
        case "stopped":
            witness.ec2.stop_instances(InstanceIds=[world["db-1"]])
        case "terminated":
            witness.ec2.terminate_instances(InstanceIds=[world["db-1"]])
        case _:
            lab.impair(world["db-1"])
    ended = failover.move("db-2")
    assert (ended.code, ended.body["status"]) == (0, "done"), ended
    whole_at(witness, world, "db-2")


@pytest.mark.parametrize("kinds", GROUPS)
def test_a_run_without_a_target_leaves_a_dead_holder_by_itself(
    lab: Lab, witness: Witness, tmp_path: Path, kinds: tuple[str, ...]
) -> None:
    world, failover = _ready(lab, tmp_path, kinds)
    witness.ec2.stop_instances(InstanceIds=[world["db-1"]])
    ended = failover("run", "--yes", "--json")
    assert (ended.code, ended.body["to"]) == (0, "db-2"), ended
    whole_at(witness, world, "db-2")


@pytest.mark.parametrize("kinds", GROUPS)
def test_a_run_without_a_target_stays_with_a_healthy_holder(
    lab: Lab, witness: Witness, tmp_path: Path, kinds: tuple[str, ...]
) -> None:
    world, failover = _ready(lab, tmp_path, kinds)
    lab.clear_calls()
    ended = failover("run", "--yes", "--json")
    assert (ended.code, _changes(lab)) == (3, []), ended
    assert ended.body["reason"].startswith("holder-healthy")
    whole_at(witness, world, "db-1")


@pytest.mark.parametrize("kinds", GROUPS)
def test_at_most_three_round_trips_pass_before_the_first_mutating_call(
    lab: Lab, tmp_path: Path, kinds: tuple[str, ...]
) -> None:
    """Every call takes long enough that those made side by side overlap; the longest chain of the others counts."""
    _, failover = _ready(lab, tmp_path, kinds)
    lab.fault(Fault(Latency(seconds=LATENCY_SECONDS), user_agent="*failover*"))
    lab.clear_calls()
    assert failover.move("db-2").code == 0
    calls = lab.calls()
    assert round_trips(calls) <= 3, [(call.action, call.started, call.ended) for call in calls]
