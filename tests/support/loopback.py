"""Keeps the test process on this machine: any other address is a fault of the test, not a skipped packet."""

from __future__ import annotations

import functools
import ipaddress
import socket
from collections.abc import Callable
from typing import Any, Final

_NAMES: Final = frozenset({"", "localhost", "localhost.localdomain"})
# Each method of a socket that may name an address, and the argument that is it (``self`` is the first).
_ADDRESS_AT: Final = {"connect": 1, "connect_ex": 1, "sendto": -1, "sendmsg": 4}


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


def install() -> None:
    """Guard this process until it ends: the fault comes before a name is asked for or a packet leaves.

    An audit hook would see as much. But while one that is written in Python runs, CPython 3.11 lets no other thread set
    its trace function, and under coverage a thread that starts at that moment dies before its first line.
    """
    for name, at in _ADDRESS_AT.items():
        setattr(socket.socket, name, _guarded_method(getattr(socket.socket, name), at))
    socket.getaddrinfo = _guarded_lookup(socket.getaddrinfo)


def _guarded_method(method: Callable[..., Any], at: int) -> Callable[..., Any]:
    @functools.wraps(method)
    def guarded(*arguments: Any) -> Any:
        address = arguments[at] if at < len(arguments) else None
        if isinstance(address, tuple) and address:  # a Unix socket's is a path
            _refuse_outside(address[0], method.__name__)
        return method(*arguments)

    return guarded


def _guarded_lookup(getaddrinfo: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(getaddrinfo)
    def guarded(host: Any, *arguments: Any, **named: Any) -> Any:
        _refuse_outside(host, getaddrinfo.__name__)
        return getaddrinfo(host, *arguments, **named)

    return guarded


def _refuse_outside(host: object, call: str) -> None:
    if not is_local(host):
        message = f"a test tried to reach {host!r} ({call}): tests talk to loopback only"
        raise LeftTheMachineError(message)
