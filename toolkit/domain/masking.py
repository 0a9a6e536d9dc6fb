"""Text that may be shown: what looks like a secret in it is masked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_MASK: Final = "…"
# A name and a password in a URL.
_USERINFO: Final = re.compile(r"(?<=://)[^/?#@\s\"']*@")
# AWS's SignatureDoesNotMatch and IncompleteSignature repeat what was signed, the session token among it
# (IAM User Guide, "Troubleshoot AWS API request signatures").
_SIGNED: Final = re.compile(
    r"\s*(?:The Canonical String for this request|The String-to-Sign|Authorization header).*", re.IGNORECASE | re.DOTALL
)
_TOKEN: Final = re.compile(r"(?<=security-token)(['\"]?\s*[:=]\s*['\"]?)[^\s'\"&;,]+", re.IGNORECASE)
_SECRET_NAME: Final = re.compile(r"SECRET|TOKEN|PASSW|PASSPHRASE|CREDENTIAL|PRIVATE_KEY|API_?KEY", re.IGNORECASE)
# Shorter values (yes, 1, root) would mask half of every sentence.
_SHORTEST: Final = 6


def masked(text: str) -> str:
    """The text without names and passwords of URLs, and without what AWS repeats of a signed request."""
    return _TOKEN.sub(rf"\1{_MASK}", _SIGNED.sub("", _USERINFO.sub(f"{_MASK}@", text)))


def without_values(text: str, environ: Mapping[str, str]) -> str:
    """The text without the value of any variable whose name says that it is a secret."""
    secrets = {value for name, value in environ.items() if len(value) >= _SHORTEST and _SECRET_NAME.search(name)}
    for value in sorted(secrets, key=len, reverse=True):
        text = text.replace(value, _MASK)
    return text
