"""A caller of instance metadata of the tests' own."""

from collections.abc import Mapping
from http.client import HTTPConnection
from urllib.parse import urlsplit

from toolkit.lab import Lab

TTL = "X-aws-ec2-metadata-token-ttl-seconds"
TOKEN = "X-aws-ec2-metadata-token"  # noqa: S105 - a header's name


def ask(base: str, path: str, *, method: str = "GET", headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    parts = urlsplit(base)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request(method, f"{parts.path}/{path}", headers=dict(headers or {}))
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def token(base: str) -> dict[str, str]:
    status, text = ask(base, "latest/api/token", method="PUT", headers={TTL: "60"})
    assert status == 200
    return {TOKEN: text}


def read(lab: Lab, instance: str, path: str) -> str:
    base = lab.imds(instance)
    status, text = ask(base, f"latest/meta-data/{path}", headers=token(base))
    assert status == 200, path
    return text
