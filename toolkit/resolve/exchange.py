"""One question to one server: UDP with repeats, TCP where the answer does not fit, plain DNS where EDNS is refused."""

from __future__ import annotations

import errno
import socket
import time
from typing import Final

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdataclass

from toolkit.domain.answers import Failure
from toolkit.resolve.servers import Server

# Fits every path without fragments (DNS flag day 2020).
PAYLOAD_BYTES: Final = 1232
UDP_TRIES: Final = 3


class Unanswered(Exception):
    """The server told nothing; the text says what happened instead."""

    def __init__(self, failure: Failure, text: str) -> None:
        self.failure = failure
        super().__init__(text)


def ask(name: str, record: str, server: Server, *, deadline: float, rdclass: str = "IN") -> dns.message.Message:
    """The server's answer, whatever it says; raises Unanswered.

    ``deadline`` is wall-clock seconds, as dnspython counts.
    """
    query = dns.message.make_query(name, record, rdclass, use_edns=0, payload=PAYLOAD_BYTES)
    try:
        answer = _udp_then_tcp(query, server, deadline=deadline)
        if answer.rcode() in {dns.rcode.FORMERR, dns.rcode.NOTIMP} and not answer.answer:
            plain = dns.message.make_query(name, record, rdclass, use_edns=False)
            answer = _udp_then_tcp(plain, server, deadline=deadline)
    except dns.exception.Timeout as error:
        raise Unanswered(Failure.SILENT, f"{server.text} did not answer in time") from error
    except ConnectionRefusedError as error:
        raise Unanswered(Failure.CLOSED, f"nothing listens on {server.text}") from error
    except (EOFError, dns.exception.DNSException) as error:
        raise Unanswered(Failure.GARBLED, f"{server.text} sent something that is no DNS answer") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Unanswered(Failure.UNREACHABLE, f"{server.text} can't be reached: {reason}") from error
    return answer


def version(server: Server, *, deadline: float) -> str | None:
    """The text that name servers keep under ``version.bind`` in the class CHAOS, None if there is none."""
    try:
        answer = ask("version.bind", "TXT", server, deadline=deadline, rdclass="CH")
    except Unanswered:
        return None
    texts = [str(row).strip('"') for rrset in answer.answer for row in rrset]
    return texts[0] if texts and texts[0] else None


def _udp_then_tcp(query: dns.message.Message, server: Server, *, deadline: float) -> dns.message.Message:
    try:
        return _udp(query, server, deadline=deadline)
    except dns.message.Truncated:
        left = max(0.05, deadline - time.time())
        return dns.query.tcp(query, server.address, timeout=left, port=server.port)


def _udp(query: dns.message.Message, server: Server, *, deadline: float) -> dns.message.Message:
    # Connected, so that the kernel tells a closed port apart from silence, and strangers' packets are dropped.
    with socket.socket(server.family, socket.SOCK_DGRAM) as sock:
        sock.connect((server.address, server.port))
        sock.settimeout(0)
        pause = max(0.0, deadline - time.time()) / UDP_TRIES
        for turn in range(1, UDP_TRIES + 1):
            until = deadline if turn == UDP_TRIES else min(deadline, time.time() + pause)
            try:
                dns.query.send_udp(sock, query, None, until)
                answer, *_ = dns.query.receive_udp(
                    sock, None, until, raise_on_truncation=True, ignore_errors=True, query=query
                )
            except dns.exception.Timeout:
                if turn == UDP_TRIES:
                    raise
            else:
                return _checked(answer)
    raise OSError(errno.ETIMEDOUT, "no answer")


def _checked(answer: object) -> dns.message.Message:
    if not isinstance(answer, dns.message.Message):
        raise dns.exception.FormError
    return answer
