"""The check of ``make tf-check``, on one example; the target itself goes through all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from terraform import mutants, tf_check, workspace
from terraform.workspace import Workspace

pytestmark = pytest.mark.terraform
_TARGET = "examples/licence-server"


@pytest.fixture
def copy(tmp_path: Path) -> Workspace:
    providers = workspace.offline()
    if providers is None:
        pytest.skip("needs shared/terraform-offline beside the repository; `make tf-check` can use the registry")
    return Workspace(tmp_path, providers)


def test_an_example_is_sound_in_every_partition(copy: Workspace) -> None:
    verdict = tf_check.examined(copy, _TARGET)
    assert verdict.faults == ()
    assert verdict.tests == 7


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
    copy.init(_TARGET)
    [rule] = mutants.of(copy.terraform / _TARGET)
    with rule.applied():
        assert copy.run(_TARGET, "test", *rule.filters).code == 1
    assert copy.run(_TARGET, "test", *rule.filters).code == 0
