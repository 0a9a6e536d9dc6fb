"""Asks many resolvers for one name at once, and gathers what explains the wrong answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Protocol

from toolkit.domain.answers import Answer, Failure
from toolkit.domain.causes import judge
from toolkit.domain.circumstances import Circumstances
from toolkit.domain.naming import Expectation, Judgement, Standing, View, standing

MOST_AT_ONCE: Final = 32


class Asker(Protocol):
    """A resolver that can also say what software answers."""

    def ask(self, name: str, resolver: str, *, timeout_seconds: float) -> Answer: ...

    def software(self, resolver: str, *, timeout_seconds: float) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Check:
    """One name, what is expected of it, and whom to ask on which side."""

    expected: Expectation
    servers: Sequence[tuple[str, View]]
    timeout_seconds: float = 2.0
    hostnames_off: bool | None = None


def check(asker: Asker, wanted: Check) -> tuple[Judgement, ...]:
    """A judgement for each server, in their order; raises UsageError for what is no resolver."""
    if not wanted.servers:
        return ()
    limit = wanted.timeout_seconds
    with ThreadPoolExecutor(min(MOST_AT_ONCE, len(wanted.servers)), thread_name_prefix="dns-check") as pool:
        answers = list(
            pool.map(lambda row: asker.ask(wanted.expected.name, row[0], timeout_seconds=limit), wanted.servers)
        )
        rows = [(answer, view) for answer, (_, view) in zip(answers, wanted.servers, strict=True)]
        right = {view: [a for a, v in rows if v is view and _standing(a, v, wanted) is Standing.RIGHT] for view in View}
        return tuple(pool.map(lambda row: _judged(asker, wanted, row[0], row[1], right), rows))


def _standing(answer: Answer, view: View, wanted: Check) -> Standing:
    return standing(answer, view, wanted.expected)


def _judged(
    asker: Asker, wanted: Check, answer: Answer, view: View, right: Mapping[View, Sequence[Answer]]
) -> Judgement:
    """The answer with its cause; only one that needs a cause costs further questions."""
    first = judge(answer, view, wanted.expected, Circumstances())
    if first.standing is Standing.UNKNOWN or (first.standing is Standing.RIGHT and not first.cause):
        return first
    limit, resolver = wanted.timeout_seconds, answer.resolver
    alive = None
    if answer.failure is Failure.SERVFAIL:
        # A name that can't exist: a server that can resolve at all denies it instead of failing.
        control = asker.ask(f"failover-control.{_parent(wanted.expected.name)}", resolver, timeout_seconds=limit)
        alive = control.failure in {Failure.NXDOMAIN, Failure.EMPTY} or bool(control.addresses)
    known = Circumstances(
        software=asker.software(resolver, timeout_seconds=limit),
        upstream_alive=alive,
        others_right=any(other.resolver != resolver for other in right[view]),
        hostnames_off=wanted.hostnames_off,
    )
    return judge(answer, view, wanted.expected, known)


def _parent(name: str) -> str:
    return name.partition(".")[2] or name
