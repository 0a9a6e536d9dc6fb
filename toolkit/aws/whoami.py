"""Which instance this is, asked with patience: at boot the metadata service comes late, or answers slowly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from toolkit.domain.errors import Missing, Transient

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.pacing import Deadline

_FIRST_TIMEOUT_SECONDS: Final = 1.0
_LONGEST_TIMEOUT_SECONDS: Final = 32.0
_BETWEEN_TRIES_SECONDS: Final = 0.25
_ACTION: Final = "IMDS"


@dataclass(frozen=True, slots=True)
class Whoami:
    """This instance and its Region."""

    instance: str
    region: str


class Metadata(Protocol):
    """What is asked: ``toolkit.aws.imds.Imds``."""

    def get(self, path: str) -> str | None:
        """What stands under ``meta-data/PATH``, None when there is no such thing (yet)."""
        ...


def who_am_i(
    metadata: Callable[[float], Metadata],
    deadline: Deadline,
    *,
    tell: Callable[[str], None],
    first_timeout_seconds: float = _FIRST_TIMEOUT_SECONDS,
) -> Whoami:
    """Ask until the deadline, each time with more patience for an answer; the last error after that.

    ``metadata`` makes a client of a time limit in seconds for each answer; ``tell`` hears once why it takes long.
    """
    timeout_seconds, told = first_timeout_seconds, False
    while True:
        try:
            client = metadata(timeout_seconds)
            return Whoami(_needed(client, "instance-id"), _needed(client, "placement/region"))
        except (Transient, Missing) as error:
            if deadline.passed:
                raise
            if not told:
                tell(f"waiting, {deadline.left_seconds:.0f} s at most: {error}")
                told = True
        timeout_seconds = min(2 * timeout_seconds, _LONGEST_TIMEOUT_SECONDS, max(1.0, deadline.left_seconds))
        deadline.clock.sleep(min(_BETWEEN_TRIES_SECONDS, deadline.left_seconds))


def _needed(client: Metadata, path: str) -> str:
    text = client.get(path)
    if not text:
        raise Missing(_ACTION, "", f"the instance metadata has no {path} yet")
    return text
