"""Names whose addresses are looked up, by a resolver that is played."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest

from toolkit.probes.lookups import Lookups
from toolkit.probes.result import NotMade

ROWS = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", 0)), (socket.AF_INET6, 1, 6, "", ("2001:db8::7", 0))]
FOUND = [(socket.AF_INET, "192.0.2.7"), (socket.AF_INET6, "2001:db8::7")]


class Resolver:
    """``socket.getaddrinfo`` that answers when it is let; ``asked`` are the names."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.asked: list[str] = []
        self.free = threading.Event()

    def find(self, host: str, port: None, **named: object) -> list[object]:
        del port, named
        self.asked.append(host)
        self.free.wait(20.0)
        if self.error is not None:
            raise self.error
        return list(ROWS)


def test_a_name_is_looked_up_once_at_a_time_whoever_asks() -> None:
    resolver = Resolver()

    async def ask() -> list[list[tuple[int, str]]]:
        lookups = Lookups(resolver.find)
        asking = [asyncio.create_task(lookups.addresses("db.example.com")) for _ in range(50)]
        gives_up = asyncio.create_task(lookups.addresses("db.example.com"))
        await asyncio.sleep(0)
        gives_up.cancel()
        resolver.free.set()
        found = await asyncio.gather(*asking)
        return [*found, await lookups.addresses("db.example.com")]

    assert asyncio.run(ask()) == [FOUND] * 51
    assert resolver.asked == ["db.example.com"] * 2


@pytest.mark.parametrize(
    ("error", "raised"), [(socket.gaierror(-2, "unknown"), OSError), (UnicodeError("label too long"), NotMade)]
)
def test_what_the_resolver_says_is_told_to_each_who_asked(error: Exception, raised: type[Exception]) -> None:
    resolver = Resolver(error)
    resolver.free.set()

    async def ask() -> list[object]:
        lookups = Lookups(resolver.find)
        return await asyncio.gather(*(lookups.addresses("x") for _ in range(3)), return_exceptions=True)

    assert [type(found) for found in asyncio.run(ask())] == [type(error) if raised is OSError else raised] * 3
