"""Follows a name through its CNAMEs at one server, over as many answers as that takes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from toolkit.domain.answers import Failure, Hop
from toolkit.resolve.exchange import Unanswered, ask
from toolkit.resolve.servers import Server

MOST_HOPS: Final = 16


@dataclass(slots=True)
class Trail:
    """What one record type's question gave; ``failure`` and ``problem`` are None when it reached addresses."""

    hops: list[Hop] = field(default_factory=list)
    chain: list[str] = field(default_factory=list)
    addresses: tuple[str, ...] = ()
    failure: Failure | None = None
    problem: str | None = None
    remarks: list[str] = field(default_factory=list)
    denied_by: str | None = None
    policy: str | None = None
    questions: int = 0

    def end(self, failure: Failure, problem: str) -> Trail:
        self.failure, self.problem = failure, problem
        return self


def chase(name: str, record: str, server: Server, *, deadline: float) -> Trail:
    """Ask for one record type and follow CNAMEs; ``deadline`` is wall-clock seconds."""
    trail, current = Trail(), name
    while True:
        began = time.monotonic()
        try:
            answer = ask(current, record, server, deadline=deadline)
        except Unanswered as error:
            return trail.end(error.failure, str(error))
        except dns.exception.DNSException:
            return trail.end(Failure.BAD_NAME, f"{current!r} is no host name")
        trail.questions += 1
        trail.remarks += [_remark(option) for option in answer.extended_errors()]
        walked = _walk(answer, current, record, trail, (server.text, time.time(), time.monotonic() - began))
        if trail.addresses or trail.failure is not None:
            return trail
        if walked == current or answer.rcode() != dns.rcode.NOERROR:
            return _why_not(answer, walked, record, trail, server)
        current = walked


def _walk(answer: dns.message.Message, name: str, record: str, trail: Trail, said: tuple[str, float, float]) -> str:
    """Add the hops that this answer holds; the name at which they end."""
    wanted, kind = dns.name.from_text(name), dns.rdatatype.from_text(record)
    while True:
        found = answer.get_rrset(answer.answer, wanted, dns.rdataclass.IN, kind)
        text = _text(wanted)
        if found is not None:
            trail.addresses = tuple(sorted(str(row.address) for row in found))
            trail.hops.append(Hop(text, record, trail.addresses, found.ttl, *said))
            return text
        cname = answer.get_rrset(answer.answer, wanted, dns.rdataclass.IN, dns.rdatatype.CNAME)
        if cname is None:
            return text
        wanted = cname[0].target
        target = _text(wanted)
        trail.hops.append(Hop(text, "CNAME", (target,), cname.ttl, *said))
        if target in {hop.name for hop in trail.hops}:
            trail.end(Failure.LOOP, f"its CNAMEs go round in a circle at {target}")
            return target
        trail.chain.append(target)
        if len(trail.chain) > MOST_HOPS:
            trail.end(Failure.TOO_LONG, f"its chain of CNAMEs is longer than {MOST_HOPS}")
            return target


def _why_not(answer: dns.message.Message, name: str, record: str, trail: Trail, server: Server) -> Trail:
    code = answer.rcode()
    trail.denied_by = _soa(answer.authority)
    # BIND names the response policy zone that it followed by that zone's SOA in the additional section.
    trail.policy = _soa(answer.additional)
    authority = {row.rdtype for row in answer.authority}
    if code == dns.rcode.NXDOMAIN:
        return trail.end(Failure.NXDOMAIN, f"{server.text} says that {name} does not exist")
    if code == dns.rcode.REFUSED:
        return trail.end(Failure.REFUSED, f"{server.text} refuses to answer for {name}")
    if code != dns.rcode.NOERROR:
        return trail.end(Failure.SERVFAIL, f"{server.text} could not find out about {name} ({dns.rcode.to_text(code)})")
    refers = dns.rdatatype.NS in authority and dns.rdatatype.SOA not in authority
    if refers and not answer.flags & dns.flags.AA:
        return trail.end(Failure.LAME, f"{server.text} only refers to other servers for {name}; it does not resolve")
    return trail.end(Failure.EMPTY, f"{server.text} knows {name}, but no {record} record of it")


def _soa(section: Sequence[dns.rrset.RRset]) -> str | None:
    return next((_text(row.name) for row in section if row.rdtype == dns.rdatatype.SOA), None)


def _text(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower()


def _remark(option: dns.edns.EDEOption) -> str:
    code = option.code.name.replace("_", " ").lower()
    return f"{code}: {option.text}" if option.text else code
