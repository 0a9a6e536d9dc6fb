"""The list of calls that the suite holds itself to: whose a call is, and what is new."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support import calls


def _note(key: str, run: str, **asks: list[str]) -> str:
    return json.dumps({"key": key, "run": run, "asks": {name.replace("_", ":"): kinds for name, kinds in asks.items()}})


@pytest.mark.parametrize(
    ("key", "run", "role"),
    [
        ("lab", "lambda", "function"),
        ("lab", "run", "node"),
        ("function", "", "function"),
        ("node", "", "node"),
        ("lab", "", None),
        ("lab", "-", None),
        ("witness", "run-1", None),
    ],
)
def test_a_call_is_of_the_role_that_signed_it_or_that_the_toolkit_says_it_is(
    key: str, run: str, role: str | None
) -> None:
    assert calls.role_of(json.loads(_note(key, run))) == role


def test_a_note_is_a_line_for_each_action_with_its_types(tmp_path: Path) -> None:
    note = _note("lab", "run", ec2_A=["instance", "network-interface"], ec2_B=["*"])
    (tmp_path / "gw0").write_text(f"{note}\n{_note('lab', '-', ec2_C=['*'])}\n")
    assert calls.all_noted(tmp_path) == {"node ec2:A instance network-interface", "node ec2:B *"}


def test_a_reader_tells_each_line_once_and_leaves_one_that_is_being_written(tmp_path: Path) -> None:
    file, line = tmp_path / "x", _note("lab", "lambda", s3_G=["object"])
    reader = calls.Reader(file)
    assert reader.fresh() == set()
    file.write_text(line[:9])
    assert reader.fresh() == set()
    file.write_text(f"{line}\n")
    assert reader.fresh() == {"function s3:G object"}
    assert reader.fresh() == set()


def test_the_list_is_sorted_and_has_no_line_twice() -> None:
    lines = calls.FILE.read_text().splitlines()
    assert lines == sorted(set(lines))
    assert not [line for line in lines if "?" in line]
