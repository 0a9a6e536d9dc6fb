"""One strict endpoint for each worker, in a thread, emptied before each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from threading import Thread
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

from toolkit.lab.ec2 import Settings, StrictEc2, reset

from .site import Clock, Site


class _Quiet(WSGIRequestHandler):
    """HTTP/1.1 without a line of log for each request."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - named by werkzeug
        pass


@pytest.fixture(scope="session")
def _clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def _settings() -> Settings:
    return Settings()


@pytest.fixture(scope="session")
def _url(_clock: Clock, _settings: Settings) -> Iterator[str]:
    moto = DomainDispatcherApplication(create_backend_app)
    application = StrictEc2(moto, settings=_settings, clock=_clock)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def clock(_clock: Clock) -> Clock:
    return _clock


@pytest.fixture
def settings(_settings: Settings) -> Settings:
    _settings.restore()
    return _settings


def _client(url: str, *, region: str) -> Any:
    return botocore.session.get_session().create_client(
        "ec2",
        endpoint_url=url,
        region_name=region,
        aws_access_key_id="lab",
        aws_secret_access_key="lab",  # noqa: S106 - the lab checks none
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False, max_pool_connections=32),
    )


@pytest.fixture(scope="session")
def _ec2(_url: str) -> Iterator[Any]:
    with closing(_client(_url, region="eu-west-1")) as client:
        yield client


@pytest.fixture(scope="session")
def _far_ec2(_url: str) -> Iterator[Any]:
    with closing(_client(_url, region="us-east-1")) as client:
        yield client


@pytest.fixture
def ec2(_ec2: Any, settings: Settings) -> Any:  # noqa: ARG001 - defaults first
    """A plain client of eu-west-1 that tries once."""
    reset()
    return _ec2


@pytest.fixture
def far_ec2(_far_ec2: Any, ec2: Any) -> Any:  # noqa: ARG001 - emptied first
    """A plain client of us-east-1."""
    return _far_ec2


@pytest.fixture
def site(ec2: Any) -> Site:
    return Site(ec2).build()
