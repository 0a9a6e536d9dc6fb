"""The order in which Terraform makes things, where AWS would take another one amiss: no mock can tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from terraform import workspace
from terraform.workspace import Workspace

pytestmark = pytest.mark.terraform


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder: Path = tmp_path_factory.mktemp("orders")
    providers = workspace.providers(folder / "probe")
    if providers is None:
        pytest.skip("needs a registry of Terraform providers, or shared/terraform-offline beside the repository")
    return Workspace(folder / "copy", providers)


@pytest.mark.parametrize(
    ("target", "later", "earlier"),
    [
        # Else an interface whose address AWS chooses may draw the one that is about to be reserved.
        ("modules/interfaces", "aws_network_interface.this", "aws_ec2_subnet_cidr_reservation.floating"),
        ("modules/interfaces", "aws_network_interface.this", "aws_ec2_subnet_cidr_reservation.floating_ipv6"),
        # Else the first deliveries are refused, and the log begins late.
        ("modules/network", "aws_flow_log.this", "aws_iam_role_policy.flow"),
    ],
)
def test_what_must_be_there_first_is_made_first(copy: Workspace, target: str, later: str, earlier: str) -> None:
    copy.init(target)
    assert f'"{later}" -> "{earlier}";' in copy.run(target, "graph").out
