"""The built zip, unpacked once per test process, and a lab; nothing here comes from the source tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import zipped
from support.one_lab import lab, lab_process, witness

__all__ = ["built", "lab", "lab_process", "unpacked", "witness"]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip as ``make lambda`` builds it."""
    return zipped.build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def unpacked(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Lambda makes of it."""
    return zipped.unpack(built, tmp_path_factory.mktemp("task"))
