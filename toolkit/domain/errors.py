"""The errors of the toolkit; each knows its exit code and its one line for people.

FailoverError
├── UsageError                    2  the call's words are off
├── ConfigurationError            2  every fault of a configuration, with its place and remedy
├── Held                          3  a decision not to move
├── Incomplete                    4  some steps are done, ``failover resume`` knows the rest
├── Unverified                    5  moved, but not proven in time
├── LeaseHeld                     7  somebody else moves this group now
├── LeaseLost                     4  somebody else took over during the run
├── JournalBroken                 1  the record can't be written or read
└── CloudError                       an answer, or no answer, of AWS
    ├── Transient                 8  back off and repeat; the outcome may be unknown
    │   └── Unreachable           8  no answer at all
    ├── NotYet                    8  the state is not there yet: poll
    ├── AlreadyDone               4  true already: confirm by reading
    ├── Conflict                  3  somebody else changed it: decide again
    └── Terminal                  6  AWS will not do it: stop at once
        ├── Missing               2  an id that does not exist here
        └── Refused               6  credentials or permission
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence


class ExitCode(IntEnum):
    """What a script reads from the program's end; the meanings never change."""

    DONE = 0
    FAULT = 1
    USAGE = 2
    HOLD = 3
    INCOMPLETE = 4
    UNVERIFIED = 5
    REFUSED = 6
    LEASE_HELD = 7
    UNREACHABLE = 8


class FailoverError(Exception):
    """Any end of the program that is foreseen; ``str()`` is one line that says what to do."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAULT


class UsageError(FailoverError):
    """The command was called in a way that has no meaning."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a configuration: where it stands, what it is, what to write instead.

    ``path`` is dotted (``groups.db.addresses[0].id``); ``line`` counts from 1, 0 if unknown.
    """

    path: str
    problem: str
    remedy: str
    line: int = 0


class ConfigurationError(FailoverError):
    """A configuration that can't be used, with all its faults at once."""

    exit_code = ExitCode.USAGE

    def __init__(self, source: str, faults: Sequence[Fault]) -> None:
        self.source = source
        self.faults = tuple(faults)
        super().__init__("\n".join(self._line(fault) for fault in self.faults))

    def _line(self, fault: Fault) -> str:
        place = f"{self.source}:{fault.line}" if fault.line else self.source
        where = f" {fault.path}:" if fault.path else ""
        return f"{place}:{where} {fault.problem}; {fault.remedy}"


class Held(FailoverError):
    """A decision not to move; nothing was changed."""

    exit_code = ExitCode.HOLD


class Incomplete(FailoverError):
    """Some steps are done and some are not."""

    exit_code = ExitCode.INCOMPLETE


class Unverified(FailoverError):
    """The move is made, the proof did not come in time."""

    exit_code = ExitCode.UNVERIFIED


class LeaseHeld(FailoverError):
    """Another run has the right to move this group."""

    exit_code = ExitCode.LEASE_HELD

    def __init__(self, group: str, owner: str, *, expires_in_seconds: float | None = None) -> None:
        self.group = group
        self.owner = owner
        self.expires_in_seconds = expires_in_seconds
        until = "" if expires_in_seconds is None else f", for {expires_in_seconds:.1f} s more unless it is renewed"
        super().__init__(f"group {group}: the lease is held by {owner}{until}; wait for that run or look at it")


class LeaseLost(FailoverError):
    """The lease was taken over, or ran out, while this run was at work: it must touch nothing more."""

    exit_code = ExitCode.INCOMPLETE


class JournalBroken(FailoverError):
    """The record of runs can't be written or read."""


class CloudError(FailoverError):
    """What AWS answered to one call, or that it did not answer."""

    def __init__(self, action: str, code: str, message: str) -> None:
        self.action = action
        self.code = code
        self.message = message
        super().__init__(f"{action}: {code}: {message}" if code else f"{action}: {message}")


class Transient(CloudError):
    """Throttled or broken on AWS's side; ``outcome_unknown`` when a change may have been made."""

    exit_code = ExitCode.UNREACHABLE

    def __init__(self, action: str, code: str, message: str, *, outcome_unknown: bool = True) -> None:
        super().__init__(action, code, message)
        self.outcome_unknown = outcome_unknown


class Unreachable(Transient):
    """No answer came: name, connection, TLS or time."""


class NotYet(CloudError):
    """AWS is still on its way to the state that this call needs."""

    exit_code = ExitCode.UNREACHABLE


class AlreadyDone(CloudError):
    """AWS says that there is nothing left to do; only a read confirms it."""

    exit_code = ExitCode.INCOMPLETE


class Conflict(CloudError):
    """Another hand changed the thing; a new decision is needed, never a blind repeat."""

    exit_code = ExitCode.HOLD


class Terminal(CloudError):
    """A repeat would give the same answer."""

    exit_code = ExitCode.REFUSED


class Missing(Terminal):
    """An id or a name that does not exist in this account and Region."""

    exit_code = ExitCode.USAGE


class Refused(Terminal):
    """Credentials are absent or expired, or a permission is missing."""

    exit_code = ExitCode.REFUSED
