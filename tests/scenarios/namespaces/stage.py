"""Two nodes with their agents, a client, a gateway and watchers: every program real, each in a network of its own."""

from __future__ import annotations

import ipaddress
import json
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import dropwhile, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from support.command import COMMAND, LIMIT_SECONDS, Command
from support.guests import PORT, Guest, Wire, eventually, wired
from support.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.witness import Witness
    from toolkit.lab import Lab, World

FLOATING: Final = "10.0.1.50"
GATEWAY: Final = "10.0.1.1"
ADDRESSES: Final = {"one": "10.0.1.10", "two": "10.0.1.20", "client": "10.0.1.100", "gateway": GATEWAY}
WATCHERS: Final = {"watcher": "10.0.1.101", "other": "10.0.1.102"}
_ROLES: Final = {"one": "db-1", "two": "db-2"}
# Tells who answers at the address, and when that changes, in seconds of its own.
_BEHOLDER: Final = """
import socket, sys, time
began, last = time.monotonic(), None
while True:
    try:
        with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=0.2) as connection:
            now = connection.recv(100).decode() or "nobody"
    except OSError:
        now = "nobody"
    if now != last:
        print(f"{time.monotonic() - began:.3f}", now, flush=True)
        last = now
    time.sleep(0.02)
"""


@dataclass
class Stage:
    """Everything that a scene needs; ``lines`` of a watcher are what it has said so far."""

    lab: Lab
    world: World
    witness: Witness
    command: Command
    wire: Wire
    guests: dict[str, Guest]
    folder: Path
    stack: ExitStack
    relays: dict[str, Relay] = field(default_factory=dict)
    services: dict[str, ExitStack] = field(default_factory=dict)
    programs: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def serve(self, name: str) -> None:
        self.services[name] = self.stack.enter_context(ExitStack())
        self.services[name].enter_context(self.guests[name].serving(name))

    def kill_service(self, name: str) -> None:
        self.services[name].close()

    def connect(self, name: str) -> None:
        """AWS is reachable from there."""
        if name in self.relays:
            return
        self.relays[name] = self.stack.enter_context(Relay(self.lab.url, self.guests[name].namespace))

    def run(self, name: str, *words: str, **environment: str) -> None:
        """The installed command in that machine; ends with the stage."""
        log = self.stack.enter_context(self.log(name).open("wb"))
        process = subprocess.Popen(
            self.guests[name].inside(str(COMMAND), *words),
            env=self.command.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        self.programs[name] = process
        self.stack.callback(_end, process)

    def agent(self, name: str) -> None:
        self.connect(name)
        imds = self.lab.imds(self.world[_ROLES[name]])
        metadata = {"AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": imds}
        words = ("agent", "--interval", "0.5", "--record", str(self.folder / f"{name}.record"))
        self.run(name, *words, **metadata)

    def watch(self, name: str) -> None:
        self.connect(name)
        self.run(name, "watch", "--listen", "off", "--observer", name)

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def said(self, name: str, *texts: str) -> bool:
        """Whether that program says all of these, sooner or later."""
        return eventually(lambda: all(text in self.log(name).read_text() for text in texts), seconds=60.0)

    def never_said(self, name: str, text: str) -> bool:
        return text not in self.log(name).read_text()

    def holder(self) -> list[str]:
        """Who holds addresses of the group, as AWS says."""
        (group,) = self.world.configuration["groups"].values()
        held = [at for places in self.witness.holders(group["addresses"]).values() for at in places]
        return [role for role in _ROLES.values() if self.world[role] in held]

    def holds(self, name: str) -> list[str]:
        """The rules by which that watcher has held, in turn."""
        found: list[str] = []
        for line in self.log(name).read_text().splitlines():
            text = str(json.loads(line).get("text", "")) if line.startswith("{") else ""
            if text.startswith("holds by "):
                found.append(text.removeprefix("holds by ").partition(":")[0])
        return found

    def with_ipv6(self) -> str:
        """The group's IPv6 address; both nodes, the client and the watcher have its network."""
        floating = ipaddress.ip_address(self.world["ipv6"])
        network = ipaddress.ip_network(f"{floating}/64", strict=False)
        for number, name in enumerate(("client", "watcher"), start=256):
            self.guests[name].ip("addr", "add", f"{network[number]}/64", "dev", "eth0", "nodad")
        for name in _ROLES:
            self.guests[name].ip("-6", "route", "add", str(network), "dev", "eth0")
        return str(floating)

    @contextmanager
    def beheld(self) -> Iterator[Path]:
        """A client that asks without end who answers at the address; its log."""
        log = self.log("client")
        words = self.guests["client"].inside(sys.executable, "-c", _BEHOLDER)
        with log.open("wb") as out:
            process = subprocess.Popen([*words, FLOATING, str(PORT)], stdout=out)
            try:
                yield log
            finally:
                process.kill()
                process.wait()


def outage_seconds(log: Path) -> float:
    """For how long the client met nobody, in all, once it had met somebody."""
    lines = [line.partition(" ") for line in log.read_text().splitlines()]
    seen = list(dropwhile(lambda each: each[1] == "nobody", [(float(at), who) for at, _, who in lines]))
    return sum(end - start for (start, who), (end, _) in pairwise(seen) if who == "nobody")


def answered_by(log: Path) -> list[str]:
    """Who answered the client, in turn."""
    return [line.partition(" ")[2] for line in log.read_text().splitlines()]


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Who watches, what moves, and whether the watchers know when it is they who are cut off."""

    watchers: tuple[str, ...] = ("watcher",)
    kinds: tuple[str, ...] = ("private_ip",)
    anchored: bool = True


def configuration(world: World, cast: Cast) -> dict[str, Any]:
    """The pair's, with probes that go straight to the nodes."""
    made: dict[str, Any] = json.loads(json.dumps(world.configuration))
    (group,) = made["groups"].values()
    group["health"] = {
        "interval": "200ms",
        "fall": 3,
        "rise": 2,
        "probes": [{"tcp": PORT, "timeout": "300ms"}],
    }
    if cast.anchored:
        group["health"]["anchors"] = [f"{GATEWAY}:{PORT}"]
    if len(cast.watchers) > 1:
        group["health"]["quorum"] = {"observers": len(cast.watchers), "of": len(cast.watchers)}
    group["verify"] = {"through": True, "guest": True, "timeout": "30s"}
    return made


@contextmanager
def staged(lab: Lab, witness: Witness, folder: Path, cast: Cast) -> Iterator[Stage]:
    """The first node serves and holds the address, and every watcher has seen both nodes healthy."""
    world = lab.seed("pair", kinds=cast.kinds)
    machines = ADDRESSES | {name: WATCHERS[name] for name in cast.watchers}
    places = {
        name: (_mac(witness, world[f"{_ROLES[name]}-eni"]) if name in _ROLES else "", f"{address}/24")
        for name, address in machines.items()
    }
    made = configuration(world, cast)
    with ExitStack() as stack:
        wire, guests = stack.enter_context(wired(**places))
        command = Command(lab, folder, made)
        stage = Stage(lab, world, witness, command, wire, guests, folder, stack)
        for name in ("one", "two", "gateway"):
            stage.serve(name)
        for name in _ROLES:
            stage.agent(name)
        for name in cast.watchers:
            stage.watch(name)
        for name in cast.watchers:
            assert stage.said(name, "db-1 is healthy", "db-2 is healthy"), stage.log(name).read_text()
        assert eventually(lambda: guests["client"].reaches(FLOATING) == "one"), stage.log("one").read_text()
        yield stage


def _mac(witness: Witness, interface: str) -> str:
    (row,) = witness.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"]
    return str(row["MacAddress"])


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
