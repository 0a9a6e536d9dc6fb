"""The addresses of names, each name looked up once at a time."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any

from toolkit.probes.result import NotMade

Found = list[tuple[int, str]]


class Lookups:
    """Lookups on one loop by the system's resolver.

    A thread of its own for each name, not the loop's pool: leaving the loop must not wait for a name server that is
    silent. Whoever asks for a name that is being looked up waits for the same answer, so that a silent name server
    costs one thread and not one for each look.
    """

    def __init__(self, find: Callable[..., list[Any]] = socket.getaddrinfo) -> None:
        self._find = find
        self._under_way: dict[str, asyncio.Future[Found]] = {}

    async def addresses(self, host: str) -> Found:
        """The family and text of each address, in the system's order; raises OSError or NotMade."""
        future = self._under_way.get(host)
        if future is None:
            future = self._under_way[host] = asyncio.get_running_loop().create_future()
            future.add_done_callback(lambda _: self._under_way.pop(host))
            threading.Thread(target=self._look, args=(host, future), name=f"address of {host}", daemon=True).start()
        return await asyncio.shield(future)

    def _look(self, host: str, future: asyncio.Future[Found]) -> None:
        found: Found = []
        failure: Exception | None = None
        try:
            found = [(row[0], str(row[4][0])) for row in self._find(host, None, type=socket.SOCK_STREAM)]
        except (OSError, UnicodeError) as error:
            failure = error if isinstance(error, OSError) else NotMade(f"{host} is no host name")
        with contextlib.suppress(RuntimeError):  # the loop has given up and is closed
            future.get_loop().call_soon_threadsafe(_tell, future, found, failure)


def _tell(future: asyncio.Future[Found], found: Found, failure: Exception | None) -> None:
    if future.done():
        return
    if failure is None:
        future.set_result(found)
    else:
        future.set_exception(failure)
