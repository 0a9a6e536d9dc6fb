"""The whole command on a lab, with secrets planted everywhere: none stands in anything that it prints, keeps or sends.

The plugin of ``support.planted`` does the judging, as in every other test; here each way out is walked on purpose.
"""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

import pytest

from support import planted
from support.command import LIMIT_SECONDS, Command
from support.witness import Witness
from toolkit.lab import Fault, Lab, World
from toolkit.lab.fault import Refusal

COMMANDS: Final = (
    ("plan", "--to", "db-2"),
    ("explain",),
    ("explain", "--to", "db-2"),
    ("status",),
    ("run", "--to", "db-2", "--yes"),
    ("verify",),
    ("resume",),
)
# What AWS's query services answer to a wrong signature: all that was signed.
ECHO: Final = (
    "The request signature we calculated does not match the signature you provided. The Canonical String for this"
    f" request should have been 'POST / host:x x-amz-security-token:{planted.SESSION} host'"
)
OUTSPOKEN: Final = 'echo "cannot log in to mysql://root:$DATABASE_PASSWORD@db as $AWS_SESSION_TOKEN"; exit 1'


@pytest.fixture(scope="session")
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
    return lab.seed("pair", kinds=["eip", "route"])


def careless(world: World, **state: str) -> dict[str, Any]:
    """A configuration with a key in a probe's query and a check program that prints all it knows."""
    configuration = deepcopy(dict(world.configuration))
    group = configuration["groups"]["db"]
    group["health"]["probes"] = [
        {"http": f":8080/healthz?key={planted.QUERY}"},
        {"command": ["/bin/sh", "-c", OUTSPOKEN]},
    ]
    group["health"]["interval"] = "100ms"
    if state:
        configuration["state"] = state
    return configuration


@pytest.fixture
def failover(lab: Lab, tmp_path: Path) -> Callable[[Mapping[str, Any]], Command]:
    """The command with a configuration, whose file the test answers for itself."""

    def made(configuration: Mapping[str, Any]) -> Command:
        command = Command(lab, tmp_path, configuration)
        planted.own(command.file)
        return command

    return made


Made = Callable[[Mapping[str, Any]], Command]


def test_no_command_prints_keeps_or_sends_a_secret_while_the_probes_fail(world: World, failover: Made) -> None:
    command = failover(careless(world))
    for words in COMMANDS:
        assert command(*words).code in {0, 3, 4, 5}, words
    for words in COMMANDS[::2]:
        assert command(*words, "--json").body, words
    reasons = [reason["text"] for reason in command("explain", "--json").body["reasons"]]
    assert any("cannot log in to mysql://…@db as …" in text for text in reasons), reasons


def test_no_journal_file_holds_a_secret_after_a_move(world: World, failover: Made, tmp_path: Path) -> None:
    state = tmp_path / "state"
    command = failover(careless(world, file=str(state)))
    moved = command("run", "--to", "db-2", "--yes", "--json", "--override", "target-not-healthy")
    assert moved.body["steps"], moved
    assert list(state.glob("*.jsonl"))


def test_no_message_to_people_and_no_item_of_the_table_holds_a_secret(lab: Lab, world: World, failover: Made) -> None:
    configuration = careless(world)
    topic = Witness(lab).client("sns").create_topic(Name="failover")["TopicArn"]
    configuration["groups"]["db"]["notify"] = {"sns": topic}
    moved = failover(configuration)("run", "--to", "db-2", "--yes", "--json", "--override", "target-not-healthy")
    assert moved.body["steps"], moved
    assert {"Publish", "TransactWriteItems"} <= {call.action for call in lab.calls()}


@pytest.mark.parametrize("json_", [(), ("--json",)], ids=["people", "scripts"])
def test_an_error_of_aws_that_repeats_the_request_is_told_without_its_token(
    lab: Lab, world: World, failover: Made, json_: tuple[str, ...]
) -> None:
    lab.fault(
        Fault(
            Refusal(code="SignatureDoesNotMatch", status=403, message=ECHO),
            action="Describe*|TransactWriteItems|Query|GetItem",
        )
    )
    command = failover(careless(world))
    for words in COMMANDS[::2]:
        ended = command(*words, *json_)
        assert ended.code == 6, (words, ended)
        assert "SignatureDoesNotMatch" in ended.out + ended.err


def test_a_fault_of_the_program_prints_its_traceback_without_a_secret(
    world: World, failover: Made, tmp_path: Path
) -> None:
    """A model of botocore's that is no JSON ends the program as nobody foresaw; locals are not printed."""
    model = tmp_path / "models/ec2/2016-11-15/service-2.json"
    model.parent.mkdir(parents=True)
    model.write_text("{")
    ended = failover(careless(world))("plan", "--to", "db-2", AWS_DATA_PATH=str(tmp_path / "models"))
    assert ended.code == 1
    assert "Traceback" in ended.err


def test_the_watcher_its_page_and_its_metrics_hold_no_secret(world: World, failover: Made) -> None:
    command = failover(careless(world))
    watcher = command.start("watch", "--listen", "127.0.0.1:0")
    said: list[str] = []
    try:
        for line in watcher.lines("stderr"):
            said.append(line)
            told = json.loads(line)
            if told.get("topic") == "page":
                page = int(told["text"].partition("127.0.0.1:")[2].partition("/")[0])
            if told.get("topic", "").startswith("verdict of db-1") and "unhealthy" in told["text"]:
                break
        for path in ("/health", "/metrics"):
            connection = HTTPConnection("127.0.0.1", page, timeout=10)
            connection.request("GET", path)
            said.append(connection.getresponse().read().decode())
            connection.close()
    finally:
        watcher.send_signal(signal.SIGTERM)
        try:
            out, err = watcher.communicate(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            watcher.kill()
            out, err = watcher.communicate()
    for text in (*said, out, err):
        planted.heard("the watcher", text)
    assert "cannot log in" in said[-2]
    assert "failover_looks_total" in said[-1]
