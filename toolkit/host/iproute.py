"""This machine as the program ``ip`` of iproute2 shows and changes it, by its JSON output."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from toolkit.domain.errors import ExitCode, FailoverError
from toolkit.domain.guest import Guest, Link, PolicyRule, TableRoute
from toolkit.host.announcing import announce
from toolkit.host.changes import PROTOCOL, TABLES

if TYPE_CHECKING:
    from toolkit.domain.guest import Change

_LIMIT_SECONDS: Final = 10.0
_OTHERS_WRITE: Final = 0o022
_FAMILIES: Final = ("-4", "-6")
# Programs for the administrator live where an ordinary PATH, or cron's, does not look.
_SEARCH: Final = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))


class HostError(FailoverError):
    """The machine refused a change, or could not be asked."""

    exit_code: ClassVar[ExitCode] = ExitCode.INCOMPLETE


class HostSilent(HostError):
    """The machine did not tell in time whether it did what it was asked for."""


class IpHost:
    """``ports.Host``; raises HostError.

    ``record`` is the file that remembers what was added: it must not outlive a boot, as addresses don't.
    ``namespace`` is a network namespace (``ip netns``) to work in, None for the machine's own.
    """

    def __init__(self, record: Path, *, namespace: str | None = None) -> None:
        self._record = record
        self._namespace = namespace
        program = shutil.which("ip", path=_SEARCH)
        if program is None:
            raise HostError("the program ip is not installed: install iproute2")
        self._program = [program, *(["-n", namespace] if namespace else [])]

    def guest(self) -> Guest:
        rows = self._json("addr", "show")
        addresses = frozenset(
            (str(row["ifname"]), str(entry["local"]), int(entry["prefixlen"]))
            for row in rows
            for entry in row.get("addr_info", ())
            if "local" in entry
        )
        return Guest(
            links=tuple(Link(str(row["ifname"]), str(row.get("address", "")), "UP" in row["flags"]) for row in rows),
            addresses=addresses,
            rules=frozenset(
                _rule(row)
                for family in _FAMILIES
                for row in self._json(family, "rule", "show")
                if row.get("priority") in TABLES
            ),
            routes=frozenset(
                _route(row)
                for family in _FAMILIES
                for row in self._json(family, "route", "show", "table", "all", "proto", PROTOCOL)
                if _number(row.get("table")) in TABLES
            ),
            routers={
                str(row["dev"]): str(row["gateway"])
                for row in self._json("-6", "route", "show", "default")
                if "gateway" in row and "dev" in row
            },
        )

    def change(self, change: Change) -> None:
        self._run(*change.arguments)

    def owned(self) -> frozenset[str]:
        try:
            with self._record.open("rb") as file:
                _check_private(self._record, os.fstat(file.fileno()))
                return frozenset(map(str, json.load(file)))
        except FileNotFoundError:
            return frozenset()
        except (OSError, ValueError, TypeError) as error:
            raise HostError(
                f"{self._record} can't be read: {error}; remove it, and look at `ip addr` by hand"
            ) from error

    def own(self, addresses: frozenset[str]) -> None:
        fresh = self._record.with_suffix(".new")
        try:
            self._record.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _check_private(self._record.parent, self._record.parent.stat())
            fresh.unlink(missing_ok=True)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(sorted(addresses), file)
            fresh.replace(self._record)
        except OSError as error:
            raise HostError(f"{self._record} can't be written: {error}") from error

    def announce(self, device: str, address: str) -> None:
        if self._namespace is None:
            with suppress(OSError):
                announce(device, address)

    def _json(self, *arguments: str) -> list[dict[str, Any]]:
        text = self._run("-j", *arguments)
        rows: list[dict[str, Any]] = json.loads(text or "[]")
        return rows

    def _run(self, *arguments: str) -> str:
        words = [*self._program, *arguments]
        try:
            ended = subprocess.run(words, capture_output=True, text=True, timeout=_LIMIT_SECONDS, check=False)  # noqa: S603 - no shell, our own words
        except subprocess.TimeoutExpired as error:
            raise HostSilent(f"{' '.join(words)}: no end within {_LIMIT_SECONDS:.0f} s") from error
        except OSError as error:
            raise HostError(f"{' '.join(words)}: {error}") from error
        if ended.returncode:
            why = " ".join(ended.stderr.split()) or f"exit code {ended.returncode}"
            raise HostError(f"{' '.join(words)}: {why}")
        return ended.stdout


def _check_private(path: Path, info: os.stat_result) -> None:
    """Whoever writes the record decides which addresses root takes off this machine; raises HostError."""
    if info.st_mode & _OTHERS_WRITE or info.st_uid not in {0, os.geteuid()}:
        raise HostError(
            f"{path}: other users can write there; chmod go-w {path}, or choose another place for the record"
        )


def _rule(row: dict[str, Any]) -> PolicyRule:
    return PolicyRule(int(row["priority"]), str(row["src"]), _number(row.get("table")))


def _route(row: dict[str, Any]) -> TableRoute:
    return TableRoute(_number(row.get("table")), str(row["dst"]), str(row.get("dev", "")), row.get("gateway"))


def _number(table: object) -> int:
    """A table's number, 0 for one that goes by a name: none of ours."""
    return int(str(table)) if str(table).isdigit() else 0
