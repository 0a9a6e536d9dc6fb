"""One lab for each worker, with an empty table for each test that wants one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.ledger.places import Folder, Memory, Place, Table, connect, create_table
from toolkit.aws.session import Connection
from toolkit.journal.process import still_alive
from toolkit.lab import Lab


@pytest.fixture(scope="session")
def running_lab() -> Iterator[Lab]:
    with Lab.start() as lab:
        yield lab


@pytest.fixture
def lab(running_lab: Lab) -> Lab:
    running_lab.reset()
    return running_lab


@pytest.fixture
def connection(lab: Lab) -> Iterator[Connection]:
    """A connection to a lab that has the table and nothing else."""
    connection = connect(lab.url)
    create_table(connection)
    lab.clear_calls()
    yield connection
    connection.close()


@pytest.fixture(params=["memory", "file", "dynamodb"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Every implementation of ``ports.Ledger``, the fake included."""
    if request.param == "memory":
        return Memory()
    if request.param == "file":
        return Folder(tmp_path / "state")
    return Table(request.getfixturevalue("lab").url, request.getfixturevalue("connection"), still_alive)
