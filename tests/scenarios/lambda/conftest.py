"""The built zip, unpacked once per test process, and a lab; nothing here comes from the source tree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support import zipped
from support.witness import Witness
from toolkit.lab import Lab


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip as ``make lambda`` builds it."""
    return zipped.build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def unpacked(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Lambda makes of it."""
    return zipped.unpack(built, tmp_path_factory.mktemp("task"))


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
def witness(lab: Lab) -> Witness:
    return Witness(lab)
