"""A thousand TCP targets each second by the real ``failover watch``: share of a core, drift, sockets, memory.

Then half of them fall silent at once, as in the loss of a zone: how long until every one is called unhealthy.

``WATCH_SECONDS=600`` measures the ten minutes of the issue; the default is short enough for every day. Needs
Linux, whose ``/proc`` tells of another process.
"""

from __future__ import annotations

import json
import os
import re
import resource
import selectors
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

from bench.clock import python
from bench.figures import Figure
from support.command import Command
from toolkit.lab import Lab
from toolkit.watch.eyes import MOST_SOCKETS

TARGETS: Final = 1000
NODES_PER_GROUP: Final = 2
WARM_UP_SECONDS: Final = 8.0
SAMPLE_SECONDS: Final = 0.2
OWN_FILES: Final = 64
# The watcher tells the latest round of a minute at least.
REMEMBERED_SECONDS: Final = 50.0
FALL: Final = 3
TIMEOUT_SECONDS: Final = 0.5
PATIENCE_SECONDS: Final = 60.0
_CLIENT: Final = "import boto3; boto3.client('ec2', region_name='eu-west-1'); print(open('/proc/self/status').read())"
_LOOKS: Final = re.compile(r'^failover_looks_total\{.*outcome="passed"\} (\S+)$', re.MULTILINE)
_LATE: Final = re.compile(r"^failover_round_late_seconds (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Cost:
    """What the watcher's process used between two moments."""

    seconds: float
    cpu_seconds: float
    looks: float
    late_seconds: float
    most_sockets: int
    memory_kib: int


@dataclass(frozen=True, slots=True)
class Loss:
    """What the watcher made of the silence of half of its targets: until the last was noticed, and at what cost."""

    noticed_seconds: float
    cpu_share: float
    most_sockets: int
    wrong: int


def measure() -> Iterator[Figure]:
    """The promises about the watcher, over one stretch of time."""
    if not Path("/proc/self/fd").is_dir():
        return
    with Lab.start() as lab, tempfile.TemporaryDirectory() as folder, _targets() as targets:
        cost, loss = _watch(Command(lab, Path(folder), _configuration(targets.port, folder)), targets)
    rate = cost.looks / cost.seconds
    share = cost.cpu_seconds / cost.seconds
    yield Figure("watcher: a core's share for 1,000 targets a second", 0.25, share, "", f"{rate:.0f} looks a second")
    yield Figure("watcher: the latest that a round began, in an interval of 1 s", 0.25, cost.late_seconds, "s")
    yield Figure("watcher: looks that were left out", 0.01, max(0.0, 1.0 - rate / TARGETS), "")
    yield Figure("watcher: open files at once, sockets and its own", MOST_SOCKETS + OWN_FILES, cost.most_sockets, "")
    client = subprocess.run(python(_CLIENT), check=True, capture_output=True, text=True).stdout
    yield Figure(
        "watcher: memory vs. a process with a boto3 EC2 client",
        1.5,
        cost.memory_kib / _kib(client),
        "x",
        f"{cost.memory_kib // 1024} MiB, {_kib(client) // 1024} MiB",
    )
    promised = FALL * 1.0 + TIMEOUT_SECONDS
    note = f"{loss.cpu_share:.2f} of a core and {loss.most_sockets} files meanwhile"
    yield Figure(
        "watcher: until 500 silent targets of 1,000 are noticed", 1.1 * promised, loss.noticed_seconds, "s", note
    )
    yield Figure("watcher: of the other 500, called unhealthy", 0, loss.wrong, "")
    yield Figure("watcher: open files at once meanwhile", MOST_SOCKETS + OWN_FILES, loss.most_sockets, "")


def _configuration(port: int, folder: str) -> dict[str, Any]:
    """Groups whose nodes are this machine under many addresses; what they hold does not exist: nothing moves."""
    groups: dict[str, Any] = {}
    for number in range(TARGETS // NODES_PER_GROUP):
        own = range(number * NODES_PER_GROUP, (number + 1) * NODES_PER_GROUP)
        groups[f"g{number}"] = {
            "nodes": [{"name": f"n{n}", "instance": f"i-{n:017x}", "host": _host(n)} for n in own],
            "addresses": [{"kind": "eip", "id": f"eipalloc-{number:017x}"}],
            "health": {"interval": "1s", "fall": FALL, "probes": [{"tcp": port, "timeout": f"{TIMEOUT_SECONDS}s"}]},
        }
    return {"version": 1, "region": "eu-west-1", "state": {"file": f"{folder}/state"}, "groups": groups}


def _host(number: int) -> str:
    return f"127.9.{number // 250}.{number % 250 + 1}"


class Targets:
    """A thousand listeners, all on one port, that accept and hang up until they fall silent."""

    def __init__(self) -> None:
        self.port = 0
        self._selector = selectors.DefaultSelector()
        self._listeners: list[socket.socket] = []
        self._clients: list[socket.socket] = []
        self._over = threading.Event()
        for number in range(TARGETS):
            listener = socket.create_server((_host(number), self.port), backlog=64)
            self.port = self.port or listener.getsockname()[1]
            listener.setblocking(False)  # noqa: FBT003 - the socket's own signature
            self._selector.register(listener, selectors.EVENT_READ)
            self._listeners.append(listener)

    def accept(self) -> None:
        """Take and end connections until the end."""
        while not self._over.is_set():
            for key, _ in self._selector.select(timeout=0.1):
                try:
                    key.fileobj.accept()[0].close()  # type: ignore[union-attr] # only sockets are registered
                except OSError:
                    continue  # it was reset before it was taken

    def silence(self, count: int) -> None:
        """Let so many answer nothing any more: their queues are full, so that the kernel drops every further SYN."""
        for number, listener in enumerate(self._listeners[:count]):
            self._selector.unregister(listener)
            listener.listen(0)
            for _ in range(2):
                client = socket.socket()
                client.setblocking(False)  # noqa: FBT003 - the socket's own signature
                client.connect_ex((_host(number), self.port))
                self._clients.append(client)

    def close(self) -> None:
        self._over.set()

    def release(self) -> None:
        """Close every socket, once nothing accepts any more."""
        for sock in self._clients + self._listeners:
            sock.close()
        self._selector.close()


@contextmanager
def _targets() -> Iterator[Targets]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4 * TARGETS)), hard))
    targets = Targets()
    thread = threading.Thread(target=targets.accept)
    thread.start()
    try:
        yield targets
    finally:
        targets.close()
        thread.join()
        targets.release()


