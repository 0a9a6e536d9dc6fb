"""Does the program exit with 0?"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final, Protocol

from toolkit.domain.masking import masked, without_values
from toolkit.probes.result import Failed, NotMade

# What SIGKILL ends at all it ends at once; the look's own answer waits no longer.
PATIENCE_SECONDS: Final = 0.5
_KEPT_BYTES: Final = 4096
_KEPT_CHARACTERS: Final = 200


class _Tail:
    """The last bytes that a program wrote; all of it is read, so that no program stalls on a full pipe."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._kept = b""
        os.set_blocking(descriptor, False)

    def read(self) -> bool:
        """Take what is there now; False at the end or when nothing more is there."""
        try:
            more = os.read(self._descriptor, 65536)
        except BlockingIOError:
            return False
        self._kept = (self._kept + more)[-_KEPT_BYTES:]
        return bool(more)

    def last_line(self) -> str:
        """The last line with anything in it, without the secrets of this process's environment."""
        lines = self._kept.decode("utf-8", "replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return without_values(masked(last), os.environ)[:_KEPT_CHARACTERS]


@contextlib.contextmanager
def _listening() -> Iterator[tuple[int, _Tail]]:
    """A pipe's writing end, and what comes out of it.

    A pipe of our own, because asyncio's wait() on 3.11 lasts until every inheritor of its pipe is gone.
    """
    loop = asyncio.get_running_loop()
    reading, writing = os.pipe()
    tail = _Tail(reading)

    def ready() -> None:
        if not tail.read():
            loop.remove_reader(reading)

    loop.add_reader(reading, ready)
    try:
        yield writing, tail
    finally:
        loop.remove_reader(reading)
        os.close(reading)
        os.close(writing)


class Program(Protocol):
    """What is asked of a process that was started."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    async def wait(self) -> int: ...

    def kill(self) -> None: ...


class Commands:
    """Looks by programs, which never wait for one that even SIGKILL does not end, as when its disk is away."""

    def __init__(
        self,
        *,
        start: Callable[..., Awaitable[Program]] = asyncio.create_subprocess_exec,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._start = start
        self._patience_seconds = patience_seconds
        self._undead: dict[tuple[str, ...], Program] = {}

    async def look(self, argv: Sequence[str]) -> str:
        """The program exited with 0; raises Failed otherwise, NotMade when it could not be started.

        The program gets a session of its own and all of it is killed when the look is cancelled. While one is not
        gone, no other is started with the same words.
        """
        key = tuple(argv)
        if key in self._undead and self._undead[key].returncode is None:
            raise Failed("the program was killed at its time limit and has not ended since")
        self._undead.pop(key, None)
        with _listening() as (writing, tail):
            process = await self._started(argv, writing)
            try:
                code = await process.wait()
            finally:
                await self._end(key, process)
            while tail.read():
                pass
            if code != 0:
                raise Failed(_ending(code, tail.last_line()))
            return "exit code 0"

    async def _started(self, argv: Sequence[str], writing: int) -> Program:
        starting = asyncio.ensure_future(
            self._start(*argv, stdin=asyncio.subprocess.DEVNULL, stdout=writing, stderr=writing, start_new_session=True)
        )
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            # asyncio itself would end the program alone, and not what it has started by now.
            await self._end(tuple(argv), await starting)
            raise
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise NotMade(f"{argv[0]} could not be started: {reason}") from error

    async def _end(self, key: tuple[str, ...], process: Program) -> None:
        """Kill the program with all that it started, unless it is gone; remember one that does not go."""
        if process.returncode is not None:
            return
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            process.kill()
        try:
            await asyncio.wait_for(process.wait(), self._patience_seconds)
        except TimeoutError:
            # asyncio takes its end in whenever that comes.
            self._undead[key] = process


def _ending(code: int, last_line: str) -> str:
    ended = f"exit code {code}" if code > 0 else f"killed by {signal.Signals(-code).name}"
    return f"{ended}: {last_line}" if last_line else ended
