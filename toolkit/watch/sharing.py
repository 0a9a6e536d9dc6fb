"""One look at an anchor for all groups that name it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.domain.health import Observation
    from toolkit.probes.look import Look

    Told = Callable[[Observation], None]

# The resolver and the metadata service take 1,024 packets a second from an interface together (``AWS.md`` §5): five
# hundred groups must not ask them five hundred times. Younger than this, a look tells as much as one of one's own.
SHARED_SECONDS: Final = 0.1


@dataclass(slots=True)
class _Shared:
    """A look that was begun, who waits for it, and what it gave."""

    began: float
    waiting: list[Told] = field(default_factory=list)
    seen: Observation | None = None


class SharedLooks:
    """Makes a look for the first who asks; who asks soon after gets the same answer."""

    def __init__(self, make: Callable[[Look, Told], None], *, monotonic: Callable[[], float]) -> None:
        self._make = make
        self._monotonic = monotonic
        self._latest: dict[Look, _Shared] = {}

    def begin(self, look: Look, told: Told) -> None:
        """Look, or wait for who looks already; ``told`` is called once."""
        now, shared = self._monotonic(), self._latest.get(look)
        if shared is None or now - shared.began > SHARED_SECONDS:
            self._latest[look] = shared = _Shared(now, [told])
            self._make(look, partial(self._told, shared))
        elif shared.seen is None:
            shared.waiting.append(told)
        else:
            told(shared.seen)

    @staticmethod
    def _told(shared: _Shared, seen: Observation) -> None:
        shared.seen = seen
        waiting, shared.waiting = shared.waiting, []
        for told in waiting:
            told(seen)
