"""Foreign errors become the toolkit's own, by the tables in ``refusals``, the cause chained."""

from __future__ import annotations

import re
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from toolkit.aws.refusals import BY_MESSAGE, CODES, EXCEPTIONS, MISCONFIGURED, SUFFIXES, Meaning
from toolkit.domain.errors import CloudError, FailoverError, Refused, Terminal, Transient, UsageError
from toolkit.domain.masking import masked

FOREIGN: Final = (ClientError, BotoCoreError, ResponseParserError)
_READS: Final = ("Describe", "Get", "List", "Query", "Decode", "Scan", "BatchGet")
_SERVER_ERROR = 500
_LONGEST = 400
_TOO_MANY = 429
_NAMED_ACTION = re.compile(r"not authorized to perform:? *([A-Za-z0-9-]+:[A-Za-z0-9]+)")
_ENCODED = re.compile(r"\s*Encoded authorization failure message: *(\S+)")


def translate(error: Exception, *, service: str, action: str) -> FailoverError:
    """The toolkit's error for one of botocore's; the caller chains it (``raise … from error``).

    What is neither an answer nor a failure of AWS (a wrong parameter, say) becomes a terminal one.
    """
    if isinstance(error, ClientError):
        return _answered(error, service, action)
    if isinstance(error, MISCONFIGURED):
        return UsageError(_sentence(str(error)))
    if isinstance(error, ResponseParserError):
        return _build(Meaning(Transient, outcome_unknown=True), action, "ResponseParserError", _said(error))
    for kind, meaning in EXCEPTIONS:
        if isinstance(error, kind):
            return _build(meaning, action, type(error).__name__, _said(error))
    code = type(error).__name__ if isinstance(error, BotoCoreError) else ""
    return Terminal(action, code, _said(error))


def meaning_of(code: str, message: str = "", *, status: int = 400) -> Meaning:
    """What an error code means; case does not count, and an unknown code is judged by its HTTP status."""
    lowered, text = code.lower(), message.lower()
    for part, meaning in BY_MESSAGE.get(lowered, ()):
        if part in text:
            return meaning
    if lowered in CODES:
        return CODES[lowered]
    if status == _TOO_MANY:
        return Meaning(Transient)
    if status >= _SERVER_ERROR:
        return Meaning(Transient, outcome_unknown=True)
    return next((meaning for suffix, meaning in SUFFIXES if lowered.endswith(suffix)), Meaning(Terminal))


def is_read(action: str) -> bool:
    """Whether an operation changes nothing."""
    return action.startswith(_READS)


def _answered(error: ClientError, service: str, action: str) -> CloudError:
    answer = error.response.get("Error", {})
    code, message = str(answer.get("Code", "")), str(answer.get("Message", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    meaning = meaning_of(code, message, status=status)
    if meaning.kind is Refused and not meaning.remedy:
        return Refused(action, code, _permission(service, action, message))
    return _build(meaning, action, code, _sentence(message))


def _build(meaning: Meaning, action: str, code: str, message: str) -> CloudError:
    text = f"{message}; {meaning.remedy}" if meaning.remedy else message
    if issubclass(meaning.kind, Transient):
        return meaning.kind(action, code, text, outcome_unknown=meaning.outcome_unknown and not is_read(action))
    return meaning.kind(action, code, text)


def _permission(service: str, action: str, message: str) -> str:
    """Which permission is missing; EC2 hides the reason in a text that STS decodes (``AWS.md`` §9)."""
    named = _NAMED_ACTION.search(message)
    permission = named.group(1) if named else f"{service}:{action}"
    text = f"the credentials lack the permission {permission}, or a condition forbids it here"
    encoded = _ENCODED.search(message)
    if encoded:
        return f"{text}; to read why: aws sts decode-authorization-message --encoded-message {encoded.group(1)}"
    return f"{text} ({_sentence(message)})" if message else text


def _said(error: Exception) -> str:
    """All of its words in one line, but not the page that a proxy may have answered with."""
    return _sentence(str(error))[:_LONGEST] or type(error).__name__


def _sentence(text: str) -> str:
    return " ".join(masked(text).split()).removesuffix(".")
