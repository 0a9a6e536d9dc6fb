"""What AWS, a lease or an event says is data: it is shown written out, wherever it comes to light.

Each output of the command is held to that by ``support.planted``, here as in every other test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from support.command import Command
from support.function import Function
from support.witness import Witness
from toolkit.lab import Fault, Lab, World
from toolkit.lab.fault import Refusal

# A title for the window, a screen wiped clean, a line rewritten, and a direction turned.
STEERS: Final = "\x1b]0;owned\x07\x1b[2J\rall is well\u202e"
SHOWN: Final = r"\x1b]0;owned\x07"


@pytest.fixture(scope="module")
def lab_process() -> Iterator[Lab]:
    with Lab.start() as lab:
        yield lab


@pytest.fixture
def lab(lab_process: Lab) -> Iterator[Lab]:
    lab_process.reset()
    yield lab_process
    lab_process.clear_faults()


@pytest.fixture
def world(lab: Lab) -> World:
    return lab.seed("pair", kinds=["eip"])


@pytest.fixture
def failover(lab: Lab, world: World, tmp_path: Path) -> Command:
    return Command(lab, tmp_path, world.configuration)


@pytest.mark.parametrize("words", [("status",), ("plan", "--to", "db-2"), ("run", "--to", "db-2", "--yes")])
def test_a_message_of_aws_is_shown_written_out(lab: Lab, failover: Command, words: tuple[str, ...]) -> None:
    lab.fault(Fault(Refusal(code="ValidationException", status=400, message=STEERS), service="dynamodb"))
    ended = failover(*words)
    assert ended.code == 6
    assert SHOWN in ended.err
    assert json.loads(failover(*words, "--json").out)["reason"].count("owned") == 1


def test_the_holder_of_a_lease_is_shown_written_out(lab: Lab, world: World, failover: Command) -> None:
    """Whoever may write the table may call himself what he likes."""
    assert failover("run", "--to", "db-2", "--yes").code == 0
    table = world.configuration["state"]["dynamodb"]
    key = {"group": {"S": "db"}, "item": {"S": "lease"}}
    Witness(lab).client("dynamodb").update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET #o = :o, released = :r, version = :v",
        ExpressionAttributeNames={"#o": "owner"},
        ExpressionAttributeValues={":o": {"S": STEERS}, ":r": {"BOOL": False}, ":v": {"S": "1"}},
    )
    held = failover("run", "--to", "db-1", "--yes")
    assert held.code == 7
    assert SHOWN in held.err
    assert "owned" in failover("status").out


def test_the_functions_log_is_plain_whatever_an_event_says() -> None:
    function = Function()
    event = json.loads(json.dumps(function.event("alarm-eventbridge")).replace("db-1-down", json.dumps(STEERS)[1:-1]))
    answer = function(event)
    assert answer["status"] in {"ignored", "refused"}
    assert "owned" in json.dumps(answer)
    written = function.out.getvalue()
    assert all(each.isprintable() or each == "\n" for each in written)
    assert written.isascii()
