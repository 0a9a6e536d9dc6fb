"""What a marked test needs beyond Python, and the exact words for what is missing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from typing import Final

# The Debian package of each program; .ci/system-packages.txt installs them in CI.
PACKAGES: Final = {
    "dnsmasq": "dnsmasq-base",
    "gcc": "gcc",
    "ip": "iproute2",
    "named": "bind9",
    "spin": "spin",
    "systemd-analyze": "systemd",
    "unbound": "unbound",
}

# Servers live where an ordinary user's PATH does not look.
_SEARCH: Final = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))


def missing_programs(programs: Iterable[str]) -> list[str]:
    """Each program that is not installed, with the Debian package that has it."""
    return [
        f"the program {program}" + (f" (Debian package {PACKAGES[program]})" if program in PACKAGES else "")
        for program in programs
        if shutil.which(program, path=_SEARCH) is None
    ]


def missing_for(mark: str, programs: Iterable[str] = ()) -> list[str]:
    """What the mark ``root``, ``server`` or ``terraform`` asks for and this machine lacks."""
    match mark:
        case "root":
            return ([] if os.geteuid() == 0 else ["root, for network namespaces"]) + missing_programs(["ip"])
        case "server":
            return missing_programs(programs)
        case "terraform":
            return missing_programs(["terraform"])
        case _:
            return []
