"""The repository as tests of its own shape see it: files, modules and syntax trees, each read once."""

from __future__ import annotations

import ast
import functools
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]

Function = ast.FunctionDef | ast.AsyncFunctionDef


@functools.cache
def files() -> tuple[str, ...]:
    """Every file that git tracks or would track, as a path from the root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git is wherever PATH has it
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(sorted(name for name in set(listed.stdout.splitlines()) if (ROOT / name).is_file()))


def python(*folders: str) -> list[str]:
    """The Python files under these top-level folders."""
    return [name for name in files() if name.endswith(".py") and name.partition("/")[0] in folders]


@functools.cache
def text(name: str) -> str:
    """What the file holds; bytes that are no text are replaced."""
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


@functools.cache
def tree(name: str) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(text(name), filename=name)


def functions(name: str) -> Iterator[Function]:
    """Every function and method of the file, nested ones included."""
    return (node for node in ast.walk(tree(name)) if isinstance(node, Function))


def calls(name: str) -> Iterator[tuple[ast.Call, str]]:
    """Every call in the file, with its dotted name as far as it is one: ``subprocess.run``."""
    return ((node, dotted(node.func)) for node in ast.walk(tree(name)) if isinstance(node, ast.Call))


def dotted(node: ast.expr) -> str:
    """``a.b.c`` for a chain of names, its known end for anything else: ``f().c`` is ``.c``."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def imports(name: str) -> Iterator[tuple[str, int]]:
    """Every module the file imports by its full name, with the line."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, node.lineno
