"""Does the server give the expected answer to a GET?"""

from __future__ import annotations

import asyncio
import ssl
from typing import Final

from toolkit.domain.group import HttpProbe
from toolkit.probes.connect import Target, connected
from toolkit.probes.result import Failed

MOST_BODY_BYTES: Final = 65536
_MOST_HEADERS: Final = 200


async def look(target: Target, probe: HttpProbe, *, tls: ssl.SSLContext | None) -> str:
    """The status and, if asked, the text are as expected; raises Failed or what stood in the way."""
    async with connected(target, timeout_seconds=probe.timeout_seconds) as sock:
        name = (probe.tls_name or target.host) if tls is not None else None
        # The stream closes its own copy, so that a handshake that is cut short leaks nothing.
        reader, writer = await asyncio.open_connection(sock=sock.dup(), ssl=tls, server_hostname=name)
        try:
            writer.write(_request(target, probe))
            await writer.drain()
            return await _judge(reader, probe)
        finally:
            writer.transport.abort()


def _request(target: Target, probe: HttpProbe) -> bytes:
    host = f"[{target.host}]" if ":" in target.host else target.host
    named = probe.tls_name or f"{host}:{target.port}"
    head = f"GET {probe.path} HTTP/1.1\r\nHost: {named}\r\nUser-Agent: failover\r\nAccept: */*\r\n"
    return f"{head}Connection: close\r\n\r\n".encode("latin-1", "replace")


async def _judge(reader: asyncio.StreamReader, probe: HttpProbe) -> str:
    status = _status(await _line(reader))
    if status != probe.expect:
        raise Failed(f"HTTP {status}, expected {probe.expect}")
    if probe.contains is None:
        return f"HTTP {status}"
    body = await _body(reader, await _headers(reader))
    if probe.contains not in body.decode("utf-8", "replace"):
        raise Failed(
            f"HTTP {status}, but without the text {probe.contains!r} in its first {MOST_BODY_BYTES // 1024} KiB"
        )
    return f"HTTP {status} with {probe.contains!r}"


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        line = await reader.readuntil(b"\n")
    except asyncio.LimitOverrunError as error:
        raise Failed("an answer that is not HTTP") from error
    return line.strip()


def _status(line: bytes) -> int:
    version, _, rest = line.partition(b" ")
    code = rest[:3]
    if not version.startswith(b"HTTP/") or not code.isdigit():
        raise Failed("an answer that is not HTTP")
    return int(code)


async def _headers(reader: asyncio.StreamReader) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    for _ in range(_MOST_HEADERS):
        line = await _line(reader)
        if not line:
            return headers
        name, _, value = line.partition(b":")
        headers[name.strip().lower()] = value.strip().lower()
    raise Failed("an answer with too many headers")


async def _body(reader: asyncio.StreamReader, headers: dict[bytes, bytes]) -> bytes:
    if headers.get(b"transfer-encoding", b"").endswith(b"chunked"):
        return await _chunks(reader)
    length = headers.get(b"content-length", b"")
    if length.isdigit():
        return await reader.readexactly(min(int(length), MOST_BODY_BYTES))
    body = b""
    while len(body) < MOST_BODY_BYTES and (more := await reader.read(MOST_BODY_BYTES - len(body))):
        body += more
    return body


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while len(body) < MOST_BODY_BYTES:
        size = (await _line(reader)).partition(b";")[0]
        try:
            length = int(size, 16)
        except ValueError as error:
            raise Failed("an answer whose chunks are broken") from error
        room = MOST_BODY_BYTES - len(body)
        body += await reader.readexactly(min(length, room))
        if length == 0 or length >= room:
            break
        await _line(reader)
    return body
