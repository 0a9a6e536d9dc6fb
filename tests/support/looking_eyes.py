"""A simulated watcher's eyes that look by the product's own code: real sockets on loopback, in simulated time."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from support.look_servers import LOOPBACK, closed, silent
from support.virtual_loop import VirtualLoop
from support.watch_sim import SimEyes
from toolkit.domain.group import CommandProbe, HttpProbe, TcpProbe
from toolkit.domain.health import Observation
from toolkit.probes import Probes
from toolkit.probes.command import Commands
from toolkit.probes.connects import Connects
from toolkit.probes.rounds import observe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from toolkit.probes.look import Look
    from toolkit.watch.guard import Round

P = TypeVar("P", TcpProbe, HttpProbe)

REFUSED, SILENT, ANSWER_503, NO_ANSWER, EXIT_1, HANGS = "refused", "silent", "503", "no answer", "exit 1", "hangs"


@dataclass
class _Program:
    """A process that is played; no real one has its number."""

    returncode: int | None = None
    pid: int = 2**22 + 1
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self) -> int:
        if self.returncode is None:
            await self.over.wait()
        return self.returncode or 0

    def kill(self) -> None:
        self.returncode = -9
        self.over.set()


class Stage:
    """What the looks meet: servers on one loop, and programs; ``dead`` is how a dead node's service behaves."""

    def __init__(self, stack: contextlib.ExitStack, dead: str) -> None:
        self.loop = VirtualLoop()
        stack.callback(self.loop.close)
        self.connects = Connects(self.loop, most_sockets=100)
        stack.callback(self.connects.close)
        self.dead = dead
        self._ports = {REFUSED: closed(), SILENT: stack.enter_context(silent())}
        for name, answer in {
            "accepting": None,
            "200": b"HTTP/1.1 200 OK\r\n\r\n",
            ANSWER_503: b"HTTP/1.1 503 no\r\n\r\n",
        }.items():
            self._ports[name] = self._serve(stack, answer)
        self._ports[NO_ANSWER] = self._serve(stack, b"")

    def _serve(self, stack: contextlib.ExitStack, answer: bytes | None) -> int:
        """A server that takes a connection and hangs up (None), says nothing (empty), or answers a request."""

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                if answer is not None:
                    await reader.readuntil(b"\r\n\r\n")
                if answer == b"":
                    await reader.read()
                writer.write(answer or b"")
            writer.close()

        server = self.loop.run_until_complete(asyncio.start_server(handle, LOOPBACK, 0))
        stack.callback(server.close)
        return int(server.sockets[0].getsockname()[1])

    def led(self, look: Look, *, dead: bool) -> Look:
        """The look on its way to what a living or a dead node's service is here."""
        match look.probe:
            case TcpProbe() as tcp:
                return replace(
                    look, probe=replace(tcp, port=self._ports[self.dead if dead else "accepting"]), host=LOOPBACK
                )
            case HttpProbe() as http:
                return replace(look, probe=replace(http, port=self._ports[self.dead if dead else "200"]), host=LOOPBACK)
            case CommandProbe() as command:
                return replace(look, probe=replace(command, argv=(self.dead if dead else "exit 0",)))

    async def start(self, *words: str, **streams: object) -> _Program:
        """A program as asyncio starts one."""
        del streams
        return _Program({"exit 0": 0, EXIT_1: 1}.get(words[0]))


@dataclass
class LookingEyes(SimEyes):
    """The plan, the looking and the judging are the product's own; where a look is led to is played, and the time."""

    stage: Stage = field(kw_only=True)

    def begin(self, round_: Round, done: Callable[[Sequence[Observation]], None]) -> None:
        loop = self.stage.loop
        loop.now = now = self.world.clock.monotonic()
        self.began.append(now)
        probes = Probes(monotonic=loop.time)
        plan = round_.with_second_looks(probes.plan(round_.group, round_.hosts, round_.snapshot, part=round_.part))
        seen = loop.run_until_complete(self._all(plan))
        self.timeline.put_after(max((look.at for look in seen), default=now) - now, lambda: done(round_.result(seen)))

    async def _all(self, plan: Sequence[Observation | Look]) -> list[Observation]:
        commands = Commands(start=self.stage.start)
        return await asyncio.gather(*(self._one(item, commands) for item in plan))

    async def _one(self, item: Observation | Look, commands: Commands) -> Observation:
        if isinstance(item, Observation):
            return item
        look = self.stage.led(item, dead=item.node in self.world.prober.down)
        if not self.stage.connects.can(look):
            loop = self.stage.loop
            return await observe(look, tls=ssl.create_default_context, commands=commands, monotonic=loop.time)
        seen: asyncio.Future[Observation] = self.stage.loop.create_future()
        self.stage.connects.begin(look, seen.set_result)
        return await seen


@contextlib.contextmanager
def stage(dead: str) -> Iterator[Stage]:
    """Servers for the looks of one simulation."""
    with contextlib.ExitStack() as stack:
        yield Stage(stack, dead)
