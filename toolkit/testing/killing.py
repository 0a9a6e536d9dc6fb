"""The death of a process at a chosen point, as far as one process can play it."""

from __future__ import annotations

import threading


class Killed(BaseException):
    """The process ends here: no handler of ordinary errors may stop it."""


class KillSwitch:
    """Counts the points at which a process may die, and ends it at the chosen one.

    After that every further point ends it too, as no other thread of a dead process lives on; ``revive``
    is the start of the next process. Points are the moments before and after each change made on AWS and
    each write of the ledger.
    """

    def __init__(self, *, at: int | None = None) -> None:
        self.at = at
        self.passed: list[str] = []
        self.tripped = False
        self._lock = threading.Lock()

    def point(self, name: str) -> None:
        with self._lock:
            if self.tripped:
                raise Killed(name)
            self.passed.append(name)
            if self.at is not None and len(self.passed) >= self.at:
                self.tripped = True
                raise Killed(name)

    def revive(self, *, at: int | None = None) -> None:
        """Start over, to die again at the at-th point from now, or to live."""
        with self._lock:
            self.tripped, self.at = False, at
            self.passed.clear()
