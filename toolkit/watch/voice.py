"""What a watcher says: each thing once, when it changes, and not every second."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Line:
    """One thing said: when (wall-clock seconds), of which group (empty: the watcher itself), on what topic."""

    at: float
    group: str
    topic: str
    text: str


class Hearer(Protocol):
    """Whoever shows lines: a terminal, the journal of the system, a test."""

    def hear(self, line: Line) -> None: ...


@dataclass(slots=True)
class Voice:
    """Says lines to one hearer; ``state`` keeps quiet while nothing has changed.

    A line that can't be written, as the disk is full or its reader is gone, is no reason to end the watch:
    ``unheard`` counts them.
    """

    hearer: Hearer
    wall: Callable[[], float]
    unheard: int = 0
    _states: dict[tuple[str, str], str] = field(default_factory=dict)

    def say(self, topic: str, text: str, *, group: str = "") -> None:
        """Say something that happened."""
        try:
            self.hearer.hear(Line(self.wall(), group, topic, text))
        except (OSError, ValueError):
            self.unheard += 1

    def state(self, topic: str, text: str, *, group: str = "", key: str | None = None) -> bool:
        """Say how something is, if that is news; ``key`` tells whether it is, where the words have numbers in them."""
        if self._states.get((group, topic)) == (key or text):
            return False
        self._states[group, topic] = key or text
        self.say(topic, text, group=group)
        return True

    def over(self, topic: str, text: str, *, group: str = "") -> bool:
        """Say that a state has ended, if it was ever said to be."""
        if self._states.pop((group, topic), None) is None:
            return False
        self.say(topic, text, group=group)
        return True

    def now(self, topic: str, *, group: str = "") -> str | None:
        """The state as it was said last, by its key."""
        return self._states.get((group, topic))
