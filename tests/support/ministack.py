"""ministack, an AWS emulator that is not ours, in an environment of its own (``.ci/ministack`` makes it)."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

FOLDER: Final = Path(sys.executable).parent.parent / "ministack" / "bin"
PATIENCE_SECONDS: Final = 60.0


def program(name: str) -> str:
    """A program of that environment; skips the test where there is none."""
    if not (FOLDER / "ministack").exists():
        pytest.skip("needs ministack in an environment of its own: run .ci/ministack")
    return str(FOLDER / name)


def until(question: Callable[[], bool], what: str) -> None:
    """Ask until it is so; fail with what was waited for."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not question():
        assert time.monotonic() < ends, what
        time.sleep(0.05)


@contextmanager
def running(folder: Path, *, account: str, **settings: str) -> Iterator[str]:
    """The address of an emulator that is gone at the end; its files are in the folder."""
    command, port = [program("ministack")], _free_port()
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    own = {"GATEWAY_PORT": str(port), "MINISTACK_HOST": "127.0.0.1", "MINISTACK_ACCOUNT_ID": account}
    environment = {**kept, **own, "HOME": str(folder), **settings}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
        try:
            until(lambda: process.poll() is not None or _answers(port), "ministack answers")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
