"""Issue 2 part 5: dry by default, approved by digest, one JSON object, one line and one code for every end."""

from __future__ import annotations

import copy
import json
from pathlib import Path

from support.command import Command
from support.witness import Witness, whole_at
from toolkit.lab import Lab

CHANGES = {"ec2", "route53"}


def _mutating(lab: Lab) -> list[str]:
    return [call.action for call in lab.calls() if call.mutating]


def test_plan_and_run_without_yes_show_the_moves_and_change_nothing(lab: Lab, witness: Witness, tmp_path: Path) -> None:
    world = lab.seed("pair")
    failover = Command(lab, tmp_path, world.configuration)
    lab.clear_calls()
    for command in ("plan", "run"):
        shown = failover(command, "--to", "db-2")
        assert shown.code == 0, shown
        for word in ("AssociateAddress", "ReplaceRoute", "digest", world["eip"], world["db-2-eni"]):
            assert word in shown.out, (command, word, shown.out)
    assert "nothing was changed" in shown.out
    assert _mutating(lab) == []
    whole_at(witness, world, "db-1")


def test_the_digest_of_a_plan_approves_that_plan_and_no_other(lab: Lab, witness: Witness, tmp_path: Path) -> None:
    world = lab.seed("pair", kinds=("eip", "private_ip"))
    failover = Command(lab, tmp_path, world.configuration)
    digest = failover("plan", "--to", "db-2", "--json").body["digest"]
    witness.ec2.assign_private_ip_addresses(
        NetworkInterfaceId=world["db-2-eni"], PrivateIpAddresses=[world["private_ip"]], AllowReassignment=True
    )
    refused = failover("run", "--to", "db-2", "--yes", "--digest", digest, "--json")
    assert (refused.code, "no longer the one that was approved" in refused.body["reason"]) == (2, True), refused
    fresh = failover("plan", "--to", "db-2", "--json").body["digest"]
    assert failover("run", "--to", "db-2", "--yes", "--digest", fresh, "--json").code == 0
    whole_at(witness, world, "db-2")


def test_run_prints_one_object_with_the_documented_keys(lab: Lab, tmp_path: Path) -> None:
    world = lab.seed("pair", kinds=("eip",))
    body = Command(lab, tmp_path, world.configuration).move("db-2").body
    documented = {"status", "reason", "group", "from", "to", "steps", "verification", "timings_ms", "run_id"}
    assert documented <= set(body)


def test_without_a_terminal_progress_is_json_lines_on_the_error_stream(lab: Lab, tmp_path: Path) -> None:
    world = lab.seed("pair", kinds=("eip",))
    ended = Command(lab, tmp_path, world.configuration).move("db-2")
    events = [json.loads(line)["event"] for line in ended.err.splitlines()]
    assert events == ["run_started", "steps_started", "step_done", "verified", "run_ended"]


def test_status_and_verify_and_explain_tell_where_the_group_is(lab: Lab, tmp_path: Path) -> None:
    world = lab.seed("pair", kinds=("eip", "route"))
    failover = Command(lab, tmp_path, world.configuration)
    (state,) = failover("status", "--json").body["groups"]
    assert set(state["holders"].values()) == {"db-1"}
    assert failover("verify", "--json").body["status"] == "done"
    explained = failover("explain", "--json").body
    assert (explained["decision"], explained["reason"].split(":")[0]) == ("hold", "holder-healthy")
    assert {"db-1", "db-2"} <= {reason["subject"] for reason in explained["reasons"]}


def test_verify_of_a_group_that_is_torn_says_who_holds_what(lab: Lab, witness: Witness, tmp_path: Path) -> None:
    world = lab.seed("pair", kinds=("eip", "private_ip"))
    witness.ec2.associate_address(
        AllocationId=world["eip"], NetworkInterfaceId=world["db-2-eni"], AllowReassociation=True
    )
    ended = Command(lab, tmp_path, world.configuration)("verify", "--json")
    assert ended.code == 5, ended
    assert "db-1" in ended.body["reason"]
    assert "db-2" in ended.body["reason"]


def test_lease_and_journal_in_a_folder_serve_a_machine_of_its_own(lab: Lab, witness: Witness, tmp_path: Path) -> None:
    world = lab.seed("pair", kinds=("eip", "eni"))
    configuration = copy.deepcopy(dict(world.configuration))
    configuration["state"] = {"file": str(tmp_path / "state")}
    failover = Command(lab, tmp_path, configuration)
    assert failover.move("db-2").code == 0
    whole_at(witness, world, "db-2")
    assert "done" in failover("status", "--json").body["groups"][0]["last_run"]
    assert failover("resume", "--json").body["reason"].startswith("nothing to resume")


def test_the_shell_gets_completions_for_commands_and_options(lab: Lab, tmp_path: Path) -> None:
    failover = Command(lab, tmp_path, "{}")
    script = failover(_FAILOVER_COMPLETE="bash_source")
    assert "_FAILOVER_COMPLETE=bash_complete" in script.out, script
    words = failover(_FAILOVER_COMPLETE="bash_complete", COMP_WORDS="failover re", COMP_CWORD="1")
    assert "resume" in words.out, words


def test_the_version_is_printed(lab: Lab, tmp_path: Path) -> None:
    assert Command(lab, tmp_path, "{}")("--version").out.startswith("failover, version ")


def test_an_unknown_command_is_a_wrong_usage(lab: Lab, tmp_path: Path) -> None:
    assert Command(lab, tmp_path, "{}")("fly").code == 2


def test_no_colour_reaches_a_pipe(lab: Lab, tmp_path: Path) -> None:
    world = lab.seed("pair", kinds=("eip",))
    shown = Command(lab, tmp_path, world.configuration)("plan", "--to", "db-2")
    assert "\x1b" not in shown.out + shown.err
