"""What the watcher's loop needs of the outside, as protocols."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from toolkit.domain.errors import FailoverError
    from toolkit.domain.group import Configuration
    from toolkit.domain.health import Observation
    from toolkit.engine.engine import Engine
    from toolkit.ports import Clock
    from toolkit.watch.guard import Round
    from toolkit.watch.voice import Voice

T = TypeVar("T")
Act = Callable[[], None]


class Inbox(Protocol):
    """What is to be done next in the loop's own thread; filled by every other one."""

    def put(self, act: Act) -> None: ...

    def get(self, timeout_seconds: float) -> Act | None:
        """The next act, None when none came in time."""
        ...


class Eyes(Protocol):
    """Makes rounds of looks beside the loop."""

    def begin(self, round_: Round, done: Callable[[Sequence[Observation]], None]) -> None:
        """Look, then call ``done`` in the loop's thread."""
        ...


class Workers(Protocol):
    """Does what takes long beside the loop."""

    def begin(self, work: Callable[[], T], done: Callable[[T | FailoverError], None]) -> None:
        """Work, then call ``done`` in the loop's thread with the result or the foreseen error."""
        ...


class Supervisor(Protocol):
    """Who started the watcher and wants to know how it does: systemd, or nobody."""

    @property
    def beat_seconds(self) -> float:
        """How often it wants a sign of life, infinity for never."""
        ...

    def tell(self, *words: str) -> None:
        """Assignments as of sd_notify(3): ``READY=1``."""
        ...


class Sources(Protocol):
    """Where the configuration comes from, and how an engine is wired to it."""

    def configuration(self) -> Configuration:
        """Read it now; raises ConfigurationError."""
        ...

    def engine(self, configuration: Configuration) -> Engine:
        """An engine for its state and Region; the same one as long as these are."""
        ...


@dataclass(frozen=True, slots=True)
class Outside:
    """Everything that the loop is given; ``observer`` names this place among those that vote.

    Workers of their own read the world, ask for checks, vote, send notices and run, so that none of these waits
    behind another one that hangs.
    """

    sources: Sources
    clock: Clock
    inbox: Inbox
    eyes: Eyes
    readers: Workers
    askers: Workers
    voters: Workers
    tellers: Workers
    runners: Workers
    supervisor: Supervisor
    voice: Voice
    observer: str
