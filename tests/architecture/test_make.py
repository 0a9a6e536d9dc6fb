from __future__ import annotations

import re
import subprocess
from typing import Final

import pytest

from support import tree

_TARGET: Final = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
_LINK: Final = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_MAKE: Final = re.compile(r"(?:^|`)\s*make ([a-z][a-z-]*)", re.MULTILINE)


def _targets() -> list[str]:
    return _TARGET.findall(tree.text("Makefile"))


def _pages() -> list[str]:
    return [name for name in tree.files() if name.endswith(".md") and name.partition("/")[0] in {"README.md", "docs"}]


@pytest.fixture(scope="module")
def listed() -> str:
    run = subprocess.run(["make", "help"], cwd=tree.ROOT, capture_output=True, text=True, check=True)  # noqa: S607 - make is wherever PATH has it
    return run.stdout


@pytest.mark.parametrize("target", _targets())
def test_make_help_has_a_line_for_each_target(target: str, listed: str) -> None:
    assert re.search(rf"^  make {target} +\S", listed, re.MULTILINE)


@pytest.mark.parametrize("target", _targets())
def test_each_target_is_declared_phony_so_that_a_file_of_its_name_hides_nothing(target: str) -> None:
    phony = re.findall(r"^\.PHONY: (.+)$", tree.text("Makefile"), re.MULTILINE)
    assert target in " ".join(phony).split()


@pytest.mark.parametrize("page", _pages())
def test_each_relative_link_of_a_page_leads_to_a_file(page: str) -> None:
    folder = (tree.ROOT / page).parent
    links = [link.partition("#")[0] for link in _LINK.findall(tree.text(page)) if "://" not in link]
    assert not [link for link in links if link and not (folder / link).exists()]


@pytest.mark.parametrize("page", _pages())
def test_each_make_command_of_a_page_exists(page: str) -> None:
    assert not set(_MAKE.findall(tree.text(page))) - set(_targets())
