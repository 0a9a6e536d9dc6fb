"""Tells people through an SNS topic."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from toolkit.domain.errors import FailoverError

if TYPE_CHECKING:
    from toolkit.aws.session import Requests
    from toolkit.domain.group import Group

_LONGEST_SUBJECT: Final = 100
_LONGEST_BODY: Final = 200_000  # of SNS's 256 KB, the rest for JSON's escapes and the envelope
_NOT_PRINTABLE = re.compile(r"[^\x20-\x7e]+")
_REGION_IN_ARN = 3


class SnsNotifier:
    """``ports.Notifier`` on the group's topic, which may be in another Region than the group."""

    def __init__(self, connection: Requests) -> None:
        self._connection = connection

    def notify(self, group: Group, subject: str, body: Mapping[str, object]) -> str | None:
        """None when SNS took it, or when the group has no topic; else what went wrong. Never raises."""
        topic = group.notify_sns
        if not topic:
            return None
        text = _text(body)
        params = {"TopicArn": topic, "Subject": _subject(subject), "Message": text, **_order(topic, group.name, text)}
        try:
            self._connection.request("sns", "Publish", params, region=topic.split(":")[_REGION_IN_ARN])
        except FailoverError as error:
            return str(error)
        except IndexError:
            return f"{topic} is not the ARN of a topic"
        return None


def _subject(text: str) -> str:
    """What SNS takes as a subject: printable ASCII, at most 100 characters, not beginning with a blank."""
    plain = " ".join(_NOT_PRINTABLE.sub(" ", text).split()) or "failover"
    return plain if len(plain) <= _LONGEST_SUBJECT else plain[: _LONGEST_SUBJECT - 3] + "..."


def _text(body: Mapping[str, Any]) -> str:
    text = json.dumps(body, indent=1, default=str)
    if len(text) <= _LONGEST_BODY:
        return text
    short = {key: value for key, value in body.items() if isinstance(value, str | int | float | bool | None)}
    return json.dumps({**short, "shortened": True}, indent=1, default=str)


def _order(topic: str, group: str, text: str) -> dict[str, str]:
    """A FIFO topic keeps the order within a group, and must be told what a duplicate is."""
    if not topic.endswith(".fifo"):
        return {}
    return {"MessageGroupId": group, "MessageDeduplicationId": hashlib.sha256(text.encode()).hexdigest()}
