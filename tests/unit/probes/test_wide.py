from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections import Counter
from contextlib import ExitStack

from support import look_servers
from toolkit.domain.health import Observation, Outcome
from toolkit.probes.measure import measure
from toolkit.probes.wide import Pace, WideLooks, WideTarget


def target(port: int, *, node: str = "db-1") -> WideTarget:
    return WideTarget(node, f"tcp {port}", look_servers.LOOPBACK, port)


def watched(
    targets: list[WideTarget], pace: Pace, *, until: int, seconds: float = 30.0
) -> tuple[WideLooks, list[Observation]]:
    """The first observations, as many as asked for."""
    seen: list[Observation] = []
    enough = asyncio.Event()

    def told(observation: Observation) -> None:
        seen.append(observation)
        if len(seen) >= until:
            enough.set()

    looks = WideLooks(targets, pace, told=told)

    async def run() -> None:
        task = asyncio.ensure_future(looks.run(seconds=seconds))
        await asyncio.wait([task, waiter := asyncio.ensure_future(enough.wait())], return_when=asyncio.FIRST_COMPLETED)
        for each in (task, waiter):
            each.cancel()
        await asyncio.gather(task, waiter, return_exceptions=True)

    asyncio.run(run())
    return looks, seen


def test_every_target_gets_its_turn_in_each_interval() -> None:
    with ExitStack() as stack:
        targets = [target(stack.enter_context(look_servers.accepting()), node=f"n{n}") for n in range(5)]
        _, seen = watched(targets, Pace(interval_seconds=0.05), until=20)
    turns = Counter(look.node for look in seen[:20])
    assert set(turns) == {"n0", "n1", "n2", "n3", "n4"}
    assert min(turns.values()) > 1
    assert {look.outcome for look in seen} == {Outcome.PASSED}


def test_a_closed_port_fails_as_refused() -> None:
    _, seen = watched([target(look_servers.closed())], Pace(interval_seconds=0.01), until=1)
    assert (seen[0].outcome, seen[0].why) == (Outcome.FAILED, "connection refused")


def test_a_silent_port_fails_at_the_time_limit() -> None:
    with look_servers.silent() as port:
        _, seen = watched([target(port)], Pace(interval_seconds=5.0, timeout_seconds=0.04), until=1)
    assert (seen[0].outcome, seen[0].why) == (Outcome.FAILED, "no answer within 40 ms")
    assert seen[0].took_seconds >= 0.04


def test_a_look_that_finds_no_free_socket_says_nothing_about_its_target() -> None:
    with look_servers.silent() as port:
        pace = Pace(interval_seconds=0.01, timeout_seconds=5.0, most_sockets=3)
        looks, seen = watched([target(port)] * 10, pace, until=5)
    assert looks.most_open == 3
    assert {(look.outcome, look.why) for look in seen} == {(Outcome.NOT_MADE, "all 3 sockets are in use")}


def test_a_lost_first_syn_is_no_failure() -> None:
    with socket.socket() as server, ExitStack() as stack:
        server.bind((look_servers.LOOPBACK, 0))
        server.listen(0)
        port = server.getsockname()[1]
        for _ in range(2):
            client = stack.enter_context(socket.socket())
            client.settimeout(0)
            client.connect_ex((look_servers.LOOPBACK, port))

        def drain() -> None:
            server.accept()[0].close()

        timer = threading.Timer(0.03, drain)
        timer.start()
        # The kernel repeats a dropped SYN after 1 s; only an attempt of our own can arrive before 0.9 s.
        _, seen = watched([target(port)], Pace(interval_seconds=5.0, timeout_seconds=0.9), until=1)
        timer.join()
    assert seen[0].outcome is Outcome.PASSED


def test_looks_missed_while_the_process_stood_still_are_not_made_up_for() -> None:
    """One look stands in the way for five intervals; a burst would make up for each."""
    seen: list[Observation] = []

    def slow_once(observation: Observation) -> None:
        if not seen:
            time.sleep(0.05)
        seen.append(observation)

    with look_servers.accepting() as port:
        looks = WideLooks([target(port)], Pace(interval_seconds=0.01), told=slow_once)
        asyncio.run(looks.run(seconds=0.06))
    assert len(seen) <= 4


def test_every_socket_is_closed_at_the_end() -> None:
    with look_servers.silent() as port:
        looks = WideLooks([target(port)] * 4, Pace(interval_seconds=0.01, timeout_seconds=9.0), told=lambda _: None)
        asyncio.run(looks.run(seconds=0.03))
        assert looks.most_open > 0
        assert looks.still_open == 0


def test_no_target_is_nothing_to_do() -> None:
    asyncio.run(WideLooks([], Pace(), told=lambda _: None).run(seconds=0.01))


def test_measuring_counts_every_look() -> None:
    with look_servers.accepting() as port:
        cost = measure([target(port)] * 3, 0.05, pace=Pace(interval_seconds=0.02))
    assert cost.looks == cost.passed > 0
    assert cost.most_open_sockets >= 1
