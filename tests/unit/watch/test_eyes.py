"""Rounds of looks on a real loop, at real ports of this machine."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest

from support.look_servers import LOOPBACK, accepting, closed, saying, serving, silent
from toolkit.detection import OBSERVER
from toolkit.domain.group import CommandProbe, Group, Health, HttpProbe, Node, Probe, TcpProbe
from toolkit.domain.health import Observation, Outcome
from toolkit.domain.snapshot import Snapshot
from toolkit.probes import Probes
from toolkit.probes.connects import Connects
from toolkit.probes.look import Look, Part
from toolkit.watch.eyes import MOST_OTHERS, cancel_all, open_eyes
from toolkit.watch.guard import TRIES, Round, best
from toolkit.watch.sharing import SHARED_SECONDS, SharedLooks
from toolkit.watch.threads import Mailbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
PATIENCE_SECONDS = 20.0


def round_of(*probes: Probe, host: str = LOOPBACK, suspects: frozenset[str] = frozenset()) -> Round:
    """A round of one node that is this machine."""
    group = Group("db", (Node("db-1", "i-1"),), (), health=Health(probes))
    return Round(group, {"db-1": host}, Snapshot(), suspects)


def looked(round_: Round, *, most_others: int = MOST_OTHERS) -> Sequence[Observation]:
    """What the eyes say of one round."""
    inbox, seen = Mailbox(), SimpleQueue["Sequence[Observation]"]()
    with open_eyes(Probes(), inbox, most_others=most_others) as eyes:
        eyes.begin(round_, seen.put)
        act = inbox.get(PATIENCE_SECONDS)
        assert act is not None
        act()
    return seen.get_nowait()


def outcomes(round_: Round) -> list[tuple[Outcome, str]]:
    return [(look.outcome, look.why) for look in looked(round_)]


def test_an_open_port_passes_and_a_closed_one_fails_in_words() -> None:
    with accepting() as port:
        assert outcomes(round_of(TcpProbe(port))) == [(Outcome.PASSED, "connection accepted")]
    assert outcomes(round_of(TcpProbe(closed()))) == [(Outcome.FAILED, "connection refused")]


def test_an_ipv6_address_is_looked_at_too() -> None:
    with accepting(host="::1") as port:
        assert outcomes(round_of(TcpProbe(port), host="::1")) == [(Outcome.PASSED, "connection accepted")]


def test_a_silent_port_fails_at_the_time_limit() -> None:
    with silent() as port:
        (look,) = looked(round_of(TcpProbe(port, timeout_seconds=0.1)))
    assert (look.outcome, look.why) == (Outcome.FAILED, "no answer within 100 ms")
    assert look.took_seconds >= 0.1


def test_a_name_is_looked_up_and_http_and_commands_are_looked_at_beside_ports() -> None:
    with serving(saying(OK)) as port:
        probes = (TcpProbe(port), HttpProbe(port), CommandProbe(("true",)), CommandProbe(("false",)))
        seen = looked(round_of(*probes, host="localhost"))
    assert sorted(look.outcome.value for look in seen) == ["failed", "passed", "passed", "passed"]


def test_a_suspect_is_looked_at_several_times_and_one_pass_is_enough() -> None:
    answers = [b"HTTP/1.1 500 no\r\n\r\n", OK, b"HTTP/1.1 500 no\r\n\r\n"]
    count: list[int] = []

    def handle(sock: socket.socket) -> None:
        count.append(1)
        saying(answers[len(count) - 1])(sock)

    with serving(handle) as port:
        seen = looked(round_of(HttpProbe(port), suspects=frozenset({"db-1"})))
    assert len(count) == TRIES
    assert [look.outcome for look in seen] == [Outcome.PASSED]


def test_an_anchor_that_refuses_is_reached() -> None:
    group = Group("db", (), (), health=Health((), anchors=(f"{LOOPBACK}:{closed()}",)))
    assert outcomes(Round(group, {}, Snapshot())) == [(Outcome.PASSED, "reached: connection refused")]


def test_many_groups_share_one_look_at_an_anchor_and_each_hears_of_it() -> None:
    inbox, seen, count = Mailbox(), SimpleQueue["Sequence[Observation]"](), list[int]()
    with serving(lambda _: count.append(1)) as port, open_eyes(Probes(), inbox) as eyes:
        for number in range(50):
            group = Group(f"g{number}", (), (), health=Health((), anchors=(f"{LOOPBACK}:{port}",)))
            eyes.begin(Round(group, {}, Snapshot()), seen.put)
        heard = 0
        while heard < 50:
            act = inbox.get(PATIENCE_SECONDS)
            assert act is not None
            act()
            heard = seen.qsize()
    looks = [look for _ in range(50) for look in seen.get_nowait()]
    assert [(look.node, look.outcome) for look in looks] == [(OBSERVER, Outcome.PASSED)] * 50
    assert len({look.at for look in looks}) < 10


def test_a_look_at_an_anchor_is_shared_for_a_moment_and_no_longer() -> None:
    now, made, told = [0.0], list[Look](), list[float]()

    def make(look: Look, tell: Callable[[Observation], None]) -> None:
        made.append(look)
        tell(Observation(look.node, look.label, Outcome.PASSED, "", now[0], 0.0))

    looks = SharedLooks(make, monotonic=lambda: now[0])
    for now[0] in (0.0, SHARED_SECONDS / 2, SHARED_SECONDS, SHARED_SECONDS * 1.5, SHARED_SECONDS * 3):
        looks.begin(Look(OBSERVER, "resolver", TcpProbe(53), LOOPBACK), lambda seen: told.append(seen.at))
    assert len(made) == 3
    assert told == [0.0, 0.0, 0.0, SHARED_SECONDS * 1.5, SHARED_SECONDS * 3]


def test_no_more_looks_by_http_are_under_way_than_allowed_and_each_is_made_all_the_same() -> None:
    lock, now, most = threading.Lock(), [0], [0]

    def handle(sock: socket.socket) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.005)
        with lock:
            now[0] -= 1
        saying(OK)(sock)

    with serving(handle) as port:
        seen = looked(round_of(*[HttpProbe(port, timeout_seconds=10.0)] * 20), most_others=2)
    assert [look.outcome for look in seen] == [Outcome.PASSED] * 20
    assert most[0] <= 2


def test_a_group_with_nothing_to_look_at_is_answered_at_once() -> None:
    assert looked(round_of()) == []


def test_a_suspects_program_is_run_once(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    probe = CommandProbe(("/bin/sh", "-c", f"echo >> {ran}; exit 1"))
    seen = looked(round_of(probe, suspects=frozenset({"db-1"})))
    assert [look.outcome for look in seen] == [Outcome.FAILED]
    assert ran.read_text() == "\n"


@pytest.mark.parametrize(
    ("outcomes", "together"),
    [
        ([Outcome.FAILED, Outcome.NOT_MADE, Outcome.FAILED], Outcome.FAILED),
        ([Outcome.NOT_MADE, Outcome.NOT_MADE, Outcome.FAILED], Outcome.FAILED),
        ([Outcome.FAILED, Outcome.PASSED, Outcome.NOT_MADE], Outcome.PASSED),
        ([Outcome.NOT_MADE] * 3, Outcome.NOT_MADE),
    ],
)
def test_looks_at_once_fail_when_none_passes_and_one_fails(outcomes: list[Outcome], together: Outcome) -> None:
    seen = [Observation("db-1", "tcp 80", outcome, "", float(at), 0.0) for at, outcome in enumerate(outcomes)]
    assert [(look.outcome, look.at) for look in best(seen)] == [(together, 2.0)]


def test_a_look_that_cannot_be_cancelled_does_not_hold_up_the_end() -> None:
    async def stubborn(over: asyncio.Event) -> None:
        while not over.is_set():
            with suppress(asyncio.CancelledError):
                await over.wait()

    async def end() -> bool:
        over = asyncio.Event()
        task = asyncio.create_task(stubborn(over))
        await asyncio.sleep(0)
        await cancel_all(within_seconds=0.01)
        left = not task.done()
        over.set()
        await task
        return left

    assert asyncio.run(end())


@contextmanager
def connects(*, most_sockets: int) -> Iterator[tuple[asyncio.Runner, Connects]]:
    with asyncio.Runner() as runner:
        looks = Connects(runner.get_loop(), most_sockets=most_sockets)
        yield runner, looks
        looks.close()


def test_never_are_more_sockets_open_than_allowed_and_every_look_is_made_all_the_same() -> None:
    with accepting() as port, connects(most_sockets=2) as (runner, looks):
        seen: list[Observation] = []

        async def look_often() -> None:
            whole = asyncio.Event()

            def told(look: Observation) -> None:
                seen.append(look)
                if len(seen) == 20:
                    whole.set()

            for number in range(20):
                looks.begin(Look(f"n{number}", "tcp", TcpProbe(port), LOOPBACK), told)
            await whole.wait()

        runner.run(look_often())
        assert (looks.most_open, looks.open) == (2, 0)
    assert {look.outcome for look in seen} == {Outcome.PASSED}


def test_of_looks_that_wait_the_anchors_come_first() -> None:
    with accepting() as port, silent() as mute, connects(most_sockets=1) as (runner, looks):
        seen: list[str] = []

        async def look() -> None:
            whole = asyncio.Event()

            def told(look: Observation) -> None:
                seen.append(look.node)
                if len(seen) == 4:
                    whole.set()

            looks.begin(Look("first", "tcp", TcpProbe(mute, timeout_seconds=0.02), LOOPBACK), told)
            for node in ("second", "third", OBSERVER):
                looks.begin(Look(node, "tcp", TcpProbe(port), LOOPBACK), told)
            await whole.wait()

        runner.run(look())
    assert seen == ["first", OBSERVER, "second", "third"]


def test_an_extra_look_sends_no_second_syn_of_its_own() -> None:
    with silent() as mute, connects(most_sockets=10) as (runner, looks):

        async def look(*, extra: bool) -> None:
            over = asyncio.Event()
            probe = TcpProbe(mute, timeout_seconds=0.02)
            looks.begin(Look("db-1", "tcp", probe, LOOPBACK, extra=extra), lambda _: over.set())
            await over.wait()

        runner.run(look(extra=True))
        assert looks.most_open == 1
        runner.run(look(extra=False))
        assert looks.most_open == 2


def test_hundreds_of_looks_that_fail_at_once_while_they_wait_are_all_told() -> None:
    """Nothing reaches a broadcast address by TCP, which the kernel says at once."""
    with silent() as mute, connects(most_sockets=1) as (runner, looks):
        seen: list[Observation] = []

        async def look() -> None:
            whole = asyncio.Event()

            def told(look: Observation) -> None:
                seen.append(look)
                if len(seen) == 2001:
                    whole.set()

            looks.begin(Look("first", "tcp", TcpProbe(mute, timeout_seconds=0.02), LOOPBACK), told)
            for number in range(2000):
                looks.begin(Look(f"n{number}", "tcp", TcpProbe(9), "127.255.255.255"), told)
            await whole.wait()

        runner.run(look())
        assert looks.open == 0
    assert len({look.node for look in seen}) == 2001


def test_a_fault_in_whoever_is_told_of_one_look_leaves_the_time_limit_of_the_next_in_force() -> None:
    with silent() as mute, connects(most_sockets=10) as (runner, looks):
        faults: list[str] = []

        async def look() -> Observation:
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda _, context: faults.append(str(context["exception"])))
            second: asyncio.Future[Observation] = loop.create_future()

            def fail(look: Observation) -> None:
                raise ValueError(look.node)

            for node, told in (("first", fail), ("second", second.set_result)):
                looks.begin(Look(node, "tcp", TcpProbe(mute, timeout_seconds=0.02), LOOPBACK), told)
            return await second

        seen = runner.run(look())
    assert (faults, seen.outcome) == (["first"], Outcome.FAILED)


def test_looks_under_way_at_the_end_are_dropped_with_their_sockets() -> None:
    with silent() as mute, connects(most_sockets=1) as (runner, looks):
        seen: list[Observation] = []

        async def look() -> None:
            for node in ("under way", "waiting"):
                looks.begin(Look(node, "tcp", TcpProbe(mute, timeout_seconds=0.02), LOOPBACK), seen.append)
            assert looks.open == 1
            looks.close()
            await asyncio.sleep(0.05)

        runner.run(look())
        assert (looks.open, seen) == (0, [])


def test_a_node_that_is_reached_elsewhere_by_now_is_looked_at_there() -> None:
    inbox, seen = Mailbox(), SimpleQueue["Sequence[Observation]"]()
    with accepting() as port, open_eyes(Probes(), inbox) as eyes:
        first = replace(round_of(TcpProbe(port)), part=Part.OURS)
        for round_ in (first, first, replace(first, hosts={"db-1": "127.0.0.2"})):
            eyes.begin(round_, seen.put)
            act = inbox.get(PATIENCE_SECONDS)
            assert act is not None
            act()
    found = [seen.get_nowait()[0].outcome for _ in range(3)]
    assert found == [Outcome.PASSED, Outcome.PASSED, Outcome.FAILED]
