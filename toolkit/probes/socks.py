"""The client's side of SOCKS5 CONNECT without authentication (RFC 1928)."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import socket
import struct
from typing import Final
from urllib.parse import urlsplit

from toolkit.probes.result import Failed, NotMade

_VERSION: Final = 5
_ADDRESS_BYTES: Final = {1: 4, 4: 16}
_BY_REPLY: Final = {3: errno.EHOSTUNREACH, 4: errno.EHOSTUNREACH, 5: errno.ECONNREFUSED, 6: errno.EHOSTUNREACH}
_FORBIDDEN: Final = 2


def proxy(url: str) -> tuple[str, int]:
    """Host and port of ``socks5://host:port``; raises NotMade on anything else."""
    parts = urlsplit(url)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if parts.scheme not in {"socks5", "socks5h"} or not host or not port:
        raise NotMade(f"{url} is no SOCKS5 proxy: write socks5://host:port")
    return host, port


def _destination(host: str, port: int) -> bytes:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.encode("idna")
        return bytes([3, len(name)]) + name + struct.pack(">H", port)
    return bytes([1 if address.version == 4 else 4]) + address.packed + struct.pack(">H", port)  # noqa: PLR2004 - IP versions


async def _exactly(sock: socket.socket, count: int) -> bytes:
    loop, data = asyncio.get_running_loop(), b""
    while len(data) < count:
        more = await loop.sock_recv(sock, count - len(data))
        if not more:
            raise NotMade("the proxy closed the connection")
        data += more
    return data


async def handshake(sock: socket.socket, host: str, port: int) -> None:
    """Have the proxy behind a connected socket connect on to the target; raises what a direct connect would."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(sock, bytes([_VERSION, 1, 0]))
    if await _exactly(sock, 2) != bytes([_VERSION, 0]):
        raise NotMade("the proxy asks for a login, or does not speak SOCKS5")
    await loop.sock_sendall(sock, bytes([_VERSION, 1, 0]) + _destination(host, port))
    _, reply, _, kind = await _exactly(sock, 4)
    if reply == _FORBIDDEN:
        raise NotMade("the proxy's rules forbid this target")
    if reply in _BY_REPLY:
        raise OSError(_BY_REPLY[reply], os.strerror(_BY_REPLY[reply]))
    if reply:
        raise Failed("the proxy could not connect")
    length = _ADDRESS_BYTES.get(kind) or (await _exactly(sock, 1))[0]
    await _exactly(sock, length + 2)
