"""What is done for one group, kept apart: a fault of the program in it is told and counted, and the watch goes on.

To end and be started anew would be no cure: a fault that comes from one group's journal or configuration comes again
with the next look, and each time every other group loses all that is believed of it and waits until it is so again.
"""

from __future__ import annotations

import traceback
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from toolkit.domain.errors import FailoverError

if TYPE_CHECKING:
    from toolkit.watch.voice import Voice

_FRAMES: Final = 3


class Bulkhead:
    """Lets no fault out of a group's part; ``faults`` counts them by group.

    What is no group's part (the loop itself, what tells of faults) still ends the watch: its supervisor knows.
    """

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self.faults: Counter[str] = Counter()

    def around(self, group: str) -> Compartment:
        """The group's part; a fault in it is said once for each place that it comes from."""
        return Compartment(self, group)

    def caught(self, group: str, error: Exception) -> None:
        """Count a fault and tell of it."""
        self.faults[group] += 1
        where = _where(error)
        text = f"fault of the program: {error!r} at {where}; the other groups are watched as before: report it"
        self._voice.state("fault", text, group=group, key=f"{type(error).__name__} {where}")


class Compartment:
    """A group's part, as a context; no generator, as one is entered twice for each round of looks."""

    __slots__ = ("_bulkhead", "_group")

    def __init__(self, bulkhead: Bulkhead, group: str) -> None:
        self._bulkhead = bulkhead
        self._group = group

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: object) -> bool:
        if not isinstance(error, Exception):
            return False
        self._bulkhead.caught(self._group, error)
        return True


def as_failure(error: Exception) -> FailoverError:
    """A fault of the program as an error that is foreseen, for what hands errors on."""
    return FailoverError(f"fault of the program: {type(error).__name__}: {error}")


def _where(error: Exception) -> str:
    """The last places that it passed, the innermost first."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
