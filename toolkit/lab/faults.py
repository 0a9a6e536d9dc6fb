"""The layer that makes calls go wrong, as the faults in force say."""

import math
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import assert_never

from toolkit.lab.buckets import Buckets
from toolkit.lab.exchange import Answer, Dropped, Handler, Request
from toolkit.lab.fault import (
    BlackHole,
    Deny,
    Drop,
    Expire,
    Fault,
    Kill,
    Latency,
    Refusal,
    Stale,
    Throttle,
)
from toolkit.lab.refusals import FORBIDDEN, refuse, unauthorized
from toolkit.lab.stale import Past, PastAnswers

UNAVAILABLE = 503


def _value(params: Mapping[str, object], path: str) -> object:
    """A parameter by its flat name, or a JSON member by its dotted path."""
    if path in params:
        return params[path]
    found: object = params
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def fits(fault: Fault, request: Request) -> bool:
    """Whether a request is one that the fault speaks of."""
    return (
        fnmatchcase(request.service, fault.service)
        and any(fnmatchcase(request.action, pattern) for pattern in fault.action.split("|"))
        and fnmatchcase(request.user_agent, fault.user_agent)
        and fault.mutating in {None, request.mutating}
        and all(fnmatchcase(str(_value(request.params, k)), v) for k, v in fault.params.items())
    )


@dataclass
class _Active:
    """A fault in force, with what it has seen so far."""

    fault: Fault
    clock: Callable[[], float]
    past: Past
    released: threading.Event = field(default_factory=threading.Event)
    seen: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.until = math.inf if self.fault.seconds is None else self.clock() + self.fault.seconds
        self.random = random.Random(self.fault.seed)  # noqa: S311 - repeatable, not secret
        effect = self.fault.effect
        self.past_answers = PastAnswers(self.clock, self.past)
        self.buckets = (
            Buckets(self.clock, scale=effect.scale, neighbour_per_second=effect.neighbour_per_second)
            if isinstance(effect, Throttle)
            else Buckets(self.clock)
        )

    def fires(self, request: Request) -> bool:
        """Whether the fault acts on this call; counts it if it fits."""
        if self.clock() >= self.until or not fits(self.fault, request):
            return False
        counted = request.action if self.fault.per_action else ""
        self.seen[counted] += 1
        past = self.seen[counted] - self.fault.first
        in_turn = past >= 0 and (self.fault.count is None or past < self.fault.count)
        return in_turn and self.random.random() < self.fault.probability

    def wait_for_release(self) -> None:
        """Returns when the fault is cleared or over."""
        self.released.wait(None if math.isinf(self.until) else max(0.0, self.until - self.clock()))


@dataclass
class Faults:
    """The faults in force. One at a time may be added or all cleared, while calls run."""

    past: Past
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    kill: Callable[[int, int], None] = os.kill
    _active: list[_Active] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault) -> None:
        """Puts a fault in force, after those that are."""
        with self._lock:
            self._active.append(_Active(fault, self.clock, self.past))

    def clear(self) -> None:
        """Ends all faults; calls held in a black hole are dropped."""
        with self._lock:
            for active in self._active:
                active.released.set()
            self._active.clear()

    def in_force(self) -> list[Fault]:
        """The faults in force."""
        with self._lock:
            return [active.fault for active in self._active]

    def around(self, inner: Handler) -> Handler:
        """A handler that lets the faults act on what passes to ``inner``."""

        def disturb(request: Request) -> Answer:
            with self._lock:
                firing = [active for active in self._active if active.fires(request)]
                lagging = [active for active in self._active if isinstance(active.fault.effect, Stale)]
            answer = self._before(request, firing=firing)
            if answer is None:
                self._keep_past(request, lagging=lagging)
                answer = inner(request)
            return self._after(request, answer, firing=firing)

        return disturb

    def _before(self, request: Request, *, firing: list[_Active]) -> Answer | None:
        for active in firing:
            answer = self._instead(active, request)
            if answer is not None:
                return answer
        return None

    def _instead(self, active: _Active, request: Request) -> Answer | None:
        """What a fault answers instead of the call, or None to go on."""
        effect = active.fault.effect
        match effect:
            case Latency(when="before"):
                self.sleep(effect.seconds + active.random.uniform(0, effect.jitter_seconds))
            case Kill(when="before"):
                self._kill(effect.pid)
            case BlackHole():
                active.wait_for_release()
                raise Dropped
            case Stale():
                return self._past_answer(active, request)
            case Throttle():
                return self._throttled(active, request)
            case Drop(when="before"):
                raise Dropped
            case Refusal() | Deny() | Expire():
                return _refusal(effect, request, draw=active.random)
            case Latency() | Drop() | Kill():
                pass
            case _:
                assert_never(effect)
        return None

    def _after(self, request: Request, answer: Answer, *, firing: list[_Active]) -> Answer:
        for active in firing:
            match active.fault.effect:
                case Latency(when="after", seconds=seconds, jitter_seconds=jitter):
                    self.sleep(seconds + active.random.uniform(0, jitter))
                case Refusal(when="after") as refusal:
                    answer = refuse(request, refusal.code, message=refusal.message, status=refusal.status)
                case Drop(when="after"):
                    raise Dropped
                case Kill(when="after", pid=pid):
                    self._kill(pid)
                case _:
                    pass
        return answer

    def _kill(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            self.kill(pid, signal.SIGKILL)
        raise Dropped

    def _past_answer(self, active: _Active, request: Request) -> Answer | None:
        if request.mutating or request.service != "ec2":
            return None
        with self._lock:
            return active.past_answers.answer(request)

    def _keep_past(self, request: Request, *, lagging: list[_Active]) -> None:
        if not request.mutating or request.service != "ec2":
            return
        for active in lagging:
            effect = active.fault.effect
            if isinstance(effect, Stale):
                with self._lock:
                    active.past_answers.before_write(seconds=effect.seconds)

    def _throttled(self, active: _Active, request: Request) -> Answer | None:
        with self._lock:
            admitted = active.buckets.admits(request)
        if admitted:
            return None
        return refuse(request, "RequestLimitExceeded", message="Request limit exceeded.", status=UNAVAILABLE)


def _refusal(effect: Refusal | Deny | Expire, request: Request, *, draw: random.Random) -> Answer | None:
    match effect:
        case Refusal(when="before"):
            return refuse(request, effect.code, message=effect.message, status=effect.status)
        case Deny():
            return unauthorized(request, f"{request.service}:{request.action}", draw=draw)
        case Expire():
            return _expired(request)
        case _:
            return None


def _expired(request: Request) -> Answer:
    if request.service == "ec2":
        return refuse(request, "RequestExpired", message="Request has expired.", status=400)
    if request.service == "dynamodb":
        message = "The security token included in the request is expired"
        return refuse(request, "ExpiredTokenException", message=message, status=400)
    message = "The security token included in the request is expired"
    return refuse(request, "ExpiredToken", message=message, status=FORBIDDEN)