@dataclass(slots=True)
class Ears:
    """What the watcher says of dead nodes: each with the moment at which it was heard."""

    dead: dict[str, float] = field(default_factory=dict)

    def listen(self, lines: Iterable[str]) -> None:
        for line in lines:
            if " is unhealthy: " in line:
                topic = json.loads(line)["topic"]
                self.dead.setdefault(topic.removeprefix("verdict of "), time.monotonic())


def _watch(failover: Command, targets: Targets) -> tuple[Cost, Loss]:
    page, ears = _free_port(), Ears()
    process = failover.start("watch", "--listen", f"127.0.0.1:{page}")
    threading.Thread(target=lambda: ears.listen(process.stderr or ()), daemon=True).start()
    try:
        time.sleep(WARM_UP_SECONDS)
        cpu, (looks, late), began = _cpu_seconds(process.pid), _looks(page), time.monotonic()
        most, asked = 0, began
        while time.monotonic() - began < float(os.environ.get("WATCH_SECONDS", "20")):
            time.sleep(SAMPLE_SECONDS)
            most = max(most, _files(process.pid))
            if time.monotonic() - asked > REMEMBERED_SECONDS:
                asked, late = time.monotonic(), max(late, _looks(page)[1])
        used, seconds = _cpu_seconds(process.pid) - cpu, time.monotonic() - began
        made, latest = _looks(page)
        memory = _kib(Path(f"/proc/{process.pid}/status").read_text())
        return Cost(seconds, used, made - looks, max(late, latest), most, memory), _lose_half(
            process.pid, ears, targets
        )
    finally:
        process.terminate()
        process.wait()


def _lose_half(pid: int, ears: Ears, targets: Targets) -> Loss:
    dead = {f"n{number}" for number in range(TARGETS // 2)}
    cpu, began = _cpu_seconds(pid), time.monotonic()
    targets.silence(len(dead))
    most = 0
    while not dead <= ears.dead.keys() and time.monotonic() - began < PATIENCE_SECONDS:
        time.sleep(SAMPLE_SECONDS)
        most = max(most, _files(pid))
    share = (_cpu_seconds(pid) - cpu) / (time.monotonic() - began)
    noticed = max(ears.dead[node] for node in dead) - began if dead <= ears.dead.keys() else float("nan")
    return Loss(noticed, share, most, len(ears.dead.keys() - dead))


def _files(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


def _looks(page: int) -> tuple[float, float]:
    """How many looks passed so far, and the latest that a round began of late."""
    with urlopen(f"http://127.0.0.1:{page}/metrics") as answer:
        text = answer.read().decode()
    late = _LATE.search(text)
    return sum(float(count) for count in _LOOKS.findall(text)), float(late[1]) if late else float("nan")


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _kib(status: str) -> int:
    """The most memory that a process ever had, from its status in /proc."""
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
