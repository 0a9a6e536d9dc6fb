"""Which parts of AWS answer, and what is said of those that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.domain.errors import Transient

if TYPE_CHECKING:
    from toolkit.watch.knowledge import Away
    from toolkit.watch.voice import Voice


class Reach:
    """Says once that a part does not answer, and that it answers again when every way of asking it does.

    The ways are ``reads`` of everything and ``checks`` of status and alarms alone: one may be throttled while the
    other is not.
    """

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._silent: set[tuple[str, str]] = set()

    def failed(self, away: Away, *, way: str, group: str = "") -> None:
        """A part did not answer, or its answer was an error."""
        text = f"{away.error}; the watch goes on, and nothing moves on what is older than its limit"
        if isinstance(away.error, Transient):
            self._silent.add((away.part, way))
            self._voice.state(f"{away.part} away", text, key="yes")
        elif way == "checks":
            text = f"{away.error}; status checks and alarms tell nothing meanwhile"
            self._voice.state("checks", text, key=type(away.error).__name__)
        else:
            self._voice.state("unreadable", text, group=group, key=type(away.error).__name__)

    def answered(self, part: str, *, way: str) -> None:
        """A part answered."""
        self._silent.discard((part, way))
        if way == "checks":
            self._voice.over("checks", "status checks and alarms are told again")
        if not any(each == part for each, _ in self._silent):
            self._voice.over(f"{part} away", "it answers again")
