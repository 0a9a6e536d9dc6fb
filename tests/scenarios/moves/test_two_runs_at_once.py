"""Issue 2, must show 4: two runs at once in opposite directions, fifty rounds."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from support.command import Command
from support.witness import Witness
from toolkit.lab import Lab

ROUNDS: Final = 50
SHARES: Final = 2


@pytest.mark.timeout(300)
@pytest.mark.parametrize("share", range(SHARES))
def test_of_two_runs_in_opposite_directions_one_wins_and_the_other_names_the_owner(
    lab: Lab, witness: Witness, tmp_path: Path, share: int
) -> None:
    world = lab.seed("pair", kinds=("eip", "private_ip", "route"))
    failover = Command(lab, tmp_path, world.configuration)
    (group,) = world.configuration["groups"].values()
    told = 0
    for turn in range(share, ROUNDS, SHARES):
        runs = {target: failover.start("run", "--to", target, "--yes", "--json") for target in ("db-1", "db-2")}
        seen: list[dict[str, list[str]]] = []
        while any(run.poll() is None for run in runs.values()):
            seen.append(witness.moment(group["addresses"]))
        ended = {target: (run.communicate(), run.returncode) for target, run in runs.items()}
        codes = {target: code for target, (_, code) in ended.items()}
        assert 0 in codes.values(), (turn, ended)
        assert set(codes.values()) <= {0, 7}, (turn, ended)
        told += _losers_name_the_owner(ended)
        for holders in seen:
            assert all(len(at) == 1 and at != ["nobody"] for at in holders.values()), (turn, holders)
        at_last = witness.holders(group["addresses"])
        assert len({tuple(at) for at in at_last.values()}) == 1, (turn, at_last)
    assert told > 0, "the runs never met: nothing was shown"


def _losers_name_the_owner(ended: dict[str, tuple[tuple[str, str], int]]) -> int:
    lost = [out for (out, _), code in ended.values() if code == 7]
    assert all("the lease is held by" in out for out in lost), ended
    return len(lost)
