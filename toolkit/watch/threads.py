"""The loop's inbox and its helpers as real threads."""

from __future__ import annotations

import queue
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from toolkit.domain.errors import FailoverError
from toolkit.watch.bulkhead import as_failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.watch.outside import Act, Inbox

T = TypeVar("T")


class Mailbox:
    """``Inbox`` between threads; a signal's handler may put something in too."""

    def __init__(self) -> None:
        self._acts: queue.SimpleQueue[Act] = queue.SimpleQueue()

    def put(self, act: Act) -> None:
        self._acts.put(act)

    def get(self, timeout_seconds: float) -> Act | None:
        try:
            return self._acts.get(timeout=timeout_seconds) if timeout_seconds > 0 else self._acts.get_nowait()
        except queue.Empty:
            return None


class Threads:
    """``Workers`` in a pool of threads."""

    def __init__(self, inbox: Inbox, *, name: str, most: int) -> None:
        self._inbox = inbox
        self._pool = ThreadPoolExecutor(most, thread_name_prefix=name)

    def begin(self, work: Callable[[], T], done: Callable[[T | FailoverError], None]) -> None:
        self._pool.submit(self._work, work, done)

    def close(self) -> None:
        """Start nothing more; what is under way is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _work(self, work: Callable[[], T], done: Callable[[T | FailoverError], None]) -> None:
        outcome: T | FailoverError
        try:
            outcome = work()
        except FailoverError as error:
            outcome = error
        except Exception as error:  # noqa: BLE001 - a fault in one group must not end the watch of the others
            outcome = as_failure(error)
        self._inbox.put(partial(done, outcome))
