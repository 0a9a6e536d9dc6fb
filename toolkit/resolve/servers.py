"""Where a name server is, from what people write."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import Final

from toolkit.domain.errors import UsageError

DNS_PORT: Final = 53
_MOST_PORT: Final = 65535


@dataclass(frozen=True, slots=True)
class Server:
    """A name server's literal address and port; ``text`` is what the user wrote."""

    text: str
    address: str
    port: int

    @property
    def family(self) -> socket.AddressFamily:
        return socket.AF_INET6 if ":" in self.address else socket.AF_INET


def server(text: str) -> Server:
    """``host``, ``host:port``, ``[v6]:port`` or a bare IPv6 literal; raises UsageError on anything else.

    A host's name is looked up with the system's own resolver.
    """
    host, port = _split(text)
    try:
        return Server(text, str(ipaddress.ip_address(host)), port)
    except ValueError:
        pass
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        raise UsageError(f"the resolver {text!r} has no address here; write its IP address, or host:port") from error
    return Server(text, str(rows[0][4][0]), port)


def _split(text: str) -> tuple[str, int]:
    host, separator, port = text.rpartition(":")
    if not separator or text.endswith("]") or (":" in host and not host.startswith("[")):
        return text.strip("[]"), DNS_PORT
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) <= _MOST_PORT:
        raise UsageError(f"{text!r} is no resolver; write its IP address, or host:port")
    return host.strip("[]"), int(port)
