from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.config_texts import SMALL, read
from toolkit.config import dump, load, locate
from toolkit.domain.errors import ConfigurationError, Fault


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """An empty folder, and the program in it."""
    before = Path.cwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


def fault_of(source: str | None) -> Fault:
    with pytest.raises(ConfigurationError) as raised:
        load(source, environ={})
    (fault,) = raised.value.faults
    return fault


def test_the_named_file_comes_before_the_variable(folder: Path) -> None:
    (folder / "named.yaml").write_text(SMALL)
    assert load("named.yaml", environ={"FAILOVER_CONFIG": "absent.yaml"}) == read(SMALL)


def test_the_variable_comes_before_the_usual_places(folder: Path) -> None:
    (folder / "failover.yaml").write_text("broken: [")
    (folder / "other.yaml").write_text(SMALL)
    assert load(environ={"FAILOVER_CONFIG": "other.yaml"}) == read(SMALL)


def test_the_file_in_the_working_folder_is_found(folder: Path) -> None:
    (folder / "failover.yaml").write_text(SMALL)
    assert locate(environ={}) == "./failover.yaml"
    assert load(environ={"FAILOVER_CONFIG": ""}) == read(SMALL)


@pytest.mark.skipif(Path("/etc/failover/failover.yaml").exists(), reason="this machine has a configuration")
def test_without_any_file_the_places_that_were_searched_are_named(folder: Path) -> None:
    assert folder.is_dir()
    fault = fault_of(None)
    for place in ("$FAILOVER_CONFIG", "./failover.yaml", "/etc/failover/failover.yaml"):
        assert place in fault.problem


def test_a_file_that_ends_in_json_is_read_as_json(tmp_path: Path) -> None:
    file = tmp_path / "failover.json"
    file.write_text(json.dumps(dump(read(SMALL)), indent="\t"))
    assert load(str(file), environ={}) == read(SMALL)


def test_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    file = tmp_path / "failover.yaml"
    file.write_text(SMALL, encoding="utf-8-sig")
    assert load(str(file), environ={}) == read(SMALL)


def test_a_file_of_5_mb_is_refused_by_its_size(tmp_path: Path) -> None:
    file = tmp_path / "failover.yaml"
    file.write_bytes(b"#" * 5_000_000)
    assert "larger than 1 MiB" in fault_of(str(file)).problem


def test_a_source_that_never_ends_is_refused_after_1_mib() -> None:
    assert "larger than 1 MiB" in fault_of("/dev/zero").problem


def test_a_file_that_is_not_utf_8_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "failover.yaml"
    file.write_bytes(b"version: 1\n# caf\xe9\n")
    fault = fault_of(str(file))
    assert (fault.problem, fault.line) == ("it is not UTF-8 text", 2)


@pytest.mark.parametrize(("name", "why"), [("absent.yaml", "No such file"), (".", "directory")])
def test_what_can_not_be_read_says_why(folder: Path, name: str, why: str) -> None:
    assert why in fault_of(str(folder / name)).problem
