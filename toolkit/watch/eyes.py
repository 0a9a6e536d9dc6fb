"""Rounds of looks on an event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from toolkit.detection import OBSERVER
from toolkit.domain.health import Observation, Outcome
from toolkit.probes import rounds
from toolkit.probes.command import Commands
from toolkit.probes.connects import Connects
from toolkit.probes.look import Look, Part
from toolkit.watch.files import allowed
from toolkit.watch.sharing import SharedLooks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from toolkit.domain.group import Group
    from toolkit.probes import Probes
    from toolkit.watch.guard import Round
    from toolkit.watch.outside import Act, Inbox

    Done = Callable[[Sequence[Observation]], None]

MOST_SOCKETS: Final = 4096
# Looks by HTTP, by programs, at names and through proxies; each has up to three files open.
MOST_OTHERS: Final = 1024
BATCH_SECONDS: Final = 0.02
# What the looks under way have at the end of the program.
LAST_SECONDS: Final = 2.0


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


@dataclass(frozen=True, slots=True)
class _Kept:
    """The looks of a group's round, and what they came from."""

    group: Group
    hosts: Mapping[str, str]
    looks: Sequence[Look]


class LoopEyes:
    """``Eyes`` that make the looks of all groups on one loop; their answers go through the inbox."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, probes: Probes, inbox: Inbox, *, most_others: int = MOST_OTHERS
    ) -> None:
        self._loop = loop
        self._probes = probes
        self._inbox = inbox
        self._asked: deque[tuple[Round, Done]] = deque()
        self._awake = False
        self._answers: list[Act] = []
        self._commands = Commands()
        self._tasks: set[asyncio.Task[Observation]] = set()
        self.connects = Connects(loop, most_sockets=min(MOST_SOCKETS, allowed() // 2))

        self._plans: dict[str, _Kept] = {}
        self._anchors = SharedLooks(self._look, monotonic=loop.time)
        self._others = asyncio.Semaphore(min(most_others, allowed() // 8))

    def begin(self, round_: Round, done: Done) -> None:
        self._asked.append((round_, done))
        if not self._awake:
            self._awake = True
            self._loop.call_soon_threadsafe(self._begin_all)

    def _begin_all(self) -> None:
        self._awake = False
        while self._asked:
            self._begin(*self._asked.popleft())

    def _answer(self, act: Act, *, at_once: bool) -> None:
        """Hand answers over, good news in batches: waking the other thread costs more than most looks."""
        self._answers.append(act)
        if at_once:
            self._flush()
        elif len(self._answers) == 1:
            self._loop.call_later(BATCH_SECONDS, self._flush)

    def _flush(self) -> None:
        acts, self._answers = self._answers, []
        if acts:
            self._inbox.put(partial(_all, acts))

    def _begin(self, round_: Round, done: Done) -> None:
        plan = self._plan(round_)
        plan = round_.with_second_looks(plan) if round_.suspects else plan

        def whole(seen: list[Observation]) -> None:
            passed = all(look.outcome is Outcome.PASSED for look in seen)
            self._answer(partial(done, round_.result(seen)), at_once=not passed)

        if not plan:
            whole([])
            return
        gathering = _Gathering(len(plan), whole)
        for item in plan:
            if isinstance(item, Observation):
                gathering.add(item)
            elif item.node == OBSERVER:
                self._anchors.begin(item, gathering.add)
            else:
                self._look(item, gathering.add)

    def _plan(self, round_: Round) -> Sequence[Observation | Look]:
        """The looks of a round: those of the round before, where nothing has changed that they come from."""
        name, ours = round_.group.name, round_.part is Part.OURS
        kept = self._plans.get(name)
        if ours and kept and kept.group is round_.group and kept.hosts is round_.hosts:
            return kept.looks
        plan = self._probes.plan(round_.group, round_.hosts, round_.snapshot, part=round_.part)
        # What is known without a look is an observation of its own moment.
        looks = [item for item in plan if isinstance(item, Look)]
        if ours and len(looks) == len(plan):
            self._plans[name] = _Kept(round_.group, round_.hosts, looks)
        return plan

    def _look(self, look: Look, told: Callable[[Observation], None]) -> None:
        if self.connects.can(look):
            self.connects.begin(look, told)
        else:
            self._observe(look, told)

    def _observe(self, look: Look, told: Callable[[Observation], None]) -> None:
        task = self._loop.create_task(self._made(look))
        self._tasks.add(task)

        def ended(task: asyncio.Task[Observation]) -> None:
            self._tasks.discard(task)
            if not task.cancelled():
                told(task.result())

        task.add_done_callback(ended)

    async def _made(self, look: Look) -> Observation:
        """The look once it is its turn; its time limit begins then. Anchors, which are few, do not wait."""
        async with contextlib.nullcontext() if look.node == OBSERVER else self._others:
            return await rounds.observe(look, tls=self._probes.tls, commands=self._commands, monotonic=self._loop.time)


def _all(acts: Sequence[Act]) -> None:
    for act in acts:
        act()


@contextlib.contextmanager
def open_eyes(probes: Probes, inbox: Inbox, *, most_others: int = MOST_OTHERS) -> Iterator[LoopEyes]:
    """Eyes on a loop that ends with the block; looks under way are dropped, and none of them holds up the end."""
    loop = asyncio.new_event_loop()
    eyes = LoopEyes(loop, probes, inbox, most_others=most_others)
    thread = threading.Thread(target=loop.run_forever, name="looks", daemon=True)
    thread.start()
    try:
        yield eyes
    finally:
        with contextlib.suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(cancel_all(), loop).result(2 * LAST_SECONDS)
        loop.call_soon_threadsafe(eyes.connects.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(LAST_SECONDS)
        if not thread.is_alive():
            loop.close()


async def cancel_all(*, within_seconds: float = LAST_SECONDS) -> None:
    """Cancel every task of the loop but this one; one that does not end in time is left behind."""
    own = asyncio.current_task()
    tasks = [task for task in asyncio.all_tasks() if task is not own]
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=within_seconds)
