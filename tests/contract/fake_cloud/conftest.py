"""One lab for each worker, its ``pair`` world, and a fake that starts as a copy of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support import planted
from support.twins import Twins
from toolkit.aws.gateway import AwsCloud
from toolkit.aws.session import Connection, Keys
from toolkit.lab import Lab
from toolkit.testing import FakeClock

KEYS = Keys("lab", planted.SECRET_KEY, planted.SESSION)


@pytest.fixture(scope="session")
def running_lab() -> Iterator[Lab]:
    with Lab.start() as lab:
        yield lab


@pytest.fixture
def twins(running_lab: Lab) -> Iterator[Twins]:
    running_lab.reset()
    connection = Connection("eu-west-1", endpoint_url=running_lab.url, keys=KEYS)
    cloud = AwsCloud(connection, FakeClock())
    yield Twins(running_lab.seed("pair"), cloud)
    cloud.close()
    connection.close()
