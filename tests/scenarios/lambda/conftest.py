"""The built zip, unpacked once per test process, and a lab; nothing here comes from the source tree."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import tree
from support.witness import Witness
from toolkit.lab import Lab


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip as ``make lambda`` builds it."""
    target = tmp_path_factory.mktemp("dist") / "failover-lambda.zip"
    subprocess.run([sys.executable, "lambda/build.py", str(target)], cwd=tree.ROOT, check=True, capture_output=True)
    return target


@pytest.fixture(scope="session")
def unpacked(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Lambda makes of it."""
    folder = tmp_path_factory.mktemp("task")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder)
    return folder


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
