"""Which files start the watcher, the agent and the reclaim with the machine, and how they are written."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from toolkit.domain.errors import UsageError
from toolkit.domain.group import CommandProbe, HttpProbe, TcpProbe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from toolkit.domain.group import Group

UNITS: Final = "etc/systemd/system"
CRONTAB: Final = "etc/cron.d/failover"
STATE: Final = "/var/lib/failover"
_TEMPORARY: Final = ("/tmp", "/var/tmp")  # noqa: S108 - named so that nothing is put there
_NOT_IN_UNITS: Final = frozenset("\"'\\$%;\n\t ")


class Service(StrEnum):
    """What can start with a machine; its value is the command."""

    WATCH = "watch"
    AGENT = "agent"
    RECLAIM = "reclaim"


@dataclass(frozen=True, slots=True)
class Written:
    """A file below the root of a file system, and its whole text."""

    path: str
    text: str
    mode: int = 0o644


class Fate(StrEnum):
    """What became of a file."""

    WRITTEN = "written"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


def units(services: Sequence[Service], *, command: str, config: str, state: str = STATE) -> tuple[Written, ...]:
    """One systemd unit for each service; raises UsageError for paths that a unit can't take.

    ``state`` is the folder of lease and journal where they are files: all else is read-only for the services.
    """
    for path in (command, config, state):
        _plain(path)
    if any(PurePosixPath(state).is_relative_to(folder) for folder in _TEMPORARY):
        raise UsageError(
            f"{state}: each service has a temporary folder of its own; put the state elsewhere, as {STATE}"
        )
    found: list[Written] = []
    for service in services:
        name = f"failover-{service}.service"
        text = _text(name).replace("@COMMAND@", command).replace("@CONFIG@", config)
        text = text.replace("@STATE@", STATE if _made_by_systemd(state) else state)
        found.append(Written(f"{UNITS}/{name}", text))
    return tuple(found)


def crontab(services: Sequence[Service], *, command: str, config: str) -> tuple[Written, ...]:
    """One file for cron with a line for each service, as root and with its words in the system's log."""
    for path in (command, config):
        _plain(path)
    lines = [
        f"@reboot root {command} {service} --config {config} 2>&1 | logger -t failover-{service}"
        for service in services
    ]
    return (Written(CRONTAB, _text("crontab") + "\n".join(lines) + "\n"),)


def write(root: Path, wanted: Sequence[Written], *, dry_run: bool) -> dict[str, Fate]:
    """Bring the files about, each at once or not at all; what became (or would become) of each, by its path."""
    fates: dict[str, Fate] = {}
    for each in wanted:
        path = root / each.path
        before = path.read_text(encoding="utf-8") if path.exists() else None
        fates[str(path)] = _fate(before, each.text)
        if before == each.text or dry_run:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_text(each.text, encoding="utf-8")
        fresh.chmod(each.mode)
        fresh.replace(path)
    return fates


def next_steps(wanted: Sequence[Written], *, state: str = STATE) -> tuple[str, ...]:
    """What a person runs to start them now; systemd itself makes no other folder for the state than its default."""
    names = [each.path.rpartition("/")[2] for each in wanted if each.path.endswith(".service")]
    if not names:
        return ()
    folder = () if _made_by_systemd(state) else (f"install -d -m 700 {state}",)
    return (*folder, "systemctl daemon-reload", f"systemctl enable --now {' '.join(names)}")


def first_looks(groups: Sequence[Group], services: Sequence[Service], *, config: str) -> tuple[str, ...]:
    """The looks to take before what judges nodes by its own eyes is started: those eyes may be shut out.

    A node reaches itself past every security group. Where one keeps it from the others, each boot would show
    it a dead holder and a healthy self, while anchors answer; only other observers can tell, or a person.
    """
    if not {Service.WATCH, Service.RECLAIM} & set(services):
        return ()
    why = "every node must be healthy as seen from here: a security group between them makes a holder look dead"
    alone = [group for group in groups if group.health.quorum is None]
    return tuple(
        f"failover explain --config {config} --group {group.name}  # {why}"
        for group in alone
        if any(isinstance(probe, TcpProbe | HttpProbe | CommandProbe) for probe in group.health.probes)
    )


def _made_by_systemd(state: str) -> bool:
    return PurePosixPath(state).is_relative_to(STATE)


def _fate(before: str | None, text: str) -> Fate:
    if before is None:
        return Fate.WRITTEN
    return Fate.UNCHANGED if before == text else Fate.CHANGED


def _text(name: str) -> str:
    return files("toolkit.host").joinpath("units", name).read_text(encoding="utf-8")


def _plain(path: str) -> None:
    if not path.startswith("/") or _NOT_IN_UNITS & set(path):
        raise UsageError(f"{path!r} can't stand in a unit or a crontab: use an absolute path without blanks and quotes")
