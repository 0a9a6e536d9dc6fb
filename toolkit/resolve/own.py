"""What this machine itself makes of a name, as its programs see it, and why that may differ from DNS."""

from __future__ import annotations

import queue
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

Lookup = Callable[[str], Sequence[str]]

_LOCAL_STUB: Final = ("127.0.0.53", "127.0.0.54")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something on this machine that stands between programs and DNS, and what to do about it."""

    cause: str
    remedy: str


@dataclass(frozen=True, slots=True)
class OwnView:
    """The addresses that ``getaddrinfo`` gives here, or its problem, and what stands in the way."""

    name: str
    addresses: tuple[str, ...]
    problem: str | None = None
    findings: tuple[Finding, ...] = ()

    def differs(self, dns: Iterable[str]) -> bool:
        """Whether programs here get an address that DNS does not give, or none of them."""
        given = set(dns)
        return not self.addresses or not set(self.addresses) <= given

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "addresses": list(self.addresses),
            "problem": self.problem,
            "findings": [{"cause": finding.cause, "remedy": finding.remedy} for finding in self.findings],
        }


@dataclass(frozen=True, slots=True)
class Machine:
    """Where this machine keeps what it believes of names."""

    hosts: Path = Path("/etc/hosts")
    nsswitch: Path = Path("/etc/nsswitch.conf")
    resolv: Path = Path("/etc/resolv.conf")
    nscd: Path = Path("/run/nscd/socket")
    platform: str = field(default=sys.platform)


def getaddrinfo(name: str) -> tuple[str, ...]:
    """All addresses of a name by the system's resolver; raises OSError."""
    rows = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(row[4][0]) for row in rows))


def own_view(
    name: str, *, machine: Machine | None = None, lookup: Lookup = getaddrinfo, timeout_seconds: float = 5.0
) -> OwnView:
    """What programs on this machine get for the name now; given up after the time limit, as they would not be."""
    addresses, problem = _within(lookup, name, timeout_seconds)
    return OwnView(name, addresses, problem, tuple(_findings(name, machine or Machine())))


def _within(lookup: Lookup, name: str, timeout_seconds: float) -> tuple[tuple[str, ...], str | None]:
    """In a thread of its own, because the system's lookup takes no time limit."""
    told: queue.Queue[tuple[tuple[str, ...], str | None]] = queue.Queue()

    def ask() -> None:
        try:
            told.put((tuple(lookup(name)), None))
        except (OSError, UnicodeError) as error:
            told.put(((), f"finds no address: {error}"))

    threading.Thread(target=ask, name=f"getaddrinfo {name}", daemon=True).start()
    try:
        return told.get(timeout=timeout_seconds)
    except queue.Empty:
        return (), f"finds no address within {timeout_seconds:g} s"


def _findings(name: str, machine: Machine) -> Iterable[Finding]:
    in_hosts = [line for line in _lines(machine.hosts) if name.lower() in [word.lower() for word in line.split()[1:]]]
    if in_hosts:
        yield Finding(
            f"{machine.hosts} has the name: {in_hosts[0]}", f"remove that line (`sed -i '/{name}/d' {machine.hosts}`)"
        )
    order = next((line for line in _lines(machine.nsswitch) if line.startswith("hosts:")), "")
    if order and "dns" not in order.split() and "resolve" not in order.split():
        yield Finding(f"{machine.nsswitch} asks no DNS: {order}", "add `dns` to its line `hosts:`")
    if machine.nscd.exists():
        yield Finding("nscd keeps answers for its positive-time-to-live, not the record's TTL", "`nscd -i hosts`")
    servers = [line.split()[1] for line in _lines(machine.resolv) if line.startswith("nameserver") and " " in line]
    if any(server in _LOCAL_STUB for server in servers):
        yield Finding(
            "systemd-resolved stands between and caches", "`resolvectl flush-caches`; `resolvectl query NAME`"
        )
    if len(servers) > 1:
        yield Finding(
            f"{machine.resolv} has {len(servers)} name servers ({', '.join(servers)}): programs may get any one's view",
            "leave those of one view only",
        )
    if machine.platform == "darwin":
        yield Finding("macOS caches names", "`sudo dscacheutil -flushcache; sudo killall -HUP mDNSResponder`")


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return [" ".join(line.partition("#")[0].split()) for line in text.splitlines() if line.partition("#")[0].strip()]
