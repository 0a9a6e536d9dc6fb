"""The lab's network as two SOCKS5 proxies: what a caller reaches from inside the VPC, and from outside.

Speaks CONNECT without authentication (RFC 1928). An address leads to the instance that holds it now; what
listens there is a real service on loopback, or the lab's own responder.
"""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address

from toolkit.lab.services import Network, Reply, Target

VERSION = 5
NO_AUTHENTICATION = 0
NONE_ACCEPTABLE = 0xFF
CONNECT = 1
IPV4, NAME, IPV6 = 1, 3, 4
HANDSHAKE_SECONDS = 10.0
CONNECT_SECONDS = 5.0
MOST_CONNECTIONS = 512
CHUNK = 65536
LOOK_SECONDS = 0.1
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Proxy:
    """A SOCKS5 server on loopback for one side; runs in an event loop of the caller's."""

    network: Network
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_CONNECTIONS))
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def start(self) -> str:
        """Listens on a free port; returns its host:port."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, backlog=MOST_CONNECTIONS)
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"{host}:{port}"

    async def stop(self) -> None:
        """Closes the listener and every connection through it."""
        if self._server:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve((reader, writer)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, caller: Streams) -> None:
        try:
            async with self._slots:
                with suppress(OSError, asyncio.IncompleteReadError, TimeoutError, ValueError):
                    async with asyncio.timeout(HANDSHAKE_SECONDS):
                        wanted = await self._greet(caller)
                    if wanted:
                        await self._connect(caller, wanted)
        finally:
            caller[1].close()

    async def _greet(self, caller: Streams) -> Target | None:
        """The host and port that the caller asks for, or None when it asks for something else."""
        reader, writer = caller
        version, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        if version != VERSION or NO_AUTHENTICATION not in methods:
            writer.write(bytes([VERSION, NONE_ACCEPTABLE]))
            return None
        writer.write(bytes([VERSION, NO_AUTHENTICATION]))
        _, command, _, kind = await reader.readexactly(4)
        if kind == NAME:
            (length,) = await reader.readexactly(1)
            host = (await reader.readexactly(length)).decode("ascii")
        else:
            host = str(ip_address(await reader.readexactly(4 if kind == IPV4 else 16)))
        port = int.from_bytes(await reader.readexactly(2), "big")
        if command != CONNECT:
            _answer(writer, Reply.COMMAND_NOT_SUPPORTED)
            return None
        return host, port

    async def _connect(self, caller: Streams, wanted: Target) -> None:
        host, port = wanted
        address = await asyncio.to_thread(self.network.address, host)
        reply, instance, target = await asyncio.to_thread(self.network.reach, address or host, port=port)
        if reply is None:
            # Nobody answers: the caller gives up by closing, or the lab stops.
            await caller[0].read()
            return
        if reply is not Reply.SUCCEEDED:
            _answer(caller[1], reply)
            return
        if target is None:
            _answer(caller[1], Reply.SUCCEEDED)
            await _respond(caller, instance=instance)
            return
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                real = await asyncio.open_connection(*target)
        except OSError:
            _answer(caller[1], Reply.REFUSED)
            return
        _answer(caller[1], Reply.SUCCEEDED)
        await self._relay(caller, real, address=address, instance=instance)

    async def _relay(self, caller: Streams, real: Streams, *, address: str | None, instance: str) -> None:
        """Carries bytes both ways until both sides have said all, or the address leads elsewhere.

        No state of a connection moves with an address: what was open is reset (AWS.md §1.1).
        """
        both = asyncio.gather(_copy(caller[0], real[1]), _copy(real[0], caller[1]))
        try:
            while not both.done():
                await asyncio.wait([both], timeout=LOOK_SECONDS)
                if not both.done() and await asyncio.to_thread(self.network.at, address) != instance:
                    break
        finally:
            both.cancel()
            with suppress(OSError, asyncio.CancelledError):
                await both
            caller[1].transport.abort() if both.cancelled() else caller[1].close()
            real[1].close()


def _answer(writer: asyncio.StreamWriter, reply: Reply) -> None:
    writer.write(bytes([VERSION, reply, 0, IPV4, 0, 0, 0, 0, 0, 0]))


async def _respond(caller: Streams, *, instance: str) -> None:
    """The lab's own service: greets HTTP callers with the instance's id, stays silent to others."""
    reader, writer = caller
    asked = await reader.read(CHUNK)
    if asked.startswith((b"GET ", b"HEAD ")):
        body = json.dumps({"instance": instance}).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
        writer.write(head if asked.startswith(b"HEAD ") else head + body)
        await writer.drain()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(CHUNK):
        writer.write(chunk)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
