from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]  # a guest of moto's, without stubs

from support.config_strategies import Data, broken, configurations
from support.config_texts import read
from toolkit.config import dump, schema
from toolkit.config.checking import check
from toolkit.config.faults import Faults
from toolkit.config.keys import whole
from toolkit.moves.registry import KINDS


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    return Draft202012Validator(schema(), format_checker=FormatChecker())


@settings(max_examples=50)
@given(data=configurations())
def test_the_schema_accepts_what_can_be_used(validator: Draft202012Validator, data: Data) -> None:
    configuration = read(json.dumps(data), "json")
    assert validator.is_valid(data)
    assert validator.is_valid(dump(configuration))


@given(data=broken())
def test_schema_and_check_refuse_the_same_shapes(validator: Draft202012Validator, data: Any) -> None:
    faults = Faults()
    check(whole(KINDS), data, (), faults)
    assert validator.is_valid(data) == (not faults), faults.listed(lambda _: 0)
