"""What systemd is told, as datagrams on its socket (sd_notify(3)); nothing where systemd did not start us."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_MICROSECONDS: Final = 1e6


class Systemd:
    """``Supervisor`` from the environment that systemd gives a service of ``Type=notify``."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        path = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + path[1:] if path.startswith("@") else path
        ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = environ.get("WATCHDOG_USEC", "")
        self._beat = int(microseconds) / _MICROSECONDS if ours and microseconds.isdigit() else float("inf")

    @property
    def beat_seconds(self) -> float:
        return self._beat

    def tell(self, *words: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.sendto("\n".join(words).encode(), self._address)
