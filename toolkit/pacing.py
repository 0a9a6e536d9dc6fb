"""How long and how often to try: deadlines and repeats with jitter, on a clock that is an argument (tenacity)."""

from __future__ import annotations

import math
import random
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import tenacity

from toolkit.domain.errors import CloudError, NotYet, Transient, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from toolkit.ports import Clock

T = TypeVar("T")

# A dead endpoint is asked again soon, so that the move follows its return within half a second; a throttled
# one less and less often, as each refusal costs a token too (AWS.md §3).
UNREACHABLE_WAIT_SECONDS: Final = 0.35
THROTTLE_FIRST_SECONDS: Final = 0.1
THROTTLE_LONGEST_SECONDS: Final = 2.0
# How the distance between calls follows what AWS admits: at this balance one call in five is refused, so that hardly a
# token is left lying and few are asked for in vain.
PACE_SLOWER: Final = 1.5
PACE_FASTER: Final = 0.9
PACE_SHORTEST_SECONDS: Final = 0.01
# A bucket fills again while nobody asks: what was true of it is half as true after this time without a refusal.
PACE_HALF_LIFE_SECONDS: Final = 30.0
_AT_ONCE_SECONDS: Final = 0.001
_MOST_DOUBLINGS: Final = 64
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
    if is_throttle(error):
        return doubled(THROTTLE_FIRST_SECONDS, attempt - 1, longest=THROTTLE_LONGEST_SECONDS) * spread
    return min(UNREACHABLE_WAIT_SECONDS, THROTTLE_FIRST_SECONDS * attempt) * spread


def doubled(seconds: float, times: int, *, longest: float) -> float:
    """The seconds doubled so many times, ``longest`` at most; of any number of times, where a bare power overflows."""
    return min(longest, seconds * 2.0 ** min(times, _MOST_DOUBLINGS))


def is_throttle(error: BaseException | None) -> bool:
    """Whether AWS refused a request because there were too many."""
    code = error.code.lower() if isinstance(error, CloudError) else ""
    return code in THROTTLES or code.startswith("throttl")


class Pace:
    """Keeps calls of one action apart once AWS throttles it; shared by everybody who makes such calls.

    EC2 has a bucket of tokens for each action and account (AWS.md §3): many threads that each wait for
    themselves would together ask for ten times what the bucket gives. Until the first refusal nobody waits, and
    minutes after the last one nobody does any more.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._apart: dict[str, float] = {}
        self._next: dict[str, float] = {}
        self._slowed: dict[str, float] = {}

    def turn(self, action: str, *, now: float) -> float:
        """Nought when a call may go out ``now`` (monotonic), which then counts as gone; else when to ask again."""
        with self._lock:
            left = self._next.get(action, now) - now
            if left > _AT_ONCE_SECONDS:
                return left
            apart = self._distance(action, now=now)
            if apart:
                self._next[action] = now + apart * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, not a secret
            return 0.0

    def refused(self, action: str, *, asked_at: float, now: float) -> None:
        """Go slower. Of calls that were on their way together, only the first refusal counts."""
        with self._lock:
            if asked_at < self._slowed.get(action, -math.inf):
                return
            apart = self._distance(action, now=now)
            self._apart[action] = (
                min(apart * PACE_SLOWER, THROTTLE_LONGEST_SECONDS) if apart else THROTTLE_FIRST_SECONDS
            )
            self._next[action] = now + self._apart[action]
            self._slowed[action] = now

    def admitted(self, action: str) -> None:
        """Go faster, down to no distance at all."""
        with self._lock:
            if action in self._apart:
                self._apart[action] *= PACE_FASTER

    def _distance(self, action: str, *, now: float) -> float:
        """The seconds between two calls as of ``now``, nought once that is hardly any."""
        quiet = max(0.0, now - self._slowed.get(action, now))
        apart = self._apart.get(action, 0.0) * math.exp2(-quiet / PACE_HALF_LIFE_SECONDS)
        if apart >= PACE_SHORTEST_SECONDS:
            return apart
        self._apart.pop(action, None)
        self._next.pop(action, None)
        return 0.0


class Polls:
    """Shares out the looks of all who wait for something at the same time: each waits the longer, the more wait."""

    def __init__(self, every_seconds: float, *, most_per_second: float) -> None:
        self._lock = threading.Lock()
        self._every_seconds = every_seconds
        self._apart_seconds = 1.0 / most_per_second
        self._last = -math.inf

    def wait_seconds(self, *, now: float) -> float:
        """How long whoever has just looked, ``now`` (monotonic), waits before the next look, which is kept for him."""
        with self._lock:
            self._last = max(now + self._every_seconds, self._last + self._apart_seconds)
            return self._last - now


def or_again(asked: Future[T], again: Callable[[], T]) -> T:
    """The answer; asked for again where it was none."""
    try:
        return asked.result()
    except (Transient, NotYet):
        return again()


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
