"""Who runs: names a process so that another on the same machine can tell when it is gone for good."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_PROC = Path("/proc")
# The start time is the 22nd field of /proc/PID/stat, the 20th after the command's name (proc(5)).
_START_FIELD = 19


@dataclass(frozen=True, slots=True)
class Process:
    """A process of a machine.

    ``machine`` holds what must be equal for process ids to mean the same: the boot and the process namespace;
    empty where that can't be told, and then nobody is ever declared gone.
    """

    host: str
    machine: str
    pid: int
    started: str

    @classmethod
    def current(cls) -> Self:
        """This process."""
        return cls(_short(socket.gethostname()), _machine(), os.getpid(), _started(os.getpid()) or "")

    @classmethod
    def of(cls, owner: str) -> Self | None:
        """The process in an owner's name, None when it is not one of ours."""
        parts = owner.split("/")
        if len(parts) < 4 or not parts[2].isdigit():  # noqa: PLR2004 - host, machine, pid, start
            return None
        return cls(parts[0], parts[1], int(parts[2]), parts[3])

    def owner(self, run: str) -> str:
        """The name under which a run of this process holds leases."""
        return f"{self.host}/{self.machine}/{self.pid}/{self.started}/{run}"


def still_alive(owner: str) -> bool:
    """False only when the owner is a process of this very machine, and of this boot, that has ended."""
    process, here = Process.of(owner), Process.current()
    if process is None or not here.machine or process.machine != here.machine or process.host != here.host:
        return True
    return _exists(process.pid) and _started(process.pid) in {None, process.started}


def _machine() -> str:
    """The boot and the process namespace, empty where they prove nothing.

    Lambda's sandboxes are copies of one booted image: two of them may well have the same of both.
    """
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        return ""
    with suppress(OSError):
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        namespace = "".join(filter(str.isdigit, (_PROC / "self/ns/pid").readlink().name))
        return f"{boot}.{namespace}"
    return ""


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _started(pid: int) -> str | None:
    """When a process began, in ticks since the boot; ``ended`` for its remains, None when that is not shown."""
    with suppress(OSError, IndexError):
        state, *fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        return "ended" if state in {"Z", "X"} else fields[_START_FIELD - 1]
    return None


def _short(host: str) -> str:
    return host.partition(".")[0].replace("/", "-") or "localhost"
