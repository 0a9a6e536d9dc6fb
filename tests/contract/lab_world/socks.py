"""A SOCKS5 caller of the tests' own, so that the proxy is not judged by the product's client."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

TIMEOUT_SECONDS = 5.0


def _encoded(host: str) -> bytes:
    try:
        address = ip_address(host)
    except ValueError:
        return b"\3" + bytes([len(host)]) + host.encode()
    return (b"\1" if address.version == 4 else b"\4") + address.packed


@contextmanager
def connected(proxy: str, host: str, *, port: int) -> Iterator[tuple[int, socket.socket]]:
    """A connection through the proxy, and the proxy's reply code; 0 is success."""
    name, _, number = proxy.partition(":")
    with socket.create_connection((name, int(number)), TIMEOUT_SECONDS) as caller:
        caller.sendall(b"\5\1\0")
        assert caller.recv(2) == b"\5\0"
        caller.sendall(b"\5\1\0" + _encoded(host) + struct.pack(">H", port))
        yield caller.recv(10)[1], caller


def reply(proxy: str, host: str, *, port: int = 8080) -> int:
    """The proxy's reply code for an attempt."""
    with connected(proxy, host, port=port) as (code, _):
        return code


def who(proxy: str, host: str, *, port: int = 8080) -> str:
    """The instance id that the lab's responder gives at an address."""
    with connected(proxy, host, port=port) as (code, caller):
        assert code == 0
        caller.sendall(b"GET / HTTP/1.0\r\n\r\n")
        text = b""
        while chunk := caller.recv(4096):
            text += chunk
    return text.decode().rpartition('"instance": "')[2].removesuffix('"}')
