from __future__ import annotations

import json
import subprocess
import sys

import pytest

from support.config_texts import SMALL, faults_of, read, the_fault
from toolkit.config import dump


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ('{"version": 1,\n}', 2, "this is no JSON"),
        ("version: 1\n", 1, "this is no JSON"),
        ('{"version": NaN}', 0, "NaN is not a number"),
        ('{"version": -Infinity}', 0, "-Infinity is not a number"),
        ('{"version": ' + "9" * 5000 + "}", 0, "too many digits"),
        ("[" * 200_000, 0, "nested too deeply"),
        (" \n", 2, "the configuration is empty"),
    ],
)
def test_a_text_that_is_no_usable_json_has_one_fault(text: str, line: int, problem: str) -> None:
    fault = the_fault(text, "json")
    assert (fault.line, fault.path) == (line, "")
    assert problem in fault.problem


def test_faults_in_json_have_lines_like_those_in_yaml() -> None:
    data = dump(read(SMALL))
    data["groups"]["db"]["nodes"][1]["instance"] = "db-2"
    del data["groups"]["db"]["nodes"][0]["instance"]
    text = json.dumps(data, indent=1)
    assert [(fault.path, text.splitlines()[fault.line - 1].strip()) for fault in faults_of(text, "json")] == [
        ("groups.db.nodes[0].instance", "{"),
        ("groups.db.nodes[1].instance", '"instance": "db-2"'),
    ]


def test_strings_with_braces_and_quotes_do_not_move_the_lines() -> None:
    text = '{"version": 1, "a{\\"[,:": "}],\\\\",\n"state": {"file": "x"}}'
    assert [(fault.path, fault.line) for fault in faults_of(text, "json")] == [
        ('["a{\\"[,:"]', 1),
        ("groups", 1),
        ("state.file", 2),
    ]


def test_a_key_that_stands_twice_names_both_lines() -> None:
    text = json.dumps(dump(read(SMALL)), indent=1)
    line = text.count("\n") + 1
    fault = the_fault(f'{text[:-2]},\n"version": 1}}', "json")
    assert (fault.path, fault.line) == ("version", line)
    assert fault.problem == '"version" stands here twice, first on line 2'


def test_reading_json_imports_no_yaml_parser() -> None:
    script = (
        "import sys, toolkit.config as c; c.parse(sys.argv[1], 'x', form='json');"
        "sys.exit(' '.join({'yaml', 'pydantic', 'jsonschema', 'boto3', 'botocore', 'difflib'} & set(sys.modules)) or 0)"
    )
    text = json.dumps(dump(read(SMALL)))
    done = subprocess.run([sys.executable, "-c", script, text], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
