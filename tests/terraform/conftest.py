"""One lab and one controller of Terraform's making for each test process; a fresh world for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support import zipped
from support.witness import Witness
from terraform import workspace
from terraform.controlled import Controlled, Made, made
from terraform.workspace import Workspace
from toolkit.lab import Lab


@pytest.fixture(scope="session")
def controlled_lab() -> Iterator[Lab]:
    with Lab.start() as lab:
        yield lab


@pytest.fixture(scope="session")
def onlooker(controlled_lab: Lab) -> Witness:
    """One for all tests: it keeps the models of services that it has read."""
    return Witness(controlled_lab)


@pytest.fixture(scope="session")
def controller(controlled_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Policies and configurations, for the ids that this lab gives its world."""
    folder = tmp_path_factory.mktemp("controller")
    providers = workspace.providers(folder / "probe")
    if providers is None:
        pytest.skip("needs a registry of Terraform providers, or shared/terraform-offline beside the repository")
    return made(Workspace(folder / "copy", providers), controlled_lab)


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The function as Lambda unpacks it."""
    return zipped.unpack(zipped.build(tmp_path_factory.mktemp("dist")), tmp_path_factory.mktemp("task"))


@pytest.fixture
def controlled(controlled_lab: Lab, controller: Made, onlooker: Witness, tmp_path: Path) -> Iterator[Controlled]:
    """The world that the controller was made for, held to its policies."""
    yield Controlled(controlled_lab, controller, onlooker, folder=tmp_path)
    controlled_lab.reset()
