"""What AWS sends, one file a payload, each with its origin; the same account, Region, alarm and instance in all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

ACCOUNT: Final = "123456789012"
REGION: Final = "eu-west-1"
ALARM: Final = "db-1-down"
INSTANCE: Final = "i-0123456789abcdef0"
AT: Final = 1795178175.49
_FOLDER: Final = Path(__file__).parent


def names() -> list[str]:
    return sorted(file.stem for file in _FOLDER.glob("*.json"))


def payload(name: str) -> dict[str, Any]:
    """The event of that name, a new copy."""
    event: dict[str, Any] = _read(name)["event"]
    return event


def origin(name: str) -> str:
    return str(_read(name)["origin"])


def filled(name: str, **values: str) -> dict[str, Any]:
    """The event with other values wherever these stand: ``alarm``, ``instance``, ``account``, ``region``."""
    text = json.dumps(payload(name))
    known = {"alarm": ALARM, "instance": INSTANCE, "account": ACCOUNT, "region": REGION}
    for key, value in values.items():
        text = text.replace(known[key], value)
    event: dict[str, Any] = json.loads(text)
    return event


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found
