"""One lab for each worker, and the toolkit's own view of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support import planted
from toolkit.aws.gateway import AwsCloud
from toolkit.aws.session import Connection, Keys, Timeouts
from toolkit.lab import Lab
from toolkit.testing.clock import FakeClock

KEYS = Keys("lab", planted.SECRET_KEY, planted.SESSION)


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
    connection = Connection("eu-west-1", run="run-1", endpoint_url=lab.url, keys=KEYS)
    yield connection
    connection.close()


@pytest.fixture
def impatient(lab: Lab) -> Iterator[Connection]:
    """A connection that waits a tenth of a second for an answer."""
    connection = Connection("eu-west-1", endpoint_url=lab.url, keys=KEYS, timeouts=Timeouts(read_seconds=0.1))
    yield connection
    connection.close()


@pytest.fixture
def cloud(connection: Connection) -> Iterator[AwsCloud]:
    cloud = AwsCloud(connection, FakeClock())
    yield cloud
    cloud.close()
