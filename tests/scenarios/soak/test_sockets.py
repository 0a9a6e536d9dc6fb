"""Real sockets, many times over: probes of every kind and end, the page, and AWS that drops connections."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from queue import SimpleQueue
from typing import Final

import pytest

from support.look_servers import LOOPBACK, closed, saying, serving, silent
from toolkit.aws.session import Connection, Keys, Timeouts
from toolkit.domain.errors import CloudError
from toolkit.domain.group import CommandProbe, Group, Health, HttpProbe, Node, TcpProbe
from toolkit.domain.health import Observation
from toolkit.domain.snapshot import Snapshot
from toolkit.lab import Fault, Lab
from toolkit.lab.fault import Drop
from toolkit.probes import Probes
from toolkit.watch.eyes import open_eyes
from toolkit.watch.guard import Round
from toolkit.watch.page import served
from toolkit.watch.report import Report
from toolkit.watch.threads import Mailbox

ROUNDS: Final = 60
PATIENCE_SECONDS: Final = 20.0
OK: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def settles_at(most: int, *, count: Callable[[], int] = descriptors) -> bool:
    """Whether there are no more than that, as soon as servers and kernel have closed their ends."""
    until = time.monotonic() + PATIENCE_SECONDS
    while count() > most and time.monotonic() < until:
        time.sleep(0.02)
    return count() <= most


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab.start() as lab:
        yield lab


def test_looks_of_every_kind_and_end_leave_no_descriptor_and_no_thread() -> None:
    """Accepted, refused, silent, cut off half-way, an answer that is none, a program that hangs and is killed."""
    threads = threading.active_count()
    inbox, seen = Mailbox(), SimpleQueue[Sequence[Observation]]()
    with serving(saying(OK)) as good, serving(saying(b"HTTP/1.1 200")) as cut, silent() as mute:
        probes = (
            *(TcpProbe(good), TcpProbe(closed()), TcpProbe(mute, timeout_seconds=0.02)),
            *(HttpProbe(good), HttpProbe(cut, timeout_seconds=0.05), HttpProbe(mute, timeout_seconds=0.02)),
            HttpProbe(good, tls=True, timeout_seconds=0.05),
            CommandProbe(("sleep", "60"), timeout_seconds=0.02),
        )
        group = Group("db", (Node("db-1", "i-1"),), (), health=Health(probes))
        with open_eyes(Probes(), inbox) as eyes:
            counts: list[int] = []
            for turn in range(ROUNDS):
                eyes.begin(Round(group, {"db-1": LOOPBACK}, Snapshot()), seen.put)
                act = inbox.get(PATIENCE_SECONDS)
                assert act is not None
                act()
                assert len(seen.get_nowait()) == len(probes)
                if turn in {ROUNDS // 6, ROUNDS - 1}:
                    counts.append(descriptors())
            assert counts[1] <= counts[0] + 2 or settles_at(counts[0] + 2)
    assert settles_at(threads, count=threading.active_count)


def test_readers_of_the_page_that_come_and_go_leave_nothing() -> None:
    before, threads = descriptors(), threading.active_count()
    with served((LOOPBACK, 0), lambda: Report({}, {}, {}, 0.0, 0.0, stopping=False)) as port:
        for turn in range(ROUNDS):
            if turn % 2:
                with socket.create_connection((LOOPBACK, port)) as hanging_up:
                    hanging_up.sendall(b"GET /met")
            else:
                connection = HTTPConnection(LOOPBACK, port, timeout=10)
                connection.request("GET", "/metrics")
                assert connection.getresponse().read()
                connection.close()
    assert settles_at(before)
    assert settles_at(threads, count=threading.active_count)


def test_requests_that_aws_drops_leave_no_socket_in_the_pool(lab: Lab) -> None:
    connection = Connection(
        "eu-west-1", endpoint_url=lab.url, keys=Keys("lab", "lab"), timeouts=Timeouts(read_seconds=5.0)
    )
    params = {"Filters": [{"Name": "allocation-id", "Values": ["eipalloc-0123456789abcdef0"]}]}
    connection.request("ec2", "DescribeAddresses", params)
    before = descriptors()
    lab.fault(Fault(Drop(), action="DescribeAddresses", probability=0.5, seed=1))
    dropped = 0
    for _ in range(ROUNDS):
        with suppress(CloudError):
            connection.request("ec2", "DescribeAddresses", params)
            continue
        dropped += 1
    lab.clear_faults()
    assert 10 < dropped < ROUNDS - 10
    assert settles_at(before + 1)
    connection.close()
    assert settles_at(before)
