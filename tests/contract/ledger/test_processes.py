"""Whether the owner of a lease is provably gone from this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from toolkit.journal.process import Process, still_alive

HERE = Process.current()
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux proves when a process began")


def test_this_process_is_alive() -> None:
    assert still_alive(HERE.owner("run-1"))


def test_a_name_can_be_read_back() -> None:
    assert Process.of(HERE.owner("run-1")) == HERE


@LINUX
def test_a_process_that_has_ended_is_gone() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        there = replace(HERE, pid=child.pid, started=_start_of(child.pid))
        assert still_alive(there.owner("run-1"))
        child.kill()
    assert not still_alive(there.owner("run-1"))


@LINUX
def test_a_process_that_has_ended_but_was_not_fetched_is_gone_too() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        there = replace(HERE, pid=child.pid, started=_start_of(child.pid))
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not still_alive(there.owner("run-1"))


@LINUX
def test_another_process_with_the_same_number_is_not_the_owner() -> None:
    assert not still_alive(replace(HERE, started=str(int(HERE.started) - 1)).owner("run-1"))


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(HERE, host="other", pid=1),
        replace(HERE, machine="other-boot.1", pid=1),
        replace(HERE, machine="", pid=1),
    ],
    ids=["host", "boot", "unknown"],
)
def test_of_a_process_on_another_machine_nothing_can_be_proven(elsewhere: Process) -> None:
    gone = replace(elsewhere, pid=2**22 + 1)
    assert still_alive(gone.owner("run-1"))


@pytest.mark.parametrize("owner", ["", "a", "somebody/else", "a/b/c/d/e"])
def test_of_an_owner_with_a_name_of_another_make_nothing_can_be_proven(owner: str) -> None:
    assert still_alive(owner)


def test_in_lambda_nobody_is_declared_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "failover")
    there = Process.current()
    assert there.machine == ""
    assert still_alive(replace(there, pid=2**22 + 1).owner("run-1"))
    assert still_alive(replace(HERE, pid=2**22 + 1).owner("run-1"))


def _start_of(pid: int) -> str:
    """Field 22 of proc(5), counted from the state, which is field 3."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
