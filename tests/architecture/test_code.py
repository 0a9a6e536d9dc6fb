from __future__ import annotations

import ast
from typing import Final

from support import tree

_PROCESS_CALLS: Final = frozenset(
    f"subprocess.{name}" for name in ("run", "Popen", "call", "check_call", "check_output")
)
_SHELLS: Final = frozenset(
    ("os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "asyncio.create_subprocess_shell")
)


def test_no_file_of_the_product_is_longer_than_300_lines() -> None:
    long = {name: lines for name in tree.python("toolkit", "lambda") if (lines := tree.text(name).count("\n")) > 300}
    assert not long


def test_no_function_of_the_product_is_longer_than_60_lines() -> None:
    long = [
        f"{name}:{function.lineno} {function.name}: {lines} lines"
        for name in tree.python("toolkit", "lambda")
        for function in tree.functions(name)
        if (lines := (function.end_lineno or function.lineno) - function.lineno + 1) > 60
    ]
    assert not long


def test_no_program_is_started_through_a_shell() -> None:
    found = [
        f"{name}:{call.lineno} {called}"
        for name in tree.python("toolkit", "lambda", "tests")
        for call, called in tree.calls(name)
        if called in _SHELLS or any(word.arg == "shell" for word in call.keywords)
    ]
    assert not found


def test_no_program_is_started_from_one_string() -> None:
    found = [
        f"{name}:{call.lineno} {called}"
        for name in tree.python("toolkit", "lambda", "tests")
        for call, called in tree.calls(name)
        if called in _PROCESS_CALLS and call.args and _is_text(call.args[0])
    ]
    assert not found


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
