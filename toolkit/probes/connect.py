"""A connected socket to a target, straight or through a proxy."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from toolkit.probes import socks
from toolkit.probes.lookups import Lookups
from toolkit.probes.result import NotMade, in_words

_LOOKUPS: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, Lookups]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Target:
    """Where to look: a literal address or a name, and the SOCKS5 proxy on the way, if any."""

    host: str
    port: int
    via: str | None = None


async def _addresses(host: str, port: int) -> list[tuple[int, tuple[str, int]]]:
    """The family and socket address of a literal, or of each address of a name, in the system's order."""
    with contextlib.suppress(ValueError):
        literal = ipaddress.ip_address(host)
        return [(socket.AF_INET if literal.version == 4 else socket.AF_INET6, (host, port))]  # noqa: PLR2004 - IP versions
    lookups = _LOOKUPS.setdefault(asyncio.get_running_loop(), Lookups())
    return [(family, (address, port)) for family, address in await lookups.addresses(host)]


async def _attempt(family: int, address: tuple[str, int]) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)  # noqa: FBT003 - the socket's own signature
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


async def _hedged(family: int, address: tuple[str, int], *, again_after_seconds: float) -> socket.socket:
    """Connect, with a second attempt beside a first one that is still silent.

    One lost SYN is no dead service, and the kernel repeats a SYN only after 1 s (RFC 6298 §2.1), which is
    beyond many a probe's time limit.
    """
    attempts = [asyncio.ensure_future(_attempt(family, address))]
    won: asyncio.Task[socket.socket] | None = None
    try:
        await asyncio.wait(attempts, timeout=again_after_seconds)
        if not attempts[0].done():
            attempts.append(asyncio.ensure_future(_attempt(family, address)))
            await asyncio.wait(attempts, return_when=asyncio.FIRST_COMPLETED)
        ended = [attempt for attempt in attempts if attempt.done()]
        won = next((attempt for attempt in ended if attempt.exception() is None), ended[0])
        return won.result()
    finally:
        await _drop([attempt for attempt in attempts if attempt is not won])


async def _drop(attempts: Sequence[asyncio.Task[socket.socket]]) -> None:
    """End attempts that are still under way, and close what one of them reached in the same instant."""
    for attempt in attempts:
        attempt.cancel()
    for result in await asyncio.gather(*attempts, return_exceptions=True):
        if isinstance(result, socket.socket):
            result.close()


async def _straight(host: str, port: int, *, timeout_seconds: float) -> socket.socket:
    last: OSError | None = None
    for family, address in await _addresses(host, port):
        try:
            return await _hedged(family, address, again_after_seconds=timeout_seconds / 2)
        except OSError as error:
            last = error
    raise last or NotMade(f"{host} has no address")


async def _through(via: str, target: Target, *, timeout_seconds: float) -> socket.socket:
    host, port = socks.proxy(via)
    # A proxy that does not answer says nothing about the target: its limit must end before the look's own.
    limit, began = timeout_seconds * 0.9, asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(limit):
            sock = await _straight(host, port, timeout_seconds=limit)
    except OSError as error:
        _, why = in_words(error, timeout_seconds=limit)
        raise NotMade(f"the proxy {host}:{port}: {why}") from error
    except asyncio.CancelledError as error:
        # After a pause of this program both limits are over at once, and the look's own wins.
        if asyncio.get_running_loop().time() - began < limit:
            raise
        _, why = in_words(TimeoutError(), timeout_seconds=limit)
        raise NotMade(f"the proxy {host}:{port}: {why}") from error
    try:
        await socks.handshake(sock, target.host, target.port)
    except BaseException:
        sock.close()
        raise
    return sock


@contextlib.asynccontextmanager
async def connected(target: Target, *, timeout_seconds: float) -> AsyncIterator[socket.socket]:
    """A connected, non-blocking socket, closed at the end; the caller bounds the time.

    Raises OSError as connect does, NotMade when the way to the target is at fault.
    """
    if target.via is None:
        sock = await _straight(target.host, target.port, timeout_seconds=timeout_seconds)
    else:
        sock = await _through(target.via, target, timeout_seconds=timeout_seconds)
    try:
        yield sock
    finally:
        sock.close()
