from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # a guest of moto's, without stubs

from support.config_texts import FULL, SMALL
from toolkit.config import schema


def _patterns(part: Any) -> list[str]:
    if isinstance(part, list):
        return [pattern for each in part for pattern in _patterns(each)]
    if not isinstance(part, dict):
        return []
    here = [part["pattern"]] if isinstance(part.get("pattern"), str) else []
    return here + _patterns(list(part.values()))


def test_the_schema_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("text", [FULL, SMALL])
def test_the_schema_accepts_the_examples(text: str) -> None:
    assert list(Draft202012Validator(schema()).iter_errors(yaml.safe_load(text))) == []


def test_every_key_has_a_description_for_the_editor() -> None:
    def keys(part: Any) -> list[Any]:
        if isinstance(part, list):
            return [key for each in part for key in keys(each)]
        if not isinstance(part, dict):
            return []
        return list(part.get("properties", {}).values()) + keys(list(part.values()))

    assert keys(schema())
    assert all(key["description"] for key in keys(schema()))


def test_patterns_use_nothing_that_only_python_knows() -> None:
    patterns = _patterns(schema())
    assert patterns
    assert not [pattern for pattern in patterns if re.search(r"\(\?[imsxauL]|\(\?P|\\[ZAbBdwsDWS](?!\\)", pattern)]


def test_the_schema_is_json() -> None:
    assert json.loads(json.dumps(schema())) == schema()
