"""How long and how often to try: deadlines and repeats with jitter, on a clock that is an argument (tenacity)."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import tenacity

from toolkit.domain.errors import CloudError, NotYet, Transient, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.ports import Clock

T = TypeVar("T")

# A dead endpoint is asked again soon, so that the move follows its return within half a second; a throttled
# one less and less often, as each refusal costs a token too (AWS.md §3).
UNREACHABLE_WAIT_SECONDS: Final = 0.35
THROTTLE_FIRST_SECONDS: Final = 0.1
THROTTLE_LONGEST_SECONDS: Final = 2.0
THROTTLES: Final = frozenset({"requestlimitexceeded", "ec2throttledexception", "bandwidthlimitexceeded", "slowdown"})


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on a clock's monotonic seconds, after which nothing more is tried."""

    clock: Clock
    at: float

    @classmethod
    def after(cls, clock: Clock, seconds: float) -> Deadline:
        return cls(clock, clock.monotonic() + seconds)

    @property
    def left_seconds(self) -> float:
        return max(0.0, self.at - self.clock.monotonic())

    @property
    def passed(self) -> bool:
        return self.clock.monotonic() >= self.at


def wait_seconds(error: BaseException | None, attempt: int) -> float:
    """How long to wait after the attempt-th failure, with jitter so that many callers spread."""
    spread = random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret
    if isinstance(error, Unreachable):
        return UNREACHABLE_WAIT_SECONDS * spread
    code = error.code.lower() if isinstance(error, CloudError) else ""
    if code in THROTTLES or code.startswith("throttl"):
        return min(THROTTLE_LONGEST_SECONDS, THROTTLE_FIRST_SECONDS * 2.0 ** (attempt - 1)) * spread
    return min(UNREACHABLE_WAIT_SECONDS, THROTTLE_FIRST_SECONDS * attempt) * spread


def persist(
    work: Callable[[], T],
    deadline: Deadline,
    *,
    on: tuple[type[Exception], ...] = (Transient, NotYet),
    between: Callable[[], None] | None = None,
) -> T:
    """Repeat ``work`` while it raises one of ``on``, until the deadline; then the last error goes on.

    ``between`` is called before each wait, so that a lease can be renewed.
    """

    def sleep(seconds: float) -> None:
        if between is not None:
            between()
        deadline.clock.sleep(min(seconds, deadline.left_seconds))

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(on),
        stop=lambda _state: deadline.passed,
        wait=lambda state: wait_seconds(state.outcome.exception() if state.outcome else None, state.attempt_number),
        sleep=sleep,
        reraise=True,
    )
    return retrying(work)


def until(
    question: Callable[[], T | None],
    deadline: Deadline,
    *,
    every_seconds: float,
    between: Callable[[], None] | None = None,
) -> T | None:
    """Ask until the answer is not None, at a steady step; None when the deadline passes first."""
    while True:
        answer = question()
        if answer is not None or deadline.passed:
            return answer
        if between is not None:
            between()
        deadline.clock.sleep(min(every_seconds, deadline.left_seconds))
