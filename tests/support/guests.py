"""Instances of a lab as network namespaces on one bridge, and a client beside them; needs root and ``ip``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

PORT: Final = 8080
BRIDGE: Final = "br0"
NOBODY: Final = "02:00:00:00:00:99"
_NUMBERS: Final = count()
_SERVER: Final = """
import socket, sys
server = socket.create_server(("::", int(sys.argv[1])), family=socket.AF_INET6, dualstack_ipv6=True)
print("ready", flush=True)
while True:
    connection, _ = server.accept()
    try:
        connection.sendall(sys.argv[2].encode())
    except OSError:
        pass
    connection.close()
"""
_CLIENT: Final = """
import socket, sys
try:
    with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=1) as connection:
        print(connection.recv(100).decode())
except OSError as error:
    print("nobody", error)
"""


def ip(*arguments: str) -> str:
    """One call of ``ip``; fails the test when it fails."""
    return subprocess.run(["ip", *arguments], capture_output=True, text=True, check=True).stdout  # noqa: S607


@dataclass(frozen=True)
class Guest:
    """A namespace that plays a machine."""

    namespace: str

    def ip(self, *arguments: str) -> str:
        return ip("-n", self.namespace, *arguments)

    def addresses(self) -> dict[str, list[str]]:
        """All addresses that are not local to the machine, by device."""
        rows: list[dict[str, Any]] = json.loads(self.ip("-j", "addr", "show"))
        return {
            row["ifname"]: [entry["local"] for entry in row["addr_info"] if entry["scope"] == "global"] for row in rows
        }

    def has(self, address: str) -> bool:
        return any(address in known for known in self.addresses().values())

    def inside(self, *words: str) -> list[str]:
        """The command that runs a program in this machine's network."""
        return ["ip", "netns", "exec", self.namespace, *words]

    def start(self, *words: str) -> subprocess.Popen[str]:
        """A Python program in this machine's network."""
        return subprocess.Popen(self.inside(sys.executable, "-c", *words), stdout=subprocess.PIPE, text=True)

    def swallow(self, *addresses: str) -> None:
        """What this machine sends there is lost without a word, as behind a router that died."""
        for address in addresses:
            nowhere = ("lladdr", NOBODY, "dev", "eth0", "nud", "permanent")
            self.ip("neigh", "replace", address, *nowhere)

    def reaches(self, address: str) -> str:
        """Who answers at the address: the name of a machine, or ``nobody`` and why."""
        with self.start(_CLIENT, address, str(PORT)) as client:
            return client.communicate(timeout=20)[0].strip()

    @contextmanager
    def serving(self, name: str) -> Iterator[None]:
        """A service on every address of this machine that tells its name."""
        with self.start(_SERVER, str(PORT), name) as server:
            try:
                assert server.stdout
                assert server.stdout.readline() == "ready\n"
                yield
            finally:
                server.kill()


@dataclass(frozen=True)
class Wire:
    """A bridge in a namespace of its own."""

    bridge: str

    def plug(self, guest: Guest, device: str, *, mac: str = "") -> None:
        """A new device of the guest hangs on the bridge."""
        port = f"p{next(_NUMBERS)}"
        ip("link", "add", device, "netns", guest.namespace, "type", "veth", "peer", "name", port, "netns", self.bridge)
        if mac:
            guest.ip("link", "set", "dev", device, "address", mac)
        ip("-n", self.bridge, "link", "set", "dev", port, "master", BRIDGE, "up")

    def unplug(self, guest: Guest, device: str) -> None:
        """The device is gone, as after a detachment."""
        guest.ip("link", "del", "dev", device)


@contextmanager
def wired(**addresses: tuple[str, str]) -> Iterator[tuple[Wire, dict[str, Guest]]]:
    """Guests by name, each with ``eth0`` of that MAC and that address on one bridge; all gone afterwards."""
    with ExitStack() as stack:
        bridge = stack.enter_context(_namespace("bridge"))
        ip("-n", bridge, "link", "add", BRIDGE, "type", "bridge")
        ip("-n", bridge, "link", "set", "dev", BRIDGE, "up")
        wire, guests = Wire(bridge), {}
        for name, (mac, address) in addresses.items():
            guest = guests[name] = Guest(stack.enter_context(_namespace(name)))
            guest.ip("link", "set", "dev", "lo", "up")
            wire.plug(guest, "eth0", mac=mac)
            guest.ip("addr", "add", address, "dev", "eth0")
            guest.ip("link", "set", "dev", "eth0", "up")
        yield wire, guests


@contextmanager
def _namespace(name: str) -> Iterator[str]:
    made = f"failover-{os.getpid()}-{next(_NUMBERS)}-{name}"
    ip("netns", "add", made)
    try:
        yield made
    finally:
        ip("netns", "del", made)


def eventually(question: object, *, seconds: float = 30.0) -> bool:
    """Whether the question (a callable) comes true in that time."""
    assert callable(question)
    ends = time.monotonic() + seconds
    while not question():
        if time.monotonic() > ends:
            return False
        time.sleep(0.05)
    return True
