"""Who this machine is, from the instance metadata service (IMDSv2 only); ``AWS.md`` §7.

What it says about addresses lags behind EC2 by seconds: it is asked who we are, never who holds what.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from toolkit.domain.errors import Missing, Refused, Terminal, Transient, Unreachable

if TYPE_CHECKING:
    from toolkit.ports import Clock

_IPV4: Final = "http://169.254.169.254"
_IPV6: Final = "http://[fd00:ec2::254]"
_TOKEN_SECONDS: Final = 21_600
_TOKEN_MARGIN_SECONDS: Final = 60
_BETWEEN_TRIES_SECONDS: Final = 0.25
_OK, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _SERVER_ERROR = 200, 401, 403, 404, 500
_ACTION = "IMDS"


@dataclass(frozen=True, slots=True)
class Identity:
    """This instance, and its primary interface."""

    instance: str
    region: str
    zone: str
    mac: str
    interface: str
    private_ip: str


class Imds:
    """A client that goes straight to the service, past every proxy.

    Raises Unreachable when nothing answers, Refused where it is switched off, other CloudErrors for the rest.
    """

    def __init__(self, endpoint: str | None = None, *, clock: Clock, timeout_seconds: float = 1.0) -> None:
        """``endpoint`` None: what botocore's own variables say, else the link-local address."""
        self._endpoint = endpoint or _endpoint()
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._token = ""
        self._token_until = float("-inf")

    def get(self, path: str) -> str | None:
        """What stands under ``meta-data/PATH``, None when there is no such thing (yet)."""
        status, text = self._with_token(f"/latest/meta-data/{quote(path, safe='/:')}")
        return None if status == _NOT_FOUND else text

    def tag(self, key: str) -> str | None:
        """A tag of this instance, None also where tags in metadata are not switched on."""
        return self.get(f"tags/instance/{key}")

    def identity(self) -> Identity:
        """Who we are; raises Missing where it is not all there yet."""
        mac = self._needed("mac")
        return Identity(
            instance=self._needed("instance-id"),
            region=self._needed("placement/region"),
            zone=self._needed("placement/availability-zone"),
            mac=mac,
            interface=self._needed(f"network/interfaces/macs/{mac}/interface-id"),
            private_ip=self._needed("local-ipv4"),
        )

    def identity_within(self, seconds: float) -> Identity:
        """Who we are, asked again and again at early boot until the service is up; the last error after that."""
        deadline = self._clock.monotonic() + seconds
        while True:
            try:
                return self.identity()
            except (Transient, Missing):
                if self._clock.monotonic() + _BETWEEN_TRIES_SECONDS > deadline:
                    raise
            self._clock.sleep(_BETWEEN_TRIES_SECONDS)

    def _needed(self, path: str) -> str:
        text = self.get(path)
        if not text:
            raise Missing(_ACTION, "", f"the instance metadata has no {path} yet")
        return text

    def _with_token(self, path: str) -> tuple[int, str]:
        for fresh in (False, True):
            status, text = self._ask("GET", path, {"X-aws-ec2-metadata-token": self._a_token(fresh=fresh)})
            if status != _UNAUTHORIZED:
                return status, text
        raise Refused(_ACTION, str(_UNAUTHORIZED), "the instance metadata service does not accept its own token")

    def _a_token(self, *, fresh: bool) -> str:
        now = self._clock.monotonic()
        if fresh or now >= self._token_until:
            lifetime = {"X-aws-ec2-metadata-token-ttl-seconds": str(_TOKEN_SECONDS)}
            _, self._token = self._ask("PUT", "/latest/api/token", lifetime)
            self._token_until = now + _TOKEN_SECONDS - _TOKEN_MARGIN_SECONDS
        return self._token

    def _ask(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
        place = urlsplit(self._endpoint)
        connection = HTTPConnection(place.netloc, timeout=self._timeout_seconds)
        try:
            connection.request(method, place.path.rstrip("/") + path, headers=headers)
            response = connection.getresponse()
            status, text = response.status, response.read().decode("utf-8", "replace").strip()
        except (OSError, HTTPException) as error:
            why = "off EC2 there is none, and in a container its hop limit must be 2"
            raise Unreachable(
                _ACTION, type(error).__name__, f"nothing answers at {self._endpoint}: {why}", outcome_unknown=False
            ) from error
        finally:
            connection.close()
        if status == _FORBIDDEN:
            raise Refused(_ACTION, str(status), "the instance metadata service is switched off for this instance")
        if status >= _SERVER_ERROR:
            raise Transient(_ACTION, str(status), "the instance metadata service has an error", outcome_unknown=False)
        if status not in {_OK, _UNAUTHORIZED, _NOT_FOUND}:
            raise Terminal(_ACTION, str(status), f"{method} {path} is refused by {self._endpoint}")
        return status, text


def _endpoint() -> str:
    if os.environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        raise Refused(_ACTION, "", "AWS_EC2_METADATA_DISABLED forbids asking who this instance is")
    mode = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "").lower()
    return os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or (_IPV6 if mode == "ipv6" else _IPV4)
