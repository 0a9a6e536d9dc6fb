"""Each kind of address alone: a move of it makes every call that the kind declares, and no other."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Final

import pytest

from support.command import Command
from support.witness import Witness
from terraform import actions
from toolkit.lab import Lab, World

# Leases and journals are the same for every kind.
_MOVING: Final = frozenset({"ec2", "route53"})


@pytest.mark.parametrize("kind", sorted(actions.declared()))
def test_a_move_of_one_kind_calls_what_the_kind_declares_and_nothing_else(
    controlled_lab: Lab, tmp_path: Path, kind: str
) -> None:
    controlled_lab.reset()
    world = controlled_lab.seed("pair", kinds=(kind,))
    configuration = deepcopy(dict(world.configuration))
    if kind == "route":
        _lose_a_route(controlled_lab, world)
        for address in configuration["groups"]["db"]["addresses"]:
            address["create"] = True
    controlled_lab.clear_calls()
    ended = Command(controlled_lab, tmp_path, configuration).move("db-2")
    assert ended.code == 0, ended
    called = {f"{call.service}:{call.action}" for call in controlled_lab.calls() if call.service in _MOVING}
    declared = actions.declared()[kind]
    assert called == {*declared["reads"], *declared["writes"]}


def _lose_a_route(lab: Lab, world: World) -> None:
    Witness(lab).ec2.delete_route(RouteTableId=world["table-1"], DestinationCidrBlock=world["overlay"])
