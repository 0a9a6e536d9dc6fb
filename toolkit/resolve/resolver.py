"""Asks one name server for all addresses of a name (``toolkit.ports.Resolver``)."""

from __future__ import annotations

import ipaddress
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from toolkit.domain.answers import Answer, Failure
from toolkit.resolve.servers import server as server_at

if TYPE_CHECKING:
    from toolkit.resolve.chase import Trail

_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME: Final = re.compile(rf"(?=.{{1,253}}\Z)(?:\*\.)?{_LABEL}(?:\.{_LABEL})*", re.IGNORECASE)


class DnsResolver:
    """UDP first, TCP where an answer is truncated; A and AAAA at once; CNAMEs followed at the same server."""

    def ask(self, name: str, resolver: str, *, timeout_seconds: float) -> Answer:
        """All that the server says of the name, within the time limit; raises UsageError for what is no resolver."""
        where = server_at(resolver)
        plain = name.removesuffix(".").lower()
        problem = bad_name(plain)
        if problem is not None:
            return Answer(plain, resolver, (), (), None, problem, Failure.BAD_NAME, at=time.time())
        from toolkit.resolve.chase import chase  # noqa: PLC0415 - dnspython costs 100 ms, which only those who ask pay

        began, deadline = time.monotonic(), time.time() + timeout_seconds
        with ThreadPoolExecutor(max_workers=2, thread_name_prefix="dns") as pool:
            six = pool.submit(chase, plain, "AAAA", where, deadline=deadline)
            four = chase(plain, "A", where, deadline=deadline)
        return _joined(plain, resolver, (four, six.result()), took_seconds=time.monotonic() - began)

    def software(self, resolver: str, *, timeout_seconds: float) -> str | None:
        """What the server says it is (``dnsmasq-2.90``, ``unbound 1.17``, BIND's bare number), None if it won't say."""
        from toolkit.resolve.exchange import version  # noqa: PLC0415 - as above

        return version(server_at(resolver), deadline=time.time() + timeout_seconds)


def bad_name(name: str) -> str | None:
    """Why a text can't be asked for, None if it can."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        pass
    else:
        return f"{name} is an IP address; give the name that should lead to it"
    if not name:
        return "there is no name; give one such as db.example.com"
    return None if _NAME.fullmatch(name) else f"{name!r} is no host name; write one such as db.example.com"


def _joined(name: str, resolver: str, trails: tuple[Trail, Trail], *, took_seconds: float) -> Answer:
    """One answer of both questions: A first, and the failure only where neither has an address."""
    reached = [trail for trail in trails if trail.addresses]
    four, six = trails
    # An empty A beside an AAAA that failed otherwise is as unknown as that failure.
    both_empty = four.failure is six.failure is Failure.EMPTY
    told = reached[0] if reached else six if four.failure is Failure.EMPTY and not both_empty else four
    problem = f"{resolver} knows {([name, *four.chain])[-1]}, but no address of it" if both_empty else told.problem
    hops = tuple({(hop.name, hop.type): hop for trail in trails for hop in trail.hops}.values())
    return Answer(
        name,
        resolver,
        tuple(told.chain),
        tuple(address for trail in reached for address in trail.addresses),
        min((hop.ttl for hop in hops), default=None),
        None if reached else problem,
        None if reached else told.failure,
        hops,
        tuple(dict.fromkeys(remark for trail in trails for remark in trail.remarks)),
        told.denied_by,
        told.policy,
        not reached or any(trail.questions == 1 for trail in reached),
        time.time(),
        took_seconds,
    )
