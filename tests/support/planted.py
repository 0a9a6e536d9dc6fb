"""Secrets planted wherever the code under test could meet one: nothing that a test prints, writes or sends has one.

Every process that a test starts inherits ``DATABASE_PASSWORD``; the command, the function and every client of the lab
get a secret key and a session token. At the end of each test the plugin looks through what pytest captured, the files
in the test's own folders, and what the labs were asked; ``heard`` is for what a test reads by itself.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import pytest

if TYPE_CHECKING:
    from toolkit.lab import Control

# Letters only, so that no escape (JSON, URL, shell, repr) can write them differently.
MARK: Final = "PlantedSecret"
SECRET_KEY: Final = f"{MARK}KeyOfTheAccount"
SESSION: Final = f"{MARK}SessionToken"
PASSWORD: Final = f"{MARK}PasswordOfTheDatabase"
QUERY: Final = f"{MARK}InTheQueryOfAProbe"

ENVIRONMENT: Final[Mapping[str, str]] = {"DATABASE_PASSWORD": PASSWORD}
CREDENTIALS: Final[Mapping[str, str]] = {"AWS_SECRET_ACCESS_KEY": SECRET_KEY, "AWS_SESSION_TOKEN": SESSION}

_MARK: Final = MARK.encode()
_AROUND: Final = 60
_LARGEST_BYTES: Final = 4 << 20
_found: list[str] = []
_own: set[Path] = set()
_seen: dict[Path, tuple[int, int]] = {}


def heard(where: str, said: str | bytes) -> None:
    """Look through something that was said; a secret in it fails the test that is running."""
    raw = said.encode("utf-8", "replace") if isinstance(said, str) else said
    at = raw.find(_MARK)
    if at >= 0:
        excerpt = raw[max(0, at - _AROUND) : at + _AROUND].decode("utf-8", "replace")
        _found.append(f"{where}: …{excerpt!r}…")


def asked(calls: Iterable[Mapping[str, Any]]) -> None:
    """Look through everything that a lab was asked: leases, journals, messages to people, names of clients."""
    for call in calls:
        heard(f"the lab's {call['service']} {call['action']}", json.dumps(call, default=str))
        for packed in _packed(call["params"]):
            heard(f"what is packed in {call['action']}", packed)


def taken() -> list[str]:
    """What was found since the last call, which is then dealt with."""
    leaks, _found[:] = list(_found), []
    return leaks


def own(file: Path) -> None:
    """A file that a test wrote a secret into itself: a configuration, say."""
    _own.add(file.resolve())


def read(where: str, said: str) -> None:
    """The same for what people or programs read of the product: nothing in it may steer a terminal either."""
    heard(where, said)
    steering = sorted({each for each in said if each != "\n" and not each.isprintable()})
    if steering:
        _found.append(f"{where} has what a terminal obeys: {steering}")


class Program(subprocess.Popen[str]):
    """The command, whose whole output is looked through when it is collected."""

    def communicate(self, input: str | None = None, timeout: float | None = None) -> tuple[str, str]:  # noqa: A002
        out, err = super().communicate(input, timeout)
        for name, text in (("stdout", out), ("stderr", err)):
            read(f"{name} of {self.args!r}", text or "")
        return out, err

    def lines(self, stream: Literal["stdout", "stderr"]) -> Iterator[str]:
        """What it says there, line by line, as it says it."""
        for line in getattr(self, stream) or ():
            read(f"{stream} of {self.args!r}", line)
            yield line


class Plugin:
    """Fails a test in which a secret came out somewhere."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        for name, text in report.sections:
            heard(name, text)
        values = list(getattr(item, "funcargs", {}).values())
        if report.when == "call":
            for lab in _labs(values):
                _look_at_calls(lab)
        elif report.when == "teardown":
            for folder in {value for value in values if isinstance(value, Path) and value.is_dir()}:
                _look_into(folder)
        leaks = taken()
        if leaks:
            report.outcome = "failed"
            report.longrepr = "\n".join(("a planted secret came out:", *leaks))
        return report


def install(config: pytest.Config) -> None:
    """Plant what every process inherits, and look from now on."""
    os.environ.update(ENVIRONMENT)
    config.pluginmanager.register(Plugin(), "planted")


def _labs(values: list[object]) -> Iterator[Control]:
    """The labs that the test was given; the module is not imported for those who never had one."""
    module = sys.modules.get("toolkit.lab.lab")
    if module is not None:
        yield from (value for value in values if isinstance(value, module.Control))


def _look_at_calls(lab: Control) -> None:
    from toolkit.lab.lab import LabError  # noqa: PLC0415 - loaded already where there is a lab

    with contextlib.suppress(LabError):  # the test ended it
        asked(lab.request("GET", "calls"))


def _packed(params: object) -> Iterator[bytes]:
    """The unpacked bytes of every binary attribute: long entries of the journal are compressed."""
    if isinstance(params, dict):
        for name, value in params.items():
            if name == "B" and isinstance(value, str):
                raw = base64.b64decode(value)
                try:
                    yield zlib.decompressobj().decompress(raw)
                except zlib.error:  # a later part of a write
                    yield raw
            else:
                yield from _packed(value)
    elif isinstance(params, list):
        for value in params:
            yield from _packed(value)


def _look_into(folder: Path) -> None:
    """Every file that is new or has changed since it was looked at last."""
    for place, _, names in os.walk(folder):
        for path in (Path(place, name) for name in names):
            if path.is_symlink() or not path.is_file() or path.resolve() in _own:
                continue
            info = path.stat()
            if info.st_size > _LARGEST_BYTES or _seen.get(path) == (info.st_mtime_ns, info.st_size):
                continue
            _seen[path] = (info.st_mtime_ns, info.st_size)
            heard(str(path), path.read_bytes())
