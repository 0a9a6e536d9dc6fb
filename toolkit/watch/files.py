"""How many files this process may have open: sockets are what a watcher needs most of."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

# Systems hand out 1024 by default, which is too few when hundreds of targets fall silent at once.
WANTED: Final = 16384


def allowed(*, read: Callable[[int], tuple[int, int]] = resource.getrlimit) -> int:
    """The limit in force; one that is infinite counts as all that is wanted."""
    soft, _ = read(resource.RLIMIT_NOFILE)
    return WANTED if soft == resource.RLIM_INFINITY else soft


def ask_for_more(
    *,
    read: Callable[[int], tuple[int, int]] = resource.getrlimit,
    write: Callable[[int, tuple[int, int]], None] = resource.setrlimit,
) -> None:
    """Raise the limit to what is wanted, as far as the system's own limit lets."""
    soft, hard = read(resource.RLIMIT_NOFILE)
    most = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        write(resource.RLIMIT_NOFILE, (most, hard))
