from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Final

from support import tree

_PATCHES: Final = re.compile(r"(^|\.)(patch|patch\.(object|dict|multiple)|monkeypatch\.(setattr|delattr))$")
_LONGEST_SLEEP_SECONDS: Final = 0.05


def _tests() -> Iterator[tuple[str, tree.Function]]:
    for name in tree.python("tests"):
        if PurePath(name).name.startswith("test_"):
            yield from ((name, each) for each in tree.functions(name) if each.name.startswith("test_"))


def test_no_test_replaces_a_function_of_the_code_under_test() -> None:
    found = [
        f"{name}:{call.lineno} {called}"
        for name in tree.python("tests")
        for call, called in tree.calls(name)
        if _PATCHES.search(called)
    ]
    assert not found


def test_each_test_says_in_a_sentence_what_holds() -> None:
    wordless = [
        f"{name}:{each.lineno} {each.name}"
        for name, each in _tests()
        if each.name.count("_") < 3 and not ast.get_docstring(each)
    ]
    assert not wordless


def test_no_test_sleeps_for_longer_than_50_ms() -> None:
    found = [
        f"{name}:{call.lineno}"
        for name in tree.python("tests")
        for call, called in tree.calls(name)
        if called in {"time.sleep", "asyncio.sleep"} and _literal_seconds(call) > _LONGEST_SLEEP_SECONDS
    ]
    assert not found


def test_every_test_file_is_one_that_pytest_collects() -> None:
    found = [
        name
        for name in tree.python("tests")
        if any(each.name.startswith("test_") for each in tree.tree(name).body if isinstance(each, tree.Function))
        and not PurePath(name).name.startswith("test_")
    ]
    assert not found


def _literal_seconds(call: ast.Call) -> float:
    value = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
    return float(value) if isinstance(value, int | float) else 0.0
