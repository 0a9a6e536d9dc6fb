"""What passes between the layers of the lab's endpoint: one request, one answer."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import parse_qsl, urlsplit

from botocore.parsers import RpcV2CBORParser

from toolkit.lab.operations import rest_operation

READING_VERBS = (
    "Describe",
    "Get",
    "List",
    "Head",
    "Query",
    "Scan",
    "BatchGet",
    "TransactGet",
    "Lookup",
    "Search",
    "Simulate",
    "TestDNSAnswer",
    "Decode",
    "AssumeRole",
)
UNSIGNED_VERSIONS = {"2016-11-15": "ec2", "2011-06-15": "sts"}


class Dropped(Exception):
    """The connection is closed without an answer."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One HTTP request, with its body already read, and what it asks of AWS."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @cached_property
    def path(self) -> str:
        """The path without its query."""
        return urlsplit(self.target).path

    @cached_property
    def query(self) -> Mapping[str, str]:
        """The query's names and values."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def user_agent(self) -> str:
        """What the caller says it is."""
        return self.headers.get("user-agent", "")

    @cached_property
    def _credential(self) -> tuple[str, str, str]:
        """Access key, region and service of the signature, or three empty texts."""
        parts = self.headers.get("authorization", "").partition("Credential=")[2].split(",")[0].split("/")
        scope_length = 5
        return (parts[0], parts[-3], parts[-2].lower()) if len(parts) >= scope_length else ("", "", "")

    @property
    def access_key(self) -> str:
        """The id of the key that signed the request; empty when unsigned."""
        return self._credential[0]

    @property
    def region(self) -> str:
        """The region the request is signed for; empty when unsigned."""
        return self._credential[1]

    @cached_property
    def service(self) -> str:
        """The signing name of the service, such as ``ec2``; empty when it cannot be told."""
        target = self.headers.get("x-amz-target", "")
        if target.startswith("DynamoDB"):
            return "dynamodb"
        return self._credential[2] or UNSIGNED_VERSIONS.get(str(self.params.get("Version", "")), "")

    @cached_property
    def action(self) -> str:
        """The operation's name, such as ``AssociateAddress``."""
        target = self.headers.get("x-amz-target", "")
        if target:
            return target.rpartition(".")[2]
        if "Action" in self.params:
            return str(self.params["Action"])
        if "/operation/" in self.path:
            return self.path.rpartition("/operation/")[2]
        return rest_operation(self._credential[2], method=self.method, target=self.target, headers=self.headers)

    @cached_property
    def params(self) -> Mapping[str, object]:
        """The request's parameters: flat names for the query protocols, members for JSON and CBOR."""
        kind = self.headers.get("content-type", "")
        if "form-urlencoded" in kind:
            return dict(parse_qsl(self.body.decode(), keep_blank_values=True))
        if "json" in kind and self.body:
            members = json.loads(self.body)
            return members if isinstance(members, dict) else {}
        if "cbor" in kind and self.body:
            decoded: object = RpcV2CBORParser().parse_data_item(io.BufferedReader(io.BytesIO(self.body)))
            return decoded if isinstance(decoded, dict) else {}
        return self.query

    def members(self, name: str) -> list[str]:
        """A parameter that is a list of texts: one value in JSON and CBOR, ``NAME.member.1`` in the query protocol."""
        whole = self.params.get(name)
        if isinstance(whole, list):
            return [str(value) for value in whole]
        return [str(value) for key, value in self.params.items() if key.startswith(f"{name}.member.")]

    @property
    def mutating(self) -> bool:
        """Whether the operation changes the world when it succeeds; a DryRun never does."""
        dry = str(self.params.get("DryRun", "")).lower() == "true"
        return bool(self.action) and not self.action.startswith(READING_VERBS) and not dry


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One HTTP response."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @property
    def content_type(self) -> str:
        """The media type, in lower case."""
        return next((value.lower() for name, value in self.headers if name.lower() == "content-type"), "")


Handler = Callable[[Request], Answer]


def json_answer(document: object, *, status: int = 200) -> Answer:
    """A document as a JSON answer."""
    body = json.dumps(document).encode()
    return Answer(status=status, headers=(("Content-Type", "application/json"),), body=body)
