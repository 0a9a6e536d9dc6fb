"""Issue 5, must show 5: what people ask by mistake, each with a message of its own from the installed command."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import look_servers
from support.command import Command
from toolkit.lab import Lab, World

STRANGER = "ec2-198-51-100-9.eu-west-1.compute.amazonaws.com"


@pytest.fixture
def failover(lab: Lab, world: World, tmp_path: Path) -> Command:
    return Command(lab, tmp_path, world.configuration)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["a b"], "'a b' is no host name; write one such as db.example.com"),
        (["x..y"], "'x..y' is no host name"),
        (["203.0.113.1"], "203.0.113.1 is an IP address; give the name that should lead to it"),
        (["db.example.com", "--inside", "10.0.0.2:x"], "'10.0.0.2:x' is no resolver; write its IP address"),
    ],
)
@pytest.mark.parametrize("command", ["check", "watch"])
def test_what_is_no_name_or_no_resolver_is_wrong_usage_in_one_line(
    failover: Command, command: str, words: list[str], told: str
) -> None:
    ended = failover("dns", command, *words)
    assert ended.code == 2
    assert told in ended.err
    assert len(ended.err.strip().splitlines()) == 1
    assert ended.out == ""


def test_a_name_of_another_account_is_told_as_that(failover: Command) -> None:
    ended = failover("dns", "check", STRANGER, "--json")
    assert ended.code == 5
    assert ended.body["reason"].startswith(f"{STRANGER} is no name of this configuration: of another account or Region")


def test_a_closed_port_is_named_while_the_other_resolvers_are_judged(failover: Command, lab: Lab, name: str) -> None:
    closed = f"127.0.0.1:{look_servers.closed()}"
    ended = failover("dns", "check", name, "--inside", closed, "--inside", lab.dns_inside, "--json")
    assert ended.code == 5
    rows = {row["resolver"]: row for row in ended.body["judgements"]}
    assert (rows[closed]["standing"], rows[closed]["cause"]) == ("unknown", f"nothing listens on {closed}")
    assert rows[closed]["remedy"] == "start the name server there, or correct the port"
    assert rows[lab.dns_inside]["standing"] == "right"


def test_no_resolver_within_reach_is_told_as_that(failover: Command, lab: Lab, name: str) -> None:
    lab.set(dns_mode="lost", dns_side="both")
    ended = failover("dns", "check", name, "--json", "--timeout", "0.1")
    assert (ended.code, ended.body["reason"]) == (5, "no resolver could be reached")
    causes = {row["cause"] for row in ended.body["judgements"]}
    assert causes == {f"{server} did not answer in time" for server in (lab.dns_inside, lab.dns_outside)}
