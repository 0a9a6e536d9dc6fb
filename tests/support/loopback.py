"""Keeps the test process on this machine: any other address is a fault of the test, not a skipped packet."""

from __future__ import annotations

import ipaddress
import sys
from typing import Final

_NAMES: Final = frozenset({"", "localhost", "localhost.localdomain"})
_ADDRESS_EVENTS: Final = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})


class LeftTheMachineError(Exception):
    """Code under test tried to reach an address that is not loopback."""


def is_local(host: object) -> bool:
    """Whether a host, as a socket call takes it, stays on this machine."""
    if host is None:
        return True
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if name in _NAMES or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def refuse_outside(event: str, arguments: tuple[object, ...]) -> None:
    """Audit hook: raises ``LeftTheMachineError`` before a name is asked for or a packet leaves."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in _ADDRESS_EVENTS and isinstance(arguments[1], tuple) and arguments[1]:
        host = arguments[1][0]
    else:
        return
    if not is_local(host):
        message = f"a test tried to reach {host!r} ({event}): tests talk to loopback only"
        raise LeftTheMachineError(message)


def install() -> None:
    """Guard this process until it ends; Python has no way to take an audit hook back."""
    sys.addaudithook(refuse_outside)
