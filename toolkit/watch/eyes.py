"""Rounds of looks on an event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import resource
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from toolkit.domain.health import Observation
from toolkit.probes import rounds
from toolkit.probes.connects import Connects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from toolkit.probes import Probes
    from toolkit.probes.look import Look
    from toolkit.watch.guard import Round
    from toolkit.watch.outside import Inbox

MOST_SOCKETS: Final = 4096


@dataclass(slots=True)
class _Gathering:
    """The answers of a round as they come in."""

    pending: int
    whole: Callable[[list[Observation]], None]
    seen: list[Observation] = field(default_factory=list)

    def add(self, observation: Observation) -> None:
        self.seen.append(observation)
        self.pending -= 1
        if self.pending == 0:
            self.whole(self.seen)


class LoopEyes:
    """``Eyes`` that make the looks of all groups on one loop; their answers go through the inbox."""

    def __init__(self, loop: asyncio.AbstractEventLoop, probes: Probes, inbox: Inbox) -> None:
        self._loop = loop
        self._probes = probes
        self._inbox = inbox
        self._tasks: set[asyncio.Task[Observation]] = set()
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        half = MOST_SOCKETS if soft == resource.RLIM_INFINITY else soft // 2
        self.connects = Connects(loop, most_sockets=min(MOST_SOCKETS, half))

    def begin(self, round_: Round, done: Callable[[Sequence[Observation]], None]) -> None:
        self._loop.call_soon_threadsafe(self._begin, round_, done)

    def _begin(self, round_: Round, done: Callable[[Sequence[Observation]], None]) -> None:
        plan = round_.with_second_looks(self._probes.plan(round_.group, round_.hosts, round_.snapshot))

        def whole(seen: list[Observation]) -> None:
            self._inbox.put(partial(done, round_.result(seen)))

        if not plan:
            whole([])
            return
        gathering = _Gathering(len(plan), whole)
        for item in plan:
            if isinstance(item, Observation):
                gathering.add(item)
            elif self.connects.can(item):
                self.connects.begin(item, gathering.add)
            else:
                self._observe(item, gathering)

    def _observe(self, look: Look, gathering: _Gathering) -> None:
        task = self._loop.create_task(rounds.observe(look, tls=self._probes.tls, monotonic=self._loop.time))
        self._tasks.add(task)

        def ended(task: asyncio.Task[Observation]) -> None:
            self._tasks.discard(task)
            if not task.cancelled():
                gathering.add(task.result())

        task.add_done_callback(ended)


@contextmanager
def open_eyes(probes: Probes, inbox: Inbox) -> Iterator[LoopEyes]:
    """Eyes on a loop that ends with the block; looks under way are dropped."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="looks", daemon=True)
    thread.start()
    try:
        yield LoopEyes(loop, probes, inbox)
    finally:
        asyncio.run_coroutine_threadsafe(_cancel_all(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _cancel_all() -> None:
    own = asyncio.current_task()
    tasks = [task for task in asyncio.all_tasks() if task is not own]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
