"""The JSON Schema of a configuration, for editors and for whoever generates one."""

from __future__ import annotations

from typing import Any, Final, assert_never

from toolkit.config import durations
from toolkit.config.keys import whole
from toolkit.config.shapes import ByKind, Choice, Duration, Items, Key, MapOf, Record, Spec, Words
from toolkit.domain.fields import NAME, Cidr, Flag, Ip, ListOf, PerNode, Text, Whole
from toolkit.moves.registry import KINDS

_Json = dict[str, Any]

_ANY_TEXT = r"(?s).+"
_IP_PATTERNS: Final = {4: r"^(?:[0-9]{1,3}\.){3}[0-9]{1,3}$", 6: "^[0-9A-Fa-f:.]+$"}


def schema() -> _Json:
    """JSON Schema 2020-12, from the declarations that the check follows too."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "failover configuration",
        **_schema(whole(KINDS)),
    }


def _schema(spec: Spec) -> _Json:  # noqa: C901, PLR0911, PLR0912 - one line per shape
    match spec:
        case Text():
            return _text(spec)
        case Whole():
            if spec.minimum == spec.maximum:
                return {"const": spec.minimum}
            return {"type": "integer", "minimum": spec.minimum, "maximum": spec.maximum}
        case Flag():
            return {"type": "boolean"}
        case Ip():
            return {"type": "string", "format": f"ipv{spec.version}", "pattern": _IP_PATTERNS[spec.version]}
        case Cidr():
            return {"type": "string", "pattern": "^[0-9A-Fa-f:.]+/[0-9]{1,3}$", "examples": ["10.99.0.10/32"]}
        case Duration():
            return {"type": "string", "pattern": f"^{durations.PATTERN}$", "examples": ["500ms", "10s", "5m", "1h"]}
        case Words():
            return {"enum": list(spec.options)}
        case ListOf():
            return {"type": "array", "minItems": 1, "uniqueItems": True, "items": _schema(spec.item)}
        case Items():
            return {"type": "array", "minItems": spec.minimum, "items": _schema(spec.item)}
        case PerNode():
            return _map(MapOf("", NAME, spec.item))
        case MapOf():
            return _map(spec)
        case Record():
            return _record(spec)
        case Choice():
            return _choice(spec)
        case ByKind():
            return {"type": "object", "required": ["kind"], "anyOf": [_record(kind) for kind in spec.records.values()]}
        case _:
            assert_never(spec)


def _text(spec: Text) -> _Json:
    pattern = r"[\s\S]+" if spec.pattern == _ANY_TEXT else spec.pattern.replace(r"\Z", "$")
    return {"type": "string", "pattern": f"^(?:{pattern})$", "examples": [spec.example]}


def _map(spec: MapOf) -> _Json:
    most = {} if spec.maximum is None else {"maxProperties": spec.maximum}
    names = {"pattern": _text(spec.key)["pattern"]}
    return {
        "type": "object",
        "minProperties": 1,
        **most,
        "propertyNames": names,
        "additionalProperties": _schema(spec.item),
    }


def _record(spec: Record) -> _Json:
    return {
        "type": "object",
        "properties": {key.name: _key(key) for key in spec.keys},
        "required": [key.name for key in spec.keys if key.required],
        "additionalProperties": False,
    }


def _key(key: Key) -> _Json:
    return {"description": key.doc, **_schema(key.spec)}


def _choice(spec: Choice) -> _Json:
    ways: list[_Json] = [{"enum": list(spec.words)}] if spec.words else []
    if spec.text:
        ways.append(_text(spec.text))
    if spec.items:
        ways.append(_schema(spec.items))
    ways.extend(_record(record) for record in spec.records)
    return {"anyOf": ways}
