"""One lab for each worker, emptied before each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import botocore.session
import pytest
from botocore.config import Config

from toolkit.lab import Lab

Clients = Callable[..., Any]


@pytest.fixture(scope="session")
def running_lab() -> Iterator[Lab]:
    with Lab.start() as lab:
        yield lab


@pytest.fixture
def lab(running_lab: Lab) -> Lab:
    running_lab.reset()
    return running_lab


@pytest.fixture
def client(lab: Lab) -> Iterator[Clients]:
    """Makes plain SDK clients of the lab that try once, and closes them."""
    session = botocore.session.get_session()
    with ExitStack() as opened:

        def make(service: str, *, attempts: int = 1, read_timeout_seconds: float = 10.0) -> Any:
            made: Any = session.create_client(
                service,
                endpoint_url=lab.url,
                region_name="eu-west-1",
                aws_access_key_id="lab",
                aws_secret_access_key="lab",  # noqa: S106 - the lab checks none
                config=Config(
                    retries={"total_max_attempts": attempts, "mode": "standard"},
                    read_timeout=read_timeout_seconds,
                    max_pool_connections=32,
                ),
            )
            return opened.enter_context(closing(made))

        yield make
