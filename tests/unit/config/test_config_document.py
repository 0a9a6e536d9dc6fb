from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from support.config_texts import read
from toolkit.config import dump, schema

_TEXT = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text(encoding="utf-8")
_EXAMPLES = [block for block in re.findall(r"```yaml\n(.*?)```", _TEXT, re.DOTALL) if block.startswith("version:")]


def _keys(part: Any) -> set[str]:
    if isinstance(part, list):
        return {key for each in part for key in _keys(each)}
    if not isinstance(part, dict):
        return set()
    return set(part.get("properties", {})) | _keys(list(part.values()))


@pytest.mark.parametrize("example", _EXAMPLES, ids=["smallest", "all"])
def test_each_example_of_the_document_can_be_used(example: str) -> None:
    assert read(example).groups


def test_the_document_explains_every_key_and_shows_it_in_its_example() -> None:
    keys = _keys(schema())
    assert keys
    explained = set(re.findall(r"`([a-z_0-9]+)`", _TEXT))
    assert keys - explained == set()
    words = set(re.findall(r"[a-z_0-9]+", _EXAMPLES[-1]))
    assert keys - words == {"file", "security_group"}


def test_every_default_in_the_document_is_that_of_the_program() -> None:
    group = dump(read(_EXAMPLES[0]))["groups"]["db"]
    rows = dict(
        re.findall(r"^\| `(interval|cooldown|max_snapshot_age|timeout)` \|.*\| `(\w+)` \|$", _TEXT, re.MULTILINE)
    )
    assert rows == {
        "interval": group["health"]["interval"],
        "cooldown": group["policy"]["cooldown"],
        "max_snapshot_age": group["policy"]["max_snapshot_age"],
        "timeout": group["verify"]["timeout"],
    }
