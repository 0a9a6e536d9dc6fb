"""Asks many resolvers for one name at once, and gathers what explains the wrong answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from toolkit.domain.answers import Answer, Failure
from toolkit.domain.causes import judge
from toolkit.domain.circumstances import Circumstances
from toolkit.domain.naming import Expectation, Judgement, Standing, View, standing
from toolkit.ports import Resolver

MOST_AT_ONCE: Final = 32


@dataclass(frozen=True, slots=True)
class Check:
    """One name, what is expected of it, and whom to ask on which side."""

    expected: Expectation
    servers: Sequence[tuple[str, View]]
    timeout_seconds: float = 2.0
    hostnames_off: bool | None = None


def check(resolver: Resolver, wanted: Check) -> tuple[Judgement, ...]:
    """A judgement for each server that should know the name, in their order; raises UsageError for no resolver."""
    servers = [(server, view) for server, view in wanted.servers if wanted.expected.is_seen(view)]
    if not servers:
        return ()
    limit = wanted.timeout_seconds
    with ThreadPoolExecutor(min(MOST_AT_ONCE, len(servers)), thread_name_prefix="dns-check") as pool:
        answers = pool.map(lambda row: resolver.ask(wanted.expected.name, row[0], timeout_seconds=limit), servers)
        rows = [(answer, view) for answer, (_, view) in zip(answers, servers, strict=True)]
        right = {view: right_ones(rows, view, wanted.expected) for view in View}
        return tuple(pool.map(lambda row: diagnosed(resolver, wanted, row[0], row[1], right), rows))


def right_ones(rows: Sequence[tuple[Answer, View]], view: View, expected: Expectation) -> frozenset[str]:
    """The resolvers of one side that are right."""
    return frozenset(a.resolver for a, v in rows if v is view and standing(a, v, expected) is Standing.RIGHT)


def diagnosed(
    resolver: Resolver, wanted: Check, answer: Answer, view: View, right: Mapping[View, frozenset[str]]
) -> Judgement:
    """The answer with its cause; only one that needs a cause costs further questions."""
    first = judge(answer, view, wanted.expected, Circumstances())
    if first.standing is Standing.UNKNOWN or (first.standing is Standing.RIGHT and not first.cause):
        return first
    limit = wanted.timeout_seconds
    alive = None
    if answer.failure is Failure.SERVFAIL:
        # A name that can't exist: a server that can resolve at all denies it instead of failing.
        control = resolver.ask(
            f"failover-control.{_parent(wanted.expected.name)}", answer.resolver, timeout_seconds=limit
        )
        alive = control.failure in {Failure.NXDOMAIN, Failure.EMPTY} or bool(control.addresses)
    known = Circumstances(
        software=resolver.software(answer.resolver, timeout_seconds=limit),
        upstream_alive=alive,
        others_right=bool(right[view] - {answer.resolver}),
        hostnames_off=wanted.hostnames_off,
    )
    return judge(answer, view, wanted.expected, known)


def _parent(name: str) -> str:
    return name.partition(".")[2] or name
