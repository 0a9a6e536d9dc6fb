"""Many looks at once, each with its own time limit; a module of its own because asyncio costs 10 to 40 ms to import."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Sequence
from typing import assert_never

from toolkit.domain.group import CommandProbe, HttpProbe, TcpProbe
from toolkit.domain.health import Observation, Outcome
from toolkit.probes import http, tcp
from toolkit.probes.command import Commands
from toolkit.probes.connect import Target
from toolkit.probes.look import Look
from toolkit.probes.result import met

Monotonic = Callable[[], float]
MakeTls = Callable[[], ssl.SSLContext]


def make(looks: Sequence[Look], *, tls: MakeTls, monotonic: Monotonic = time.monotonic) -> list[Observation]:
    """Make all looks at once, in as much time as the longest limit; the answers stand in the order of the looks."""
    return asyncio.run(make_async(looks, tls=tls, monotonic=monotonic))


async def make_async(
    looks: Sequence[Look], *, tls: MakeTls, monotonic: Monotonic = time.monotonic
) -> list[Observation]:
    """The same for a caller that has a loop."""
    commands = Commands()
    return await asyncio.gather(*(observe(look, tls=tls, commands=commands, monotonic=monotonic) for look in looks))


async def observe(
    look: Look, *, tls: MakeTls, commands: Commands, monotonic: Monotonic = time.monotonic
) -> Observation:
    """One look within its own limit."""
    started = monotonic()
    try:
        async with asyncio.timeout(look.probe.timeout_seconds):
            outcome, why = Outcome.PASSED, await _look(look, tls, commands)
    except Exception as error:  # noqa: BLE001 - whatever a look meets is an observation, never the watcher's end
        outcome, why = met(look, error)
    ended = monotonic()
    return Observation(look.node, look.label, outcome, why, ended, ended - started)


async def _look(look: Look, tls: MakeTls, commands: Commands) -> str:
    probe = look.probe
    match probe:
        case TcpProbe():
            return await tcp.look(Target(look.host, probe.port, look.via), timeout_seconds=probe.timeout_seconds)
        case HttpProbe():
            return await http.look(Target(look.host, probe.port, look.via), probe, tls=tls() if probe.tls else None)
        case CommandProbe():
            return await commands.look(probe.argv)
        case _:
            assert_never(probe)
