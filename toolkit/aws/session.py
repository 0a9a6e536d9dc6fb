"""A connection to AWS: one explicit botocore session, clients made when first used and shared by threads."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import botocore.session
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, NoCredentialsError

from toolkit.aws.errors import FOREIGN, translate
from toolkit.aws.models import OPERATIONS, SlimLoader
from toolkit.domain.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from botocore.client import BaseClient

_DISTRIBUTION = "aws-failover-toolkit"
_NO_REGION = "no AWS Region: write `region:` in the configuration, or set AWS_REGION"
# At DEBUG these write the session token of a request, or answers that have keys in them (STS, SSO).
_TALKATIVE = ("botocore.auth", "botocore.endpoint", "botocore.parsers")
# One try at early boot is too few, as IMDS may still be on its way up (AWS.md §7).
_METADATA_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long one request may take, in seconds: to connect, and from one received byte to the next."""

    connect_seconds: float = 1.0
    read_seconds: float = 2.5


@dataclass(frozen=True, slots=True)
class Keys:
    """Credentials given outright instead of found by botocore's own chain."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


class Requests(Protocol):
    """Whatever answers requests: a Connection, or canned answers."""

    def request(
        self, service: str, action: str, params: Mapping[str, Any], *, region: str | None = None
    ) -> dict[str, Any]:
        """The answer to one request; raises CloudError or UsageError."""
        ...


class Connection:
    """Clients of one Region, and the one place where a request is made.

    Nothing is repeated here: after a lost response the world must be read before a change is made again,
    which botocore can't know. ``endpoint_url`` None: AWS_ENDPOINT_URL and its kin decide, as in every AWS tool.
    Raises UsageError when no Region is known or a profile does not exist.
    """

    def __init__(
        self,
        region: str | None = None,
        *,
        run: str = "-",
        endpoint_url: str | None = None,
        keys: Keys | None = None,
        timeouts: Timeouts | None = None,
        models: Path | None = None,
    ) -> None:
        self._session = _session(keys, models)
        self._endpoint_url = endpoint_url
        self.region = region or os.environ.get("AWS_REGION") or self._variable("region") or ""
        if not self.region:
            raise UsageError(_NO_REGION)
        self._config = _config(run, timeouts or Timeouts())
        self._clients: dict[tuple[str, str, bool], BaseClient] = {}
        self._lock = Lock()

    def request(
        self, service: str, action: str, params: Mapping[str, Any], *, region: str | None = None
    ) -> dict[str, Any]:
        """The answer to one request; raises CloudError or UsageError."""
        try:
            client = self._client(service, action, region or self.region)
            answer: dict[str, Any] = getattr(client, xform_name(action))(**params)
        except FOREIGN as error:
            if isinstance(error, NoCredentialsError):
                self._forget()
            raise translate(error, service=service, action=action) from error
        return answer

    def warm(self, *services: str) -> None:
        """Make the clients of these services now rather than at their first request."""
        for service in services:
            try:
                self._client(service, "", self.region)
            except BotoCoreError as error:
                raise translate(error, service=service, action="") from error

    def close(self) -> None:
        """Give the sockets back."""
        with self._lock:
            clients = list(self._clients.values())
            self._clients.clear()
        for client in clients:
            client.close()

    def _forget(self) -> None:
        """Clients without credentials stay without; at boot they come later (``AWS.md`` §7)."""
        with self._lock:
            self._clients.clear()

    def _client(self, service: str, action: str, region: str) -> BaseClient:
        whole = bool(action) and action not in OPERATIONS.get(service, ())
        key = (service, region, whole)
        client = self._clients.get(key)
        if client is None:
            # Sessions, unlike clients, are not safe in two threads (AWS.md §3).
            with self._lock:
                client = self._clients.get(key) or self._make(service, region, whole=whole)
                self._clients[key] = client
        return client

    def _make(self, service: str, region: str, *, whole: bool) -> BaseClient:
        loader = self._session.get_component("data_loader")
        api_version = loader.determine_latest_version(service, "service-2") if whole else None
        return self._session.create_client(
            service,
            region_name=region,
            api_version=api_version,
            endpoint_url=self._endpoint_url,
            config=self._config,
        )

    def _variable(self, name: str) -> str | None:
        try:
            value: str | None = self._session.get_config_variable(name)
        except BotoCoreError as error:
            raise translate(error, service="", action="configuration") from error
        return value


def _session(keys: Keys | None, models: Path | None) -> botocore.session.Session:
    session = botocore.session.Session()
    for logger in map(logging.getLogger, _TALKATIVE):
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.INFO)
    # Models of the user's own come before any shortcut.
    if not os.environ.get("AWS_DATA_PATH"):
        session.register_component("data_loader", SlimLoader(*([models] if models else [])))
    if not os.environ.get("AWS_METADATA_SERVICE_NUM_ATTEMPTS"):
        session.set_config_variable("metadata_service_num_attempts", _METADATA_ATTEMPTS)
    if keys:
        session.set_credentials(keys.access_key, keys.secret_key, keys.token)
    return session


def _config(run: str, timeouts: Timeouts) -> Config:
    return Config(
        connect_timeout=timeouts.connect_seconds,
        read_timeout=timeouts.read_seconds,
        retries={"mode": "standard", "total_max_attempts": 1},
        max_pool_connections=32,
        tcp_keepalive=True,
        user_agent_extra=f"failover-toolkit/{toolkit_version()} run/{run}",
    )


def toolkit_version() -> str:
    """The installed version of this toolkit, 0 when it runs from a bare folder."""
    with suppress(PackageNotFoundError):
        return version(_DISTRIBUTION)
    return "0"
