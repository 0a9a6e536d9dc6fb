"""Votes: what this observer believes, told to the others, and what enough of them believe together."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from toolkit.detection import Evidence, life_seconds
from toolkit.domain.errors import FailoverError
from toolkit.domain.health import Vote
from toolkit.engine.judging import by_votes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from toolkit.domain.group import Group, Quorum
    from toolkit.engine.view import Ports
    from toolkit.watch.bulkhead import Bulkhead
    from toolkit.watch.guard import Guard
    from toolkit.watch.outside import Outside

# A vote is renewed so often within its life that one lost write does not silence an observer.
RENEWALS: Final = 3


class Polls:
    """Casts and counts beside the loop, one exchange at a time for each group."""

    def __init__(self, outside: Outside, bulkhead: Bulkhead) -> None:
        self._outside = outside
        self._bulkhead = bulkhead

    def tend(self, guard: Guard, ports: Ports, *, changed: bool) -> None:
        """Let the others know what is believed here: when it changes, and again before the vote is too old."""
        now = self._outside.clock.monotonic()
        old = now - guard.polled_at > life_seconds(guard.group.health) / RENEWALS
        if guard.group.health.quorum is not None and (changed or old):
            self.exchange(guard, ports, lambda: None)

    def agreed(self, guard: Guard, ports: Ports, again: Callable[[], None]) -> Evidence | None:
        """What the observers believe together, None until that is known; then ``again`` is called."""
        now = self._outside.clock.monotonic()
        if guard.tallied is not None and now - guard.polled_at < max(1.0, guard.interval_seconds):
            return guard.tallied
        self.exchange(guard, ports, again)
        return None

    def exchange(self, guard: Guard, ports: Ports, then: Callable[[], None]) -> None:
        """Cast our votes and count all."""
        quorum, known = guard.group.health.quorum, guard.known
        if quorum is None or known is None or guard.polling:
            return
        wall = self._outside.clock.wall()
        votes = [Vote(self._outside.observer, v.node, v.belief, v.why, wall) for v in guard.verdicts.values()]
        work = partial(_exchanged, ports, known.group, quorum, votes=votes, observer=self._outside.observer)
        self._outside.voters.begin(work, partial(self._counted, guard, then))
        guard.polling = True

    def _counted(self, guard: Guard, then: Callable[[], None], found: Evidence | FailoverError) -> None:
        guard.polling = False
        guard.polled_at = self._outside.clock.monotonic()
        with self._bulkhead.around(guard.group.name):
            self._tally(guard, then, found)

    def _tally(self, guard: Guard, then: Callable[[], None], found: Evidence | FailoverError) -> None:
        if isinstance(found, FailoverError):
            guard.tallied = None
            text = f"{found}; without the votes of the others nothing moves"
            self._outside.voice.state("votes", text, group=guard.group.name, key=type(found).__name__)
            return
        self._outside.voice.over("votes", "the votes can be counted again", group=guard.group.name)
        guard.tallied = Evidence(found.verdicts, guard.tracker.observer_cut_off)
        then()


def _exchanged(ports: Ports, group: Group, quorum: Quorum, *, votes: Sequence[Vote], observer: str) -> Evidence:
    if ports.ballot is not None:
        ports.ballot.cast(group.name, observer, votes)
    return by_votes(group, quorum, ports.ballot, ports.clock)
