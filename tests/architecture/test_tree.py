from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from support import tree

_TOP: Final = frozenset(
    (
        *("toolkit", "lambda", "terraform", "tests", "docs", ".ci"),
        *("README.md", "Makefile", "pyproject.toml", ".gitignore", ".pre-commit-config.yaml"),
    )
)

# The accounts that AWS's own documentation uses.
_ACCOUNTS: Final = frozenset(("111122223333", "123456789012", "444455556666"))
# (Twelve digits from 020000 on are a locally administered MAC, written without its colons.)
_ACCOUNT: Final = re.compile(r"(?<![0-9A-Za-z.])(?!020000)[0-9]{12}(?![0-9A-Za-z.])")

# Written in pieces, so that this file does not find itself.
_UNWANTED: Final = {
    "a machine path": re.compile(r"(?<![\w.~*-])/(?:root|home|Users|work)/(?!\.\.\.)[\w.]"),
    "a package registry": re.compile(
        "|".join(("py" + r"pi\.org", "python" + "hosted", "npm" + r"js\.org", "pack" + r"agist\.org"))
    ),
    "an access key": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a private key": re.compile("BEGIN [A-Z ]*PRIVATE " + "KEY"),
    "a token": re.compile(r"\b(?:ghp|gho|github_pat|xox[bp])_[A-Za-z0-9_]{20,}"),
}
# AWS's documentation uses this key, and keys that end so, for examples.
_EXAMPLE: Final = re.compile(r"EXAMPLE")


def _lines() -> Iterator[tuple[str, int, str]]:
    for name in tree.files():
        if name != ".ci/requirements.txt":
            yield from ((name, number, line) for number, line in enumerate(tree.text(name).splitlines(), 1))


def test_the_top_of_the_tree_holds_only_what_the_design_names() -> None:
    assert not {name.partition("/")[0] for name in tree.files()} - _TOP


@pytest.mark.parametrize("what", _UNWANTED)
def test_no_file_names_what_only_one_machine_or_person_has(what: str) -> None:
    found = [
        f"{name}:{number}"
        for name, number, line in _lines()
        if _UNWANTED[what].search(line) and not _EXAMPLE.search(line)
    ]
    assert not found


def test_no_file_names_an_account_but_those_of_the_aws_documentation() -> None:
    found = [
        f"{name}:{number} {account}"
        for name, number, line in _lines()
        for account in _ACCOUNT.findall(line)
        if account not in _ACCOUNTS
    ]
    assert not found


def test_no_file_is_larger_than_a_mebibyte() -> None:
    assert not [name for name in tree.files() if (tree.ROOT / name).stat().st_size > 1 << 20]


def _locked() -> dict[str, Version]:
    pins = re.findall(r"^([\w.-]+)==([^ ;\\]+)", tree.text(".ci/requirements.txt"), re.MULTILINE)
    return {canonicalize_name(name): Version(version) for name, version in pins}


def _declared() -> list[Requirement]:
    project = tomllib.loads(tree.text("pyproject.toml"))
    lists = (
        project["build-system"]["requires"],
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    )
    return [Requirement(line) for lines in lists for line in lines]


@pytest.mark.parametrize("requirement", _declared(), ids=str)
def test_each_declared_dependency_is_locked_at_a_version_it_allows(requirement: Requirement) -> None:
    locked = _locked()
    assert canonicalize_name(requirement.name) in locked, "run .ci/lock"
    assert locked[canonicalize_name(requirement.name)] in requirement.specifier, "run .ci/lock"


def test_each_locked_package_has_a_hash() -> None:
    entries = re.split(r"\n(?=[\w])", tree.text(".ci/requirements.txt").strip())
    assert not [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry]
