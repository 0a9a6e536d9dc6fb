"""A name server on loopback that says what a test tells it to."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

Say = Callable[[dns.message.Message, str], dns.message.Message | bytes | None]


@contextlib.contextmanager
def answering(say: Say, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """A server over UDP and TCP on one port; ``say`` gets the query and "udp" or "tcp", None is silence."""

    class Udp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, sock = self.request
            said = _wire(say, data, "udp")
            if said is not None:
                sock.sendto(said, self.client_address)

    class Tcp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            (length,) = struct.unpack(">H", self.request.recv(2, socket.MSG_WAITALL))
            said = _wire(say, self.request.recv(length, socket.MSG_WAITALL), "tcp")
            if said is not None:
                self.request.sendall(struct.pack(">H", len(said)) + said)

    class UdpServer(socketserver.ThreadingUDPServer):
        daemon_threads = True
        block_on_close = False

    class TcpServer(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False
        allow_reuse_address = True

    with contextlib.ExitStack() as stack:
        tcp, udp = _pair(
            lambda number: TcpServer((host, number), Tcp), lambda number: UdpServer((host, number), Udp), port
        )
        for server in (stack.enter_context(tcp), stack.enter_context(udp)):
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
        yield f"{host}:{tcp.server_address[1]}"


def _pair(
    tcp: Callable[[int], socketserver.TCPServer], udp: Callable[[int], socketserver.UDPServer], port: int
) -> tuple[socketserver.TCPServer, socketserver.UDPServer]:
    """Both on one port; another program may have the other protocol's port of a free one."""
    for _ in range(50):
        first = tcp(port)
        try:
            return first, udp(int(first.server_address[1]))
        except OSError:
            first.server_close()
    raise OSError("no port is free in both protocols")


def _wire(say: Say, data: bytes, transport: str) -> bytes | None:
    said = say(dns.message.from_wire(data), transport)
    return said.to_wire(max_size=65535) if isinstance(said, dns.message.Message) else said


@dataclass(slots=True)
class Records:
    """Answers from records written as ``name ttl type value``; a name without records does not exist.

    ``follows`` puts the targets of CNAMEs into the same answer, as a recursive server does.
    """

    follows: bool = True
    rows: list[str] = field(default_factory=list)
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def __call__(self, query: dns.message.Message, transport: str) -> dns.message.Message:
        question = query.question[0]
        self.asked.append((question.name.to_text(omit_final_dot=True), _type(question), transport))
        answer = dns.message.make_response(query, recursion_available=True)
        name, steps = question.name, 0
        while True:
            found = self._rows(name, _type(question)) or self._rows(name, "CNAME")
            if not found:
                known = any(row.split()[0] == name.to_text(omit_final_dot=True) for row in self.rows)
                if (not known and name == question.name) or (not known and self.follows):
                    answer.set_rcode(dns.rcode.NXDOMAIN)
                return answer
            rrset = dns.rrset.from_text_list(name, found[0][0], "IN", found[0][1], [value for _, _, value in found])
            answer.answer.append(rrset)
            steps += 1
            if found[0][1] != "CNAME" or not self.follows or steps > 30:
                return answer
            name = rrset[0].target

    def _rows(self, name: dns.name.Name, kind: str) -> list[tuple[int, str, str]]:
        wanted = name.to_text(omit_final_dot=True)
        split = [row.split() for row in self.rows]
        return [(int(ttl), k, value) for n, ttl, k, value in split if n == wanted and k == kind]


def _type(question: dns.rrset.RRset) -> str:
    return dns.rdatatype.to_text(question.rdtype)
