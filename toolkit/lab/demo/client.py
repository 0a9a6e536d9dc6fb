"""A client that knows nothing but a name: resolves it and asks the service, ten times a second."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass, field

from toolkit.probes.connect import Target, connected
from toolkit.probes.result import Failed, NotMade
from toolkit.resolve import DnsResolver

EVERY_SECONDS = 0.1
LIMIT_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request; ``at`` is monotonic seconds at its beginning, ``node`` None when nobody answered."""

    at: float
    address: str | None
    node: str | None
    why: str


@dataclass
class Client:
    """Asks by name through one side's name server and network, from ``start`` to ``stop``."""

    name: str
    resolver: str
    via: str
    port: int
    attempts: list[Attempt] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def first_after(self, moment: float, node: str) -> Attempt | None:
        """The first request after a moment that this node answered."""
        return next((a for a in list(self.attempts) if a.at >= moment and a.node == node), None)

    def lost_after(self, moment: float) -> int:
        """How many requests after a moment nobody answered."""
        return sum(1 for a in list(self.attempts) if a.at >= moment and a.node is None)

    def _work(self) -> None:
        resolver = DnsResolver()
        due = time.monotonic()
        while not self._over.wait(max(0.0, due - time.monotonic())):
            self.attempts.append(self._ask(resolver))
            due = max(due + EVERY_SECONDS, time.monotonic())

    def _ask(self, resolver: DnsResolver) -> Attempt:
        at = time.monotonic()
        answer = resolver.ask(self.name, self.resolver, timeout_seconds=LIMIT_SECONDS)
        if not answer.addresses:
            return Attempt(at, None, None, answer.problem or "the name has no address")
        address = answer.addresses[0]
        try:
            node = asyncio.run(asyncio.wait_for(self._get(address), LIMIT_SECONDS))
        except (Failed, NotMade, OSError, TimeoutError) as error:
            return Attempt(at, address, None, str(error) or "no answer")
        return Attempt(at, address, node, "")

    async def _get(self, address: str) -> str:
        async with connected(Target(address, self.port, self.via), timeout_seconds=LIMIT_SECONDS) as sock:
            reader, writer = await asyncio.open_connection(sock=sock)
            writer.write(f"GET / HTTP/1.0\r\nHost: {self.name}\r\n\r\n".encode())
            reply = await reader.read()
            writer.close()
        head, _, body = reply.partition(b"\r\n\r\n")
        if b" 200 " not in head.partition(b"\r\n")[0]:
            raise Failed("an answer that is no success")
        return body.decode()
