"""Asks until everything has turned: every name at every resolver, and the service through every address.

A name is proven when all of its resolvers are settled (``toolkit.domain.settling``) in the same round, so that
one which was right at first is still asked while another lags. When all are right at the first look, one round
is all there is.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from toolkit.domain.health import Outcome
from toolkit.domain.naming import Expectation, Standing, View, standing
from toolkit.domain.settling import Proof
from toolkit.engine.outcome import Check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from toolkit.domain.answers import Answer
    from toolkit.domain.group import Group
    from toolkit.pacing import Deadline
    from toolkit.ports import Clock, Prober, Resolver

T = TypeVar("T")

MOST_AT_ONCE: Final = 32
POLL_SECONDS: Final = 0.3
# How often the lease is looked after while answers are awaited: real time, as they are.
BETWEEN_SECONDS: Final = 0.5
RESOLVER_TIMEOUT_SECONDS: Final = 2.0
SHORTEST_SECONDS: Final = 0.1


class Looked(Protocol):
    """Something that is looked at until it is as it should be."""

    def look(self, *, left_seconds: float) -> None: ...

    def settled(self) -> bool: ...

    def check(self) -> Check:
        """What is proven; looks for the cause where nothing is."""
        ...


class NameAt:
    """One name at one resolver."""

    def __init__(self, expected: Expectation, view: View, server: str, *, resolver: Resolver, clock: Clock) -> None:
        self.expected = expected
        self.view = view
        self.server = server
        self.is_right = False
        self.beside: Sequence[NameAt] = ()
        self._resolver = resolver
        self._clock = clock
        self._began = clock.monotonic()
        self._proof = Proof()
        self._last: Answer | None = None
        self._wrong: Answer | None = None

    def look(self, *, left_seconds: float) -> None:
        limit = max(SHORTEST_SECONDS, min(RESOLVER_TIMEOUT_SECONDS, left_seconds))
        answer = self._resolver.ask(self.expected.name, self.server, timeout_seconds=limit)
        promised = bool(self.expected.right(self.view))
        self.is_right = promised and standing(answer, self.view, self.expected) is Standing.RIGHT
        self._proof = self._proof.after(right=self.is_right, ttl=answer.ttl, at=self._clock.monotonic())
        self._last, self._wrong = answer, self._wrong if self.is_right else answer

    def settled(self) -> bool:
        return self._proof.settled(now=self._clock.monotonic())

    def check(self) -> Check:
        passed = self.settled()
        detail = self._turned() if passed else f"{self._lagging()}{self._why()}"
        return Check(self.expected.name, f"dns {self.view.value} {self.server}", passed=passed, detail=detail)

    def _said(self) -> str:
        last = self._last
        return "nothing" if last is None else ", ".join(last.addresses) or last.problem or "nothing"

    def _turned(self) -> str:
        if not self._proof.was_wrong or self._proof.right_since is None:
            return self._said()
        return f"{self._said()}, since {self._proof.right_since - self._began:.1f} s after the move"

    def _lagging(self) -> str:
        if self.is_right:
            return f"answers {self._said()}: {self._proof.in_words(now=self._clock.monotonic())}"
        wanted = " or ".join(sorted(self.expected.right(self.view))) or "nothing"
        return f"answers {self._said()}, wanted {wanted}"

    def _why(self) -> str:
        """The likeliest cause of the last wrong answer, and its remedy."""
        from toolkit.engine import checking  # noqa: PLC0415 - only laggards need causes

        if self._wrong is None:
            return ""
        beside = frozenset(other.server for other in self.beside if other.view is self.view and other.is_right)
        wanted = checking.Check(self.expected, (), RESOLVER_TIMEOUT_SECONDS)
        told = checking.diagnosed(self._resolver, wanted, self._wrong, self.view, {self.view: beside})
        cause = "" if told.cause in self._said() else f"; {told.cause}"
        return f"{cause}; {told.remedy}" if told.remedy else cause


class Through:
    """The service as it is reached through one address."""

    def __init__(self, group: Group, address: str, *, prober: Prober) -> None:
        self._group = group
        self._address = address
        self._prober = prober
        self._passed = False
        self._why = ""

    def look(self, *, left_seconds: float) -> None:
        del left_seconds
        seen = self._prober.through(self._group, self._address)
        self._passed, self._why = seen.outcome is Outcome.PASSED, seen.why

    def settled(self) -> bool:
        return self._passed

    def check(self) -> Check:
        return Check(self._address, "through", passed=self._passed, detail=self._why)


def together(row: Sequence[NameAt]) -> Sequence[NameAt]:
    """The resolvers of one name, each with the others in sight."""
    for each in row:
        each.beside = row
    return row


def proven(claims: Sequence[Sequence[Looked]], deadline: Deadline, between: Callable[[], None]) -> list[Check]:
    """Look until all of each claim is settled in one round, or the deadline passes; a check for each looked at.

    ``between`` is called while answers are awaited, so that a lease can be renewed.
    """
    with _workers(sum(len(claim) for claim in claims)) as pool:
        pending = list(claims)
        while pending:
            _await([pool.submit(_look, each, deadline) for claim in pending for each in claim], between)
            pending = [claim for claim in pending if not all(each.settled() for each in claim)]
            if not pending or deadline.passed:
                break
            between()
            deadline.clock.sleep(min(POLL_SECONDS, deadline.left_seconds))
        checks = [pool.submit(each.check) for claim in claims for each in claim]
        _await(checks, between)
        return [check.result() for check in checks]


def _look(each: Looked, deadline: Deadline) -> None:
    each.look(left_seconds=deadline.left_seconds)


@contextmanager
def _workers(most: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that drop what they have not begun when the block is left by an error."""
    pool = ThreadPoolExecutor(max_workers=max(1, min(MOST_AT_ONCE, most)), thread_name_prefix="verify")
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _await(futures: Iterable[Future[T]], between: Callable[[], None]) -> None:
    """Until all are done; raises what the first of them raised."""
    left = set(futures)
    while left:
        done, left = wait(left, timeout=BETWEEN_SECONDS)
        for future in done:
            future.result()
        if left:
            between()
