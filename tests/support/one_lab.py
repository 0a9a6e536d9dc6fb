"""Fixtures: one lab for each test process, a fresh world for each test. A ``conftest.py`` imports those it wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.witness import Witness
from toolkit.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Iterator


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
