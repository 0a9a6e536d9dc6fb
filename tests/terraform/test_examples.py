"""The check of ``make tf-check``, on one example; the target itself goes through all of them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from support.command import COMMAND
from terraform import judgement, mutants, outcomes, tf_check, workspace
from terraform.outcomes import Outcome
from terraform.workspace import Workspace

pytestmark = pytest.mark.terraform
_TARGET = "examples/licence-server"


def _workspace(folder: Path) -> Workspace:
    providers = workspace.providers(folder / "probe")
    if providers is None:
        pytest.skip("needs a registry of Terraform providers, or shared/terraform-offline beside the repository")
    return Workspace(folder / "copy", providers)


@pytest.fixture
def copy(tmp_path: Path) -> Workspace:
    return _workspace(tmp_path)


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The example, applied with mocks in each partition."""
    copy = _workspace(tmp_path_factory.mktemp("applied"))
    copy.init(_TARGET)
    return outcomes.read(copy.run(_TARGET, "test", "-json", "-verbose").out)


def test_an_example_is_sound_in_every_partition(applied: Outcome) -> None:
    assert (applied.passed, applied.failed, applied.faults) == (7, 0, ())
    assert [fault for state in applied.states for fault in judgement.faults(_TARGET, state)] == []


def test_the_command_accepts_the_configuration_of_every_partition(applied: Outcome, tmp_path: Path) -> None:
    states = [state for state in applied.states if "failover_config" in state.outputs]
    files = [str(tmp_path / f"{number}.json") for number, _ in enumerate(states)]
    for file, state in zip(files, states, strict=True):
        Path(file).write_text(json.dumps(outcomes.formed(state, state.outputs["failover_config"])))
    ended = subprocess.run([str(COMMAND), "config", "check", *files], capture_output=True, text=True, check=False)
    assert (ended.returncode, len(files)) == (0, 3), ended


def test_an_example_that_owns_what_moves_is_found(copy: Workspace) -> None:
    with (copy.terraform / _TARGET / "main.tf").open("a") as file:
        file.write(
            'resource "aws_network_interface_attachment" "back" {\n'
            '  instance_id          = "i-0123456789abcdef0"\n'
            '  network_interface_id = module.addresses.floating_interfaces["licence"].id\n'
            "  device_index         = 1\n}\n"
        )
    assert any("owns what a failover moves" in fault for fault in tf_check.examined(copy, _TARGET).faults)


def test_a_rule_that_was_taken_away_is_missed_by_its_test(copy: Workspace) -> None:
    target = "modules/interfaces"
    copy.init(target)
    rule = mutants.of(copy.terraform / target)[0]
    with rule.applied():
        assert copy.run(target, "test", *rule.filters).code == 1
    assert copy.run(target, "test", *rule.filters).code == 0
