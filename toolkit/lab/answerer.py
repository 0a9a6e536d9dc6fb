"""A DNS server for one side of the lab, over UDP and TCP on one loopback port.

The rows come from ``zones``; here are messages, transports and what goes wrong with them.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from toolkit.lab.conditions import Conditions, DnsMode
from toolkit.lab.zones import NEGATIVE_TTL_SECONDS, Reply, View

PLAIN_UDP_BYTES = 512
EDNS_UDP_BYTES = 1232
IDLE_SECONDS = 10.0
MOST_QUERIES = 256
BIND_ATTEMPTS = 20
SOA = "ns.lab.invalid. hostmaster.lab.invalid. 1 7200 900 1209600 {ttl}"
Key = tuple[str, str]


@dataclass(kw_only=True)
class Answerer:
    """Answers for one side; ``views`` gives this side's view and the other side's, as they are now."""

    inside: bool
    views: Callable[[], tuple[View, View]]
    conditions: Conditions
    _answered: dict[Key, list[Reply]] = field(default_factory=dict)
    _changed: dict[Key, float] = field(default_factory=dict)
    _asked: dict[Key, int] = field(default_factory=dict)

    def forget(self) -> None:
        """Forgets what was answered before."""
        self._answered.clear()
        self._changed.clear()
        self._asked.clear()

    @property
    def mode(self) -> DnsMode:
        """How this side behaves now."""
        side = "inside" if self.inside else "outside"
        return self.conditions.dns_mode if self.conditions.dns_side in {"both", side} else "right"

    def resolve(self, name: str, *, kind: str) -> Reply:
        """The answer that this side gives now, right or wrong."""
        own, other = self.views()
        if self.mode == "servfail":
            return Reply("SERVFAIL")
        reply = (other if self.mode == "wrong_view" else own).answer(name, kind=kind)
        return self._flip_flop(reply, key=(name, kind))

    def _flip_flop(self, reply: Reply, *, key: Key) -> Reply:
        """In that mode, the present answer and the one before it in turn, for a time after the change."""
        known = self._answered.setdefault(key, [])
        if not known or known[-1] != reply:
            self._changed[key] = time.monotonic()
            self._answered[key] = known = [*known[-1:], reply]
        over = time.monotonic() - self._changed[key] >= self.conditions.dns_flip_seconds
        if self.mode != "flip_flop" or over:
            return reply
        self._asked[key] = self._asked.get(key, 0) + 1
        return known[self._asked[key] % len(known)]

    def respond(self, wire: bytes, *, udp: bool) -> bytes | None:
        """The response to a message, or None where there is none."""
        try:
            query = dns.message.from_wire(wire)
        except dns.exception.DNSException:
            return None
        if query.flags & dns.flags.QR or len(query.question) != 1:
            return None
        if self.mode == "lost" and udp:
            return None
        response = self._message(query)
        limit = PLAIN_UDP_BYTES if query.edns < 0 else min(max(query.payload, PLAIN_UDP_BYTES), EDNS_UDP_BYTES)
        whole: bytes = response.to_wire(max_size=65535)
        if udp and (self.mode == "truncated" or len(whole) > limit):
            response.answer.clear()
            response.authority.clear()
            response.flags |= dns.flags.TC
            return bytes(response.to_wire())
        return whole

    def _message(self, query: dns.message.Message) -> dns.message.Message:
        question = query.question[0]
        reply = self.resolve(str(question.name).rstrip("."), kind=dns.rdatatype.to_text(question.rdtype))
        response = dns.message.make_response(query, recursion_available=True, our_payload=EDNS_UDP_BYTES)
        response.set_rcode(dns.rcode.from_text(reply.outcome))
        for row in reply.rows:
            name = question.name if row.name == str(question.name).rstrip(".").lower() else row.name + "."
            rrset = response.find_rrset(
                response.answer,
                dns.name.from_text(name) if isinstance(name, str) else name,
                question.rdclass,
                dns.rdatatype.from_text(row.kind),
                create=True,
            )
            rrset.add(dns.rdata.from_text(question.rdclass, rrset.rdtype, row.value), row.ttl)
        if not any(row.kind == dns.rdatatype.to_text(question.rdtype) for row in reply.rows):
            negative = SOA.format(ttl=NEGATIVE_TTL_SECONDS)
            response.authority.append(
                dns.rrset.from_text(reply.zone + ".", NEGATIVE_TTL_SECONDS, "IN", "SOA", negative),
            )
        return response


@dataclass
class _Datagrams(asyncio.DatagramProtocol):
    """UDP: each datagram is answered in a task of its own."""

    serve: Callable[[bytes], Awaitable[bytes | None]]
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Python 3.11's own datagram transport does not inherit from DatagramTransport.
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if len(self.tasks) >= MOST_QUERIES:
            return
        task = asyncio.get_running_loop().create_task(self._answer(data, addr))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _answer(self, data: bytes, addr: tuple[str, int]) -> None:
        response = await self.serve(data)
        if response is not None and self.transport:
            self.transport.sendto(response, addr)


@dataclass
class DnsServer:
    """One answerer on one port, in an event loop of the caller's."""

    answerer: Answerer
    _tcp: asyncio.Server | None = None
    _udp: asyncio.DatagramTransport | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> str:
        """Listens on a port that is free for both transports; returns its host:port.

        Raises:
            OSError: no such port was found.
        """
        loop = asyncio.get_running_loop()
        for attempt in range(BIND_ATTEMPTS):
            self._tcp = await asyncio.start_server(self._accept, "127.0.0.1", 0)
            host, port = self._tcp.sockets[0].getsockname()[:2]
            try:
                self._udp, _ = await loop.create_datagram_endpoint(
                    lambda: _Datagrams(self._over_udp, self._tasks),
                    local_addr=(host, port),
                )
            except OSError:
                self._tcp.close()
                if attempt == BIND_ATTEMPTS - 1:
                    raise
            else:
                break
        return f"{host}:{port}"

    async def stop(self) -> None:
        """Closes both transports and every connection."""
        if self._tcp:
            self._tcp.close()
        if self._udp:
            self._udp.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _respond(self, wire: bytes, *, udp: bool) -> bytes | None:
        if self.answerer.mode == "slow":
            await asyncio.sleep(self.answerer.conditions.dns_delay_seconds)
        return await asyncio.to_thread(self.answerer.respond, wire, udp=udp)

    async def _over_udp(self, wire: bytes) -> bytes | None:
        return await self._respond(wire, udp=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._over_tcp(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _over_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                while True:
                    async with asyncio.timeout(IDLE_SECONDS):
                        length = int.from_bytes(await reader.readexactly(2), "big")
                        wire = await reader.readexactly(length)
                    response = await self._respond(wire, udp=False)
                    if response is None:
                        return
                    writer.write(len(response).to_bytes(2, "big") + response)
                    await writer.drain()
        finally:
            writer.close()
