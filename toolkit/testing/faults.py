"""Faults by script: which call of which action ends how, and whether AWS did it all the same."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from toolkit.domain.errors import CloudError, NotYet, Refused, Terminal, Transient, Unreachable

Effect: TypeAlias = Literal["happens", "does not happen"]
READ = "read"


@dataclass
class Fault:
    """The calls of an action from ``first`` on (counted from 1, since the fault was set), ``times`` of them.

    ``action`` None is every change; READ is every read.
    """

    action: str | None
    error: Callable[[str], CloudError]
    effect: Effect
    first: int
    times: int
    seen: int = 0

    def strikes(self, action: str) -> bool:
        """Whether this call fails; counts it."""
        if self.action != action and (self.action is not None or action == READ):
            return False
        self.seen += 1
        return self.first <= self.seen < self.first + self.times


class FaultScript:
    """The faults set so far; the first that strikes a call decides."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def strike(self, action: str) -> Fault | None:
        with self._lock:
            struck = [fault for fault in self._faults if fault.strikes(action)]
        return struck[0] if struck else None


def throttled(action: str) -> CloudError:
    """Refused before anything was done, because of too many calls."""
    return Transient(action, "RequestLimitExceeded", "Request limit exceeded.", outcome_unknown=False)


def broken(action: str) -> CloudError:
    """An HTTP 500: nobody knows whether it was done."""
    return Transient(action, "InternalError", "An internal error has occurred")


def silent(action: str) -> CloudError:
    """Sent, and no answer came."""
    return Unreachable(action, "ReadTimeoutError", "Read timeout on endpoint URL")


def unreachable(action: str) -> CloudError:
    """Never sent: no connection."""
    return Unreachable(action, "EndpointConnectionError", "Could not connect to the endpoint", outcome_unknown=False)


def not_ready(action: str) -> CloudError:
    """The thing is still on its way to a state in which it can be changed."""
    return NotYet(action, "IncorrectInstanceState", "the instance is not in a valid state for this operation")


def refused(action: str) -> CloudError:
    """The permission is missing."""
    return Refused(action, "UnauthorizedOperation", f"the credentials lack the permission ec2:{action}")


def impossible(action: str) -> CloudError:
    """Wrong now and at every repeat."""
    return Terminal(action, "UnsupportedOperation", "The functionality you requested is not available")
