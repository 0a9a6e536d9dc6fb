"""Rules of the Terraform tree that no tool knows."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path
from typing import Final

import pytest

from terraform import workspace
from terraform.workspace import ROOT

_FOLDERS: Final = [ROOT / "terraform" / target for target in workspace.targets()]
_EXAMPLES: Final = [folder for folder in _FOLDERS if folder.parent.name == "examples"]
_SOURCES: Final = list(chain.from_iterable(sorted(folder.glob("*.tf")) for folder in _FOLDERS))
_EXCEPTION: Final = re.compile(r"#\s*checkov:skip=(\w+):?(.*)")
_BLOCK: Final = re.compile(r'^(variable|output) "(\w+)" \{\n(.*?)^\}', re.DOTALL | re.MULTILINE)
_ENOUGH_WORDS: Final = 4


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT / "terraform"))


@pytest.mark.parametrize("folder", _FOLDERS, ids=_name)
def test_each_module_and_example_has_the_same_files(folder: Path) -> None:
    names = {path.name for path in folder.glob("*.tf")}
    assert {"main.tf", "variables.tf", "outputs.tf", "versions.tf"} <= names
    assert list(folder.glob("tests/*.tftest.hcl"))


@pytest.mark.parametrize("folder", _FOLDERS, ids=_name)
def test_each_module_and_example_takes_the_provider_that_knows_its_attributes_and_no_other_major(folder: Path) -> None:
    # The node's primary_network_interface came with 6.10.0 (its changelog, #43953).
    assert 'version = ">= 6.10, < 7"' in (folder / "versions.tf").read_text()


@pytest.mark.parametrize("folder", _EXAMPLES, ids=_name)
def test_session_manager_reaches_every_node_of_an_example_and_its_endpoint_comes_with_it(folder: Path) -> None:
    main = (folder / "main.tf").read_text()
    assert len(re.findall(r"session_manager += var\.session_manager$", main, re.MULTILINE)) == main.count(
        "modules/node"
    )
    assert 'var.session_manager ? ["ssmmessages"] : []' in main


@pytest.mark.parametrize("folder", _EXAMPLES, ids=_name)
def test_each_example_tells_what_the_guide_asks_it_for(folder: Path) -> None:
    outputs = (folder / "outputs.tf").read_text()
    assert [name for name in ("failover_config", "alarm_names", "function_name") if f'"{name}"' not in outputs] == []


@pytest.mark.parametrize("path", _SOURCES, ids=_name)
def test_each_variable_and_output_is_described_and_each_variable_typed(path: Path) -> None:
    for kind, name, body in _BLOCK.findall(path.read_text()):
        assert re.search(r"^  description = ", body, re.MULTILINE), name
        assert kind == "output" or re.search(r"^  type +=", body, re.MULTILINE), name


@pytest.mark.parametrize("path", _SOURCES, ids=_name)
def test_each_exception_from_the_scan_gives_its_reason(path: Path) -> None:
    for check, reason in _EXCEPTION.findall(path.read_text()):
        assert len(reason.split()) >= _ENOUGH_WORDS, check


@pytest.mark.parametrize("path", _SOURCES, ids=_name)
def test_no_arn_names_its_partition(path: Path) -> None:
    assert not re.search(r"arn:aws[a-z-]*:", path.read_text())


@pytest.mark.parametrize("path", _SOURCES, ids=_name)
def test_routes_are_never_written_inside_their_table(path: Path) -> None:
    assert not re.search(r"^  route \{", path.read_text(), re.MULTILINE)
