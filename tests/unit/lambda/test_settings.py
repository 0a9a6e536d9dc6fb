from __future__ import annotations

import io
import json
from typing import Any, Final

import pytest

from settings import Source
from support.function import Requested
from toolkit.domain.errors import ConfigurationError, Terminal, UsageError

CONFIGURATION: Final = {
    "version": 1,
    "state": {"dynamodb": "failover-state"},
    "groups": {
        "db": {
            "nodes": [
                {"name": "db-1", "instance": "i-0123456789abcdef0"},
                {"name": "db-2", "instance": "i-0123456789abcdef1"},
            ],
            "addresses": [{"kind": "eip", "id": "eipalloc-0123456789abcdef0"}],
        }
    },
}
TEXT: Final = json.dumps(CONFIGURATION)


def groups(environ: dict[str, str], connection: Requested | None = None) -> list[str]:
    return [group.name for group in Source(environ).read(connection or Requested()).configuration.groups]


def parameter(version: int, text: str = TEXT) -> dict[str, Any]:
    return {"Parameter": {"Version": version, "Value": text}}


def kept(etag: str = '"1"') -> dict[str, Any]:
    return {"ETag": etag, "Body": io.BytesIO(TEXT.encode())}


def test_a_configuration_comes_from_the_environment_itself() -> None:
    assert groups({"FAILOVER_CONFIG": TEXT}) == ["db"]


def test_a_configuration_comes_from_a_parameter() -> None:
    connection = Requested({"GetParameter": parameter(3)})
    assert groups({"FAILOVER_CONFIG_SSM": "/failover/main"}, connection) == ["db"]
    assert connection.asked == [("GetParameter", {"Name": "/failover/main", "WithDecryption": True})]


def test_a_configuration_comes_from_an_object() -> None:
    connection = Requested({"GetObject": kept()})
    assert groups({"FAILOVER_CONFIG_S3": "s3://my-bucket/deep/failover.json"}, connection) == ["db"]
    assert connection.asked == [("GetObject", {"Bucket": "my-bucket", "Key": "deep/failover.json"})]


@pytest.mark.parametrize("environ", [{}, {"FAILOVER_CONFIG": TEXT, "FAILOVER_CONFIG_SSM": "/x"}])
def test_exactly_one_place_must_be_named(environ: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="FAILOVER_CONFIG_S3"):
        Source(environ)


def test_a_bad_configuration_is_refused_with_all_its_faults() -> None:
    text = json.dumps({**CONFIGURATION, "groups": {"db": {"nodes": 1, "adresses": []}}})
    with pytest.raises(ConfigurationError) as caught:
        groups({"FAILOVER_CONFIG": text})
    assert len(caught.value.faults) >= 2


def test_a_bad_place_of_an_object_is_named() -> None:
    with pytest.raises(UsageError, match="s3://bucket/key"):
        groups({"FAILOVER_CONFIG_S3": "https://example.com/x"})


def test_the_same_version_is_not_read_again() -> None:
    source = Source({"FAILOVER_CONFIG_SSM": "/failover/main"})
    known = source.read(Requested({"GetParameter": parameter(3)}))
    assert source.read(Requested({"GetParameter": parameter(3, "no JSON")}), known=known) is known
    assert source.read(Requested({"GetParameter": parameter(4)}), known=known).version == "4"


def test_an_object_that_has_not_changed_is_not_read_again() -> None:
    source = Source({"FAILOVER_CONFIG_S3": "s3://my-bucket/failover.json"})
    known = source.read(Requested({"GetObject": kept()}))
    unchanged = Requested({"GetObject": Terminal("GetObject", "304", "Not Modified")})
    assert source.read(unchanged, known=known) is known
    assert unchanged.asked[0][1]["IfNoneMatch"] == '"1"'
    assert source.read(Requested({"GetObject": kept('"2"')}), known=known).version == '"2"'
