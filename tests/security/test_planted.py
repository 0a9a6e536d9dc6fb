"""The watch for planted secrets can fail: each way out is shown by a small test of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import pytest

from support import tree

_CONFTEST: Final = """
from support import planted

def pytest_configure(config):
    planted.install(config)
"""
_LEAKY: Final = """
import base64, logging, os, subprocess, sys, zlib
import pytest
from support import planted
from toolkit.aws.session import Connection, Keys
from toolkit.domain.errors import FailoverError
from toolkit.lab import Lab
from toolkit.lab.lab import Control

SECRET = os.environ["DATABASE_PASSWORD"]
PRINTS = [sys.executable, "-c", "import os; print(os.environ)"]

@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    return tmp_path_factory.mktemp("shared")

@pytest.fixture
def lab():
    with Lab.start() as lab:
        yield lab

class Asked(Control):
    def request(self, method, path, *, body=None):
        packed = base64.b64encode(zlib.compress(SECRET.encode() * 9)).decode()
        params = {"TransactItems": [{"Put": {"Item": {"events": {"B": packed}}}}]}
        return [{"service": "dynamodb", "action": "TransactWriteItems", "params": params}]

@pytest.fixture
def journal():
    return Asked("http://127.0.0.1:1")

def test_print():
    print(f"cannot log in with {SECRET}")

def test_standard_error():
    sys.stderr.write(SECRET)

def test_log():
    logging.getLogger("x").warning("no: %s", SECRET)

def test_child(capfd):
    subprocess.run(PRINTS, check=True)
    sys.stdout.write(capfd.readouterr().out)

def test_program():
    with planted.Program(PRINTS, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        program.communicate()

def test_file(tmp_path):
    (tmp_path / "db.jsonl").write_text(SECRET)

def test_shared_file(shared):
    (shared / "db.jsonl").write_text(SECRET)

def test_lab(lab):
    connection = Connection("eu-west-1", endpoint_url=lab.url, keys=Keys("lab", "lab"))
    key = {"group": {"S": SECRET}, "item": {"S": "lease"}}
    with pytest.raises(FailoverError):
        connection.request("dynamodb", "GetItem", {"TableName": "failover-state", "Key": key})
    connection.close()

def test_journal(journal):
    pass

def test_clean(tmp_path, lab):
    (tmp_path / "x").write_text("nothing")
    print("nothing")
"""
# Who starts the installed command by itself, and why nothing escapes there.
_ELSEWHERE: Final = {
    "tests/contract/lab_world/test_command.py": "failover lab: no credentials but the lab's own, which it is to print",
    "tests/scenarios/namespaces/stage.py": "its logs are files of the test's folder",
    "tests/scenarios/namespaces/test_agent.py": "one round of the agent whose every word is lost on a full disk",
    "tests/terraform/test_enforced.py": "the script that boots a node, which calls it without credentials",
    "tests/terraform/test_examples.py": "failover config: no credentials",
    "tests/unit/host/installed.py": "the command's path in a unit; it is not started",
    "tests/unit/host/test_install_command.py": "the same",
    "tests/unit/host/test_installing.py": "the same",
}
_WAYS: Final = re.findall(r"^def test_(\w+)", _LEAKY, re.MULTILINE)


@pytest.fixture(scope="module")
def printed() -> str:
    """What pytest says of the leaky tests, in a fresh process; their folder is none of this test's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CI", "PYTEST_", "COV", "LAB_"))}
    plugins = [f"-pno:{name}" for name in ("randomly", "xdist", "cacheprovider", "cov")]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "conftest.py").write_text(_CONFTEST)
        (folder / "test_it.py").write_text(_LEAKY)
        (folder / "pytest.ini").write_text("[pytest]\n")
        run = subprocess.run(
            [sys.executable, "-m", "pytest", *plugins, "-rEfp", "--basetemp", str(folder / "temporary"), place],
            cwd=folder,
            env=kept | {"PYTHONPATH": str(tree.ROOT / "tests")},
            capture_output=True,
            text=True,
            check=False,
        )
    return run.stdout


@pytest.mark.parametrize("way", [way for way in _WAYS if way != "clean"])
def test_a_secret_that_comes_out_fails_the_test_in_which_it_does(way: str, printed: str) -> None:
    assert re.search(rf"^(FAILED|ERROR) test_it\.py::test_{way}( |$)", printed, re.MULTILINE), printed


def test_the_failure_says_what_came_out_and_where(printed: str) -> None:
    assert "a planted secret came out" in printed
    assert "db.jsonl" in printed
    assert "the lab's dynamodb GetItem" in printed


def test_a_test_in_which_nothing_comes_out_passes(printed: str) -> None:
    assert re.search(r"^PASSED test_it\.py::test_clean$", printed, re.MULTILINE)
    assert not re.search(r"^(FAILED|ERROR) test_it\.py::test_clean", printed, re.MULTILINE)


def test_the_installed_command_is_started_where_its_output_is_looked_through() -> None:
    """Through ``support.command``, or in one of these files."""
    found = {
        name
        for name in tree.python("tests")
        if name != "tests/support/command.py"
        and re.search(r"\bCOMMAND\b.*(?:import|=)|import.*\bCOMMAND\b", tree.text(name))
    }
    assert found == set(_ELSEWHERE)
