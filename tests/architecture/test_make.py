from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from typing import Final

import click
import pytest

from support import tree
from toolkit.cli.root import failover

_TARGET: Final = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
_LINK: Final = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_MAKE: Final = re.compile(r"(?:^|`)\s*make ([a-z][a-z-]*)", re.MULTILINE)
_FAILOVER: Final = re.compile(r"(?:^|`|[$] )failover +([a-z][^`|&;#\n]*)", re.MULTILINE)


def _targets() -> list[str]:
    return _TARGET.findall(tree.text("Makefile"))


def _pages() -> list[str]:
    return [name for name in tree.files() if name.endswith(".md") and name.partition("/")[0] in {"README.md", "docs"}]


@pytest.fixture(scope="module")
def helped() -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", "help"], cwd=tree.ROOT, capture_output=True, text=True, check=True)  # noqa: S607 - make is wherever PATH has it


def test_make_reads_its_file_without_a_warning(helped: subprocess.CompletedProcess[str]) -> None:
    assert not helped.stderr


@pytest.mark.parametrize("target", _targets())
def test_make_help_has_a_line_for_each_target(target: str, helped: subprocess.CompletedProcess[str]) -> None:
    assert re.search(rf"^  make {target} +\S", helped.stdout, re.MULTILINE)


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


@pytest.mark.parametrize("page", _pages())
def test_each_failover_command_of_a_page_exists_with_its_options(page: str) -> None:
    assert not [fault for words in _commands(tree.text(page)) for fault in _faults(words)]


def test_a_command_or_an_option_that_does_not_exist_is_found() -> None:
    text = "`failover plan --to db-2`\n\n    $ failover fly --yes\n\n`failover plan --quickly`\n"
    assert [fault for words in _commands(text) for fault in _faults(words)] == [
        "failover fly: no such command",
        "failover plan: no option --quickly",
    ]


def _commands(text: str) -> Iterator[list[str]]:
    joined = text.replace("\\\n", " ")
    return (shlex.split(found.replace("'", "").replace('"', "")) for found in _FAILOVER.findall(joined))


def _faults(words: list[str]) -> Iterator[str]:
    """What a written command line names that the program does not have."""
    command: click.Command = failover
    called = ["failover"]
    for word in words:
        if not isinstance(command, click.Group) or word.startswith("-"):
            break
        inner = command.get_command(click.Context(command), word)
        called.append(word)
        if inner is None:
            yield f"{' '.join(called)}: no such command"
            return
        command = inner
    known = {name for option in command.params for name in option.opts} | {"--help", "-h"}
    options = (word.partition("=")[0] for word in words if word.startswith("--"))
    yield from (f"{' '.join(called)}: no option {option}" for option in options if option not in known)
