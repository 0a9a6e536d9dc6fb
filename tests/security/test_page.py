"""The page on security names code and tests that are there."""

from __future__ import annotations

import re
from typing import Final

import pytest

from support import tree

PAGE: Final = "docs/SECURITY.md"
_ROW: Final = re.compile(r"^\| (?P<rule>[^|]+) \| (?P<where>[^|]+) \| (?P<shown>[^|]+) \|$", re.MULTILINE)
_PATH: Final = re.compile(r"`((?:toolkit|lambda|tests|\.ci)/[\w/.-]+)`")


def rows() -> list[re.Match[str]]:
    """The rules of the last table: those with a test."""
    return [row for row in _ROW.finditer(tree.text(PAGE)) if _PATH.search(row["shown"])]


def test_every_rule_says_where_it_is_and_where_it_is_shown() -> None:
    assert len(rows()) >= 15
    assert not [
        row["rule"]
        for row in rows()
        if not (_PATH.search(row["where"]) or "everywhere" in row["where"] or "`" in row["where"])
    ]


@pytest.mark.parametrize("path", sorted(set(_PATH.findall(tree.text(PAGE)))))
def test_every_path_of_the_page_is_there(path: str) -> None:
    assert (tree.ROOT / path).exists()


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["rule"][:50])
def test_every_rule_is_shown_by_a_test(row: re.Match[str]) -> None:
    for path in _PATH.findall(row["shown"]):
        place = tree.ROOT / path
        files = [place] if place.is_file() else list(place.rglob("test_*.py"))
        assert files
        assert all("def test_" in file.read_text(encoding="utf-8") for file in files)
