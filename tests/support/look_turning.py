"""A move by the installed command past real caches, and when the view of each turned."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import dns.exception
import dns.message
import dns.query

from support import look_daemons, look_dns
from support.command import Command, Ended

if TYPE_CHECKING:
    from toolkit.lab import Lab, World

OLD: Final = "10.0.1.10"
KINDS: Final = ("BIND", "dnsmasq", "unbound")
# An eighth of AWS's 60 s, long enough that the move is made well before it is over.
TTL_SECONDS: Final = 8
LOOK_SECONDS: Final = 0.02


@dataclass(slots=True)
class Client:
    """A program that asks one server for the name all the time; monotonic seconds of the answers it saw."""

    server: str
    name: str
    old_at: list[float] = field(default_factory=list)
    new_at: list[float] = field(default_factory=list)

    def look(self) -> None:
        host, _, port = self.server.partition(":")
        query = dns.message.make_query(self.name, "A")
        began = time.monotonic()
        with contextlib.suppress(dns.exception.DNSException, OSError):
            answer = dns.query.udp(query, host, port=int(port), timeout=2.0)
            values = {str(row.address) for rrset in answer.answer for row in rrset}
            if values:
                (self.old_at if OLD in values else self.new_at).append(began)


@dataclass(frozen=True, slots=True)
class Turned:
    """The run, when its change was made and when it ended, and what the client of each server saw."""

    run: Ended
    moved_at: float
    ended_at: float
    clients: Mapping[str, Client]

    def after_move_seconds(self, kind: str) -> float:
        """How long the client of that server got the earlier holder's address."""
        return max(self.clients[kind].old_at, default=self.moved_at) - self.moved_at

    @property
    def last_seconds(self) -> float:
        """When the last view turned, after the move."""
        return max(self.after_move_seconds(kind) for kind in self.clients)


def turn(lab: Lab, world: World, folder: Path, *, ttl: int = TTL_SECONDS, timeout: str = "60s") -> Turned:
    """Fill each server's cache, move by ``failover run``, and look on until it has ended and a moment longer."""
    name = world.configuration["groups"]["db"]["verify"]["names"][0]
    with caches(lab.dns_inside, folder, ttl=ttl) as servers:
        clients = {kind: Client(server, name) for kind, server in servers.items()}
        failover = Command(lab, folder, _configuration(world, tuple(servers.values()), timeout))
        lab.clear_calls()
        with _looking(tuple(clients.values())):
            run = failover.move("db-2")
            ended = time.monotonic()
            time.sleep(0.05)
    moves = [call.ended for call in lab.calls() if call.action == "AssociateAddress" and call.ended is not None]
    if not moves:
        raise RuntimeError(run.err or run.out)
    return Turned(run, min(moves), ended, clients)


@contextlib.contextmanager
def caches(upstream: str, folder: Path, *, ttl: int) -> Iterator[dict[str, str]]:
    """BIND, dnsmasq and unbound in front of a resolver whose TTLs are cut to ``ttl``, by kind."""
    folders = [folder / kind for kind in KINDS]
    for each in folders:
        each.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        near = stack.enter_context(cutting(upstream, ttl=ttl))
        at, _, number = near.partition(":")
        forward = f"options {{ @options forward only; forwarders {{ {at} port {number}; }}; }};"
        yield {
            "BIND": stack.enter_context(look_daemons.named(folders[0], forward)),
            "dnsmasq": stack.enter_context(look_daemons.dnsmasq(folders[1], f"server={at}#{number}")),
            "unbound": stack.enter_context(look_daemons.unbound(folders[2], near)),
        }


@contextlib.contextmanager
def cutting(upstream: str, *, ttl: int) -> Iterator[str]:
    """A server that says what another says, with no TTL above ``ttl`` seconds."""
    host, _, port = upstream.partition(":")

    def cut(query: dns.message.Message, _: str) -> dns.message.Message:
        answer = dns.query.udp(query, host, port=int(port), timeout=5.0)
        for rrset in answer.answer:
            rrset.ttl = min(rrset.ttl, ttl)
        return answer

    with look_dns.answering(cut) as server:
        yield server


def outlived(ttl: int) -> None:
    """Let so many seconds pass by the real servers' clocks, and the second to which they round."""
    until = time.monotonic() + ttl + 1.1
    while time.monotonic() < until:
        time.sleep(LOOK_SECONDS)


def _configuration(world: World, servers: Sequence[str], timeout: str) -> dict[str, object]:
    """The world's, with the caches as its resolvers inside."""
    group = dict(world.configuration["groups"]["db"])
    known = group["verify"]
    resolvers = {**known["resolvers"], "inside": [*known["resolvers"]["inside"], *servers]}
    group["verify"] = {**known, "resolvers": resolvers, "timeout": timeout}
    return {**world.configuration, "groups": {"db": group}}


@contextlib.contextmanager
def _looking(clients: Sequence[Client]) -> Iterator[None]:
    """Each client in a thread of its own, after its first look has filled the cache."""
    over = threading.Event()

    def look_on(client: Client) -> None:
        while not over.wait(LOOK_SECONDS):
            client.look()

    with ThreadPoolExecutor(len(clients)) as pool:
        list(pool.map(Client.look, clients))
        running = [pool.submit(look_on, client) for client in clients]
        try:
            yield
        finally:
            over.set()
    for each in running:
        each.result()
