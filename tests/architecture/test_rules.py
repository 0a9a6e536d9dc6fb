"""The rules in conftest can fail a run: each is shown on a small test file of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from support import needs, skips, tree
from support.loopback import LeftTheMachineError

_SKIPPING: Final = "import pytest\n\ndef test_a():\n    pytest.skip('no such server here')\n"
_SKIPPED_FILE: Final = "import pytest\n\npytest.skip('not today', allow_module_level=True)\n"
_EXPECTED_FAILURE: Final = "import pytest\n\n@pytest.mark.xfail\ndef test_a():\n    assert False\n"
_SERVER: Final = "import pytest\n\n@pytest.mark.server('no-such-dnsd')\ndef test_a():\n    pass\n"
_ENVIRONMENT: Final = "import os\n\ndef test_a():\n    assert 'AWS_PROFILE' not in os.environ\n"
# What coverage does to threads, with threads that start others at the same moments.
_TRACED_THREADS: Final = """
import sys, threading

def test_a():
    born, lived = [], []

    def start_others():
        for _ in range(500):
            each = threading.Thread(target=lived.append, args=(1,))
            each.start()
            born.append(each)

    sys.setswitchinterval(1e-6)
    threading.settrace(lambda *_: None)
    starters = [threading.Thread(target=start_others) for _ in range(4)]
    for each in starters:
        each.start()
    for each in (*starters, *born):
        each.join()
    assert len(lived) == 4 * 500
"""


def _run(folder: Path, test: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The suite's own conftest over one test file, in a fresh process."""
    shutil.copy(tree.ROOT / "tests/conftest.py", folder / "conftest.py")
    (folder / "test_it.py").write_text(test)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    server\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CI", "PYTEST_", "COV"))}
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-ra",
            "-p",
            "no:randomly",
            "-p",
            "no:xdist",
            "-p",
            "no:cacheprovider",
            str(folder),
        ],
        cwd=folder,
        env=kept | {"PYTHONPATH": str(tree.ROOT / "tests")} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("test", [_SKIPPING, _SKIPPED_FILE, _EXPECTED_FAILURE, _SERVER])
def test_a_skip_in_ci_fails_the_run(test: str, tmp_path: Path) -> None:
    run = _run(tmp_path, test, CI="true")
    assert run.returncode in {1, 2}
    assert "not on the list in tests/support/skips.py" in run.stdout


def test_a_skip_elsewhere_says_what_is_missing(tmp_path: Path) -> None:
    run = _run(tmp_path, _SERVER)
    assert run.returncode == 0
    assert "needs the program no-such-dnsd" in run.stdout


def test_settings_of_the_caller_do_not_reach_a_test(tmp_path: Path) -> None:
    assert _run(tmp_path, _ENVIRONMENT, AWS_PROFILE="production").returncode == 0


def test_a_listed_test_may_be_skipped_in_ci() -> None:
    assert skips.refusal("tests/x.py::test_a[1]", "why", allowed={"tests/x.py::test_a": "macOS only"}) is None


def test_a_missing_program_is_named_with_its_package() -> None:
    assert needs.missing_programs(["sh"]) == []
    assert needs.missing_programs(["no-such-program"]) == ["the program no-such-program"]


@pytest.mark.parametrize(
    "reach",
    [
        lambda outside: outside.connect(("192.0.2.1", 80)),
        lambda outside: outside.connect_ex(("192.0.2.1", 80)),
        lambda outside: outside.sendto(b"", ("192.0.2.1", 53)),
        lambda outside: outside.sendto(b"", 0, ("192.0.2.1", 53)),
        lambda outside: outside.sendmsg([b""], [], 0, ("192.0.2.1", 53)),
    ],
)
def test_a_test_cannot_reach_another_machine(reach: Callable[[socket.socket], object]) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as outside, pytest.raises(LeftTheMachineError, match=r"192\.0\.2\.1"):
        reach(outside)


def test_a_test_cannot_ask_for_a_name_of_the_world() -> None:
    with pytest.raises(LeftTheMachineError, match=r"aws\.example\.com"):
        socket.getaddrinfo("aws.example.com", 443)


def test_under_coverage_each_thread_of_a_test_lives(tmp_path: Path) -> None:
    assert _run(tmp_path, _TRACED_THREADS).returncode == 0
