"""Patterns of single values that only a configuration has; they mean the same in Python and in JSON Schema."""

from __future__ import annotations

from typing import Final

from toolkit.domain.fields import Text

_PORT = "(?:6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3})"
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_IPV6 = "[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}"
# The last label must not be all digits: such a name would be read as a broken IPv4.
_LABEL = "[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_DNS = rf"(?:{_LABEL}\.){{0,20}}(?![0-9]+(?:[:/]|$)){_LABEL}"
_HOST = rf"(?:{_IPV4}|{_DNS})"
_HOST_PORT = rf"(?:{_HOST}|\[{_IPV6}\]):{_PORT}"
_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
# Half a surrogate pair (JSON can spell one) is no character: nothing could print or send it.
_LETTER = r"[^\x00\ud800-\udfff]"

HOST: Final = Text("a host name or address", "10.0.1.10", rf"(?:{_HOST}|{_IPV6})")
HOST_PORT: Final = Text("a host with its port", "10.0.0.2:53", _HOST_PORT)
RESOLVER: Final = Text("a resolver (host, or host:port)", "169.254.169.253", rf"(?:{_HOST}|{_IPV6}|{_HOST_PORT})")
PROXY: Final = Text("a SOCKS5 proxy", "socks5://127.0.0.1:1080", rf"socks5://{_HOST_PORT}")
HTTP_TARGET: Final = Text("a port and path to ask", ":8080/healthz", rf"(?:https?://)?:{_PORT}(?:/[!\"$-~]*)?")
WINDOW: Final = Text("a daily window in UTC", "02:00-04:00", rf"{_CLOCK}-{_CLOCK}")
REGION: Final = Text("a Region", "eu-west-1", "[a-z]{2,5}(?:-[a-z]{2,12})+-[0-9]{1,2}")
TABLE_NAME: Final = Text("a DynamoDB table's name", "failover-state", "[A-Za-z0-9_.-]{3,255}")
FOLDER: Final = Text("the whole path of a folder", "/var/lib/failover", rf"/{_LETTER}*")
TOPIC: Final = Text(
    "an SNS topic's ARN",
    "arn:aws:sns:eu-west-1:111122223333:failover",
    r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?",
)
TAG_KEY: Final = Text("a tag's key", "failover:group", rf"{_LETTER}{{1,128}}")
TAG_VALUE: Final = Text("a tag's value", "db", rf"{_LETTER}{{0,256}}")
ALARM: Final = Text("a CloudWatch alarm's name", "db-primary-down", rf"{_LETTER}{{1,255}}")
ARGUMENT: Final = Text("a program's argument", "/usr/local/bin/check-replica", rf"{_LETTER}+")
CONTENT: Final = Text("text that the answer must contain", "ok", rf"{_LETTER}{{1,1024}}")
