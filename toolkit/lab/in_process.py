"""AWS clients that call a handler directly: no socket, no recorder, no faults."""

import io
from collections.abc import Iterator
from typing import Any

import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config

from toolkit.lab.exchange import Handler, Request

CHUNK = 65536


class _Body(io.BytesIO):
    """A body that botocore can read as a stream."""

    def stream(self, amt: int = CHUNK, **_: object) -> Iterator[bytes]:
        while chunk := self.read(amt):
            yield chunk


class Clients:
    """botocore clients of one region, made once each."""

    def __init__(self, handler: Handler, *, region: str) -> None:
        self._handler = handler
        self._region = region
        self._session = botocore.session.get_session()
        self._made: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        """The client of a service."""
        if service not in self._made:
            client: Any = self._session.create_client(
                service,
                region_name=self._region,
                endpoint_url="http://127.0.0.1",
                aws_access_key_id="lab",
                aws_secret_access_key="lab",  # noqa: S106 - the lab checks none
                config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
            )
            client.meta.events.register_first("before-send.*", self._send)
            self._made[service] = client
        return self._made[service]

    def _send(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        raw: Any = request.body or b""
        body: bytes = raw.encode() if isinstance(raw, str) else bytes(raw)
        named: dict[str, Any] = dict(request.headers.items())
        headers = {k.lower(): v.decode() if isinstance(v, bytes) else str(v) for k, v in named.items()}
        answer = self._handler(
            Request(
                method=str(request.method),
                target=str(request.url).removeprefix("http://127.0.0.1") or "/",
                headers=headers,
                body=body,
            ),
        )
        shown = HTTPHeaders.from_pairs(answer.headers)
        return AWSResponse(str(request.url), answer.status, shown, _Body(answer.body))
