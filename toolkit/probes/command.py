"""Does the program exit with 0?"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator, Sequence
from typing import Final

from toolkit.domain.masking import masked, without_values
from toolkit.probes.result import Failed, NotMade

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


async def look(argv: Sequence[str]) -> str:
    """The program exited with 0; raises Failed otherwise, NotMade when it could not be started.

    The program gets a session of its own and all of it is killed when the look is cancelled.
    """
    with _listening() as (writing, tail):
        try:
            process = await asyncio.create_subprocess_exec(
                *argv, stdin=asyncio.subprocess.DEVNULL, stdout=writing, stderr=writing, start_new_session=True
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise NotMade(f"{argv[0]} could not be started: {reason}") from error
        try:
            code = await process.wait()
        finally:
            if process.returncode is None:
                await _kill(process)
        while tail.read():
            pass
        if code != 0:
            raise Failed(_ending(code, tail.last_line()))
        return "exit code 0"


async def _kill(process: asyncio.subprocess.Process) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        process.kill()
    await process.wait()


def _ending(code: int, last_line: str) -> str:
    ended = f"exit code {code}" if code > 0 else f"killed by {signal.Signals(-code).name}"
    return f"{ended}: {last_line}" if last_line else ended
