"""The lab's network as two SOCKS5 proxies: what a caller reaches from inside the VPC, and from outside.

Speaks CONNECT without authentication (RFC 1928). An address leads to the instance that holds it now; what
listens there is a real service on loopback, or the lab's own responder.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from ipaddress import ip_address

from toolkit.lab.conditions import Conditions
from toolkit.lab.state import State

VERSION = 5
NO_AUTHENTICATION = 0
NONE_ACCEPTABLE = 0xFF
CONNECT = 1
IPV4, NAME, IPV6 = 1, 3, 4
HANDSHAKE_SECONDS = 10.0
CONNECT_SECONDS = 5.0
MOST_CONNECTIONS = 512
CHUNK = 65536
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Target = tuple[str, int]


class Reply(IntEnum):
    """What a SOCKS5 server answers to a request."""

    SUCCEEDED = 0
    HOST_UNREACHABLE = 4
    REFUSED = 5
    COMMAND_NOT_SUPPORTED = 7


@dataclass
class Services:
    """What listens on the instances, and which instances are cut off from the network.

    A target of None is the lab's own responder.
    """

    _targets: dict[tuple[str, int], Target | None] = field(default_factory=dict)
    _cut: set[str] = field(default_factory=set)

    def listen(self, instance: str, *, port: int, target: Target | None) -> None:
        """From now on the instance's port leads to the target."""
        self._targets[instance, port] = target

    def close(self, instance: str, *, port: int) -> None:
        """From now on nothing listens on that port."""
        self._targets.pop((instance, port), None)

    def cut(self, instance: str) -> None:
        """No packet reaches the instance any more, though it runs."""
        self._cut.add(instance)

    def heal(self, instance: str) -> None:
        """Packets reach the instance again."""
        self._cut.discard(instance)

    def reset(self) -> None:
        """Nothing listens, nothing is cut."""
        self._targets.clear()
        self._cut.clear()

    def is_cut(self, instance: str) -> bool:
        """Whether the instance is cut off."""
        return instance in self._cut

    def at(self, instance: str, *, port: int) -> tuple[bool, Target | None]:
        """Whether something listens there, and where it really is."""
        return (instance, port) in self._targets, self._targets.get((instance, port))


@dataclass(kw_only=True)
class Network:
    """One side's view of the lab's network."""

    inside: bool
    state: Callable[[], State]
    names: Callable[[str], str | None]
    services: Services
    conditions: Conditions

    def reach(self, host: str, *, port: int) -> tuple[Reply | None, str, Target | None]:
        """What a connection attempt meets: a reply (None: silence), the instance, the real target."""
        address = host if _is_address(host) else self.names(host)
        holder = self.state().holder(address, inside=self.inside) if address else None
        instance = holder.instance if holder else None
        if holder is None or instance is None or holder.instance_state != "running":
            return self._silence(), "", None
        if self.services.is_cut(instance):
            return self._silence(), instance, None
        listening, target = self.services.at(instance, port=port)
        return (Reply.SUCCEEDED if listening else Reply.REFUSED), instance, target

    def _silence(self) -> Reply | None:
        answers = {"timeout": None, "unreachable": Reply.HOST_UNREACHABLE, "refused": Reply.REFUSED}
        return answers[self.conditions.silence]


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


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
        reply, instance, target = await asyncio.to_thread(self.network.reach, host, port=port)
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
        await _relay(caller, real)


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


async def _relay(caller: Streams, real: Streams) -> None:
    """Carries bytes both ways until both sides have said all."""
    try:
        async with asyncio.TaskGroup() as both:
            both.create_task(_copy(caller[0], real[1]))
            both.create_task(_copy(real[0], caller[1]))
    except* OSError:
        pass
    finally:
        real[1].close()
