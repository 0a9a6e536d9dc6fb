"""Where the configuration comes from: the environment itself, an SSM parameter or an S3 object.

Exactly one of FAILOVER_CONFIG (JSON text), FAILOVER_CONFIG_SSM (a parameter's name) and FAILOVER_CONFIG_S3
(``s3://bucket/key``) is set; Terraform sets the first, as reading it from elsewhere is a call more before a move.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from toolkit.config import parse
from toolkit.domain.errors import CloudError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from toolkit.aws.session import Requests
    from toolkit.domain.group import Configuration

INLINE: Final = "FAILOVER_CONFIG"
PARAMETER: Final = "FAILOVER_CONFIG_SSM"
OBJECT: Final = "FAILOVER_CONFIG_S3"
_URL: Final = re.compile(r"s3://([a-z0-9.-]{3,63})/(.+)")


@dataclass(frozen=True, slots=True)
class Settings:
    """A configuration and the version of the text that it was read from."""

    configuration: Configuration
    version: str


class Source:
    """The one place that the environment names; raises UsageError when it names none or several."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        given = [name for name in (INLINE, PARAMETER, OBJECT) if environ.get(name)]
        if len(given) != 1:
            told = f"{' and '.join(given)} are set" if given else "none is set"
            raise UsageError(f"one of {INLINE}, {PARAMETER} and {OBJECT} gives the configuration; {told}")
        self._name = given[0]
        self._value = environ[given[0]]

    def read(self, connection: Requests, *, known: Settings | None = None) -> Settings:
        """The configuration as it is now, ``known`` where its version has not changed.

        Raises ConfigurationError with all faults, or CloudError when the text can't be fetched.
        """
        if self._name == INLINE:
            return known or self._parsed(self._value, "inline")
        if self._name == PARAMETER:
            row = connection.request("ssm", "GetParameter", {"Name": self._value, "WithDecryption": True})["Parameter"]
            version = str(row["Version"])
            return known if known and known.version == version else self._parsed(row["Value"], version)
        return self._object(connection, known)

    def _object(self, connection: Requests, known: Settings | None) -> Settings:
        where = _URL.fullmatch(self._value)
        if where is None:
            raise UsageError(f"{OBJECT} is {self._value!r}; write s3://bucket/key")
        params = {"Bucket": where.group(1), "Key": where.group(2)}
        try:
            asked = params | ({"IfNoneMatch": known.version} if known else {})
            answer = connection.request("s3", "GetObject", asked)
        except CloudError as error:
            # S3 says "not modified" with a status that botocore takes for an error.
            if known and error.code in {"304", "NotModified"}:
                return known
            raise
        return self._parsed(answer["Body"].read().decode("utf-8-sig"), str(answer["ETag"]))

    def _parsed(self, text: str, version: str) -> Settings:
        return Settings(parse(text, self._name, form="json"), version)
