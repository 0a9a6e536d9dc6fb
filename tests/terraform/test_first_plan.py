"""The controller's first plan, when AWS has given no id yet: what can be told is told, and nothing is in its way."""

from __future__ import annotations

from pathlib import Path

import pytest

from terraform import outcomes, workspace
from terraform.outcomes import Outcome
from terraform.workspace import Workspace

pytestmark = pytest.mark.terraform

# Ids of a resource that is yet to be made are unknown, as those of instances are.
_MAIN = """
terraform {{
  required_providers {{
    aws = {{
      source  = "hashicorp/aws"
      version = ">= 6.10, < 7"
    }}
  }}
}}

resource "terraform_data" "made" {{}}

module "controller" {{
  source = "../../modules/controller"

  name               = "demo"
  lambda_zip         = "main.tf"
  autoscaling_groups = [terraform_data.made.id]

  groups = {{ db = {{
    nodes = [for i in range(2) : {{
      name = "db-${{i}}", instance = terraform_data.made.id, interface = terraform_data.made.id
      availability_zone = "eu-west-1${{["a", "b"][i]}}"
    }}]
    addresses = [for i in range({addresses}) : {{ kind = "eip", id = terraform_data.made.id }}]
    policy    = {{ fence = [{{ rung = "isolate", security_group = terraform_data.made.id }}] }}
  }} }}
}}
"""
_TEST = """
mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws"
}

run "first" {
  command = plan
}
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder: Path = tmp_path_factory.mktemp("first")
    providers = workspace.providers(folder / "probe")
    if providers is None:
        pytest.skip("needs a registry of Terraform providers, or shared/terraform-offline beside the repository")
    made = Workspace(folder / "copy", providers)
    (made.terraform / "examples/first/tests").mkdir(parents=True)
    (made.terraform / "examples/first/tests/first.tftest.hcl").write_text(_TEST)
    (made.terraform / "examples/first/main.tf").write_text(_MAIN.format(addresses=1))
    made.init("examples/first")
    return made


def _planned(copy: Workspace, *, addresses: int) -> Outcome:
    (copy.terraform / "examples/first/main.tf").write_text(_MAIN.format(addresses=addresses))
    return outcomes.read(copy.run("examples/first", "test", "-json").out)


def test_a_controller_of_things_that_are_yet_to_be_made_can_be_planned(copy: Workspace) -> None:
    assert _planned(copy, addresses=40).faults == ()


def test_a_configuration_that_will_be_too_long_for_the_function_is_refused_before_anything_is_made(
    copy: Workspace,
) -> None:
    [fault] = _planned(copy, addresses=70).faults
    assert "too long for the function's environment" in fault
