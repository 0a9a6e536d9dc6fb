"""The story from beginning to end; exits non-zero if the proof fails."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

import click

from toolkit.bootstrap import SystemClock, engine_for
from toolkit.config import parse
from toolkit.lab import Lab
from toolkit.lab.demo.client import Client
from toolkit.lab.demo.service import service
from toolkit.lab.demo.story import Story, show
from toolkit.watch.assembly import Given, assembled
from toolkit.watch.systemd import Systemd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.lab import World

PORT: Final = 8080
NODES: Final = ("db-1", "db-2")
GIVE_UP_SECONDS: Final = 20.0
QUIET_SECONDS: Final = 1.0


def main() -> int:
    """Run the demo; 0 when every proof was given."""
    with ExitStack() as stack:
        click.echo("The lab: an AWS account on 127.0.0.1, two nodes in one subnet, seven addresses on db-1.")
        lab = stack.enter_context(Lab.start())
        os.environ.update(lab.environment())
        world = lab.seed("pair")
        services = {node: stack.enter_context(service(node)) for node in NODES}
        for node, running in services.items():
            lab.listen(world[node], PORT, target=("127.0.0.1", running.port))
        name = _public_name(world)
        inside = Client(name, lab.dns_inside, f"socks5://{lab.socks_inside}", PORT)
        outside = Client(name, lab.dns_outside, f"socks5://{lab.socks_outside}", PORT)
        clients = {"inside the VPC": inside, "outside": outside}
        for client in clients.values():
            client.start()
            stack.callback(client.stop)
        _served_by(clients, "db-1")
        story = Story()
        stack.enter_context(_watched(world, story))
        click.echo(f"Two clients ask http://{name}:{PORT} ten times a second; db-1 answers, and a watcher looks on.")
        click.echo("Now the service on db-1 dies.")
        story.begin()
        services["db-1"].die()
        story.tell("db-1's service is dead")
        story.wait_for("run_ended", seconds=GIVE_UP_SECONDS)
        for where, client in clients.items():
            _reconnected(client, where, story)
        return _report(story, clients, new=world["db-2-ip"])


def _public_name(world: World) -> str:
    (group,) = world.configuration["groups"].values()
    return str(group["verify"]["names"][0])


def _served_by(clients: dict[str, Client], node: str) -> None:
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while not all(client.first_after(0.0, node) for client in clients.values()):
        if time.monotonic() > deadline:
            last = {where: client.attempts[-1:] for where, client in clients.items()}
            raise SystemExit(f"the clients never reached {node}: {last}")
        time.sleep(0.05)


@contextmanager
def _watched(world: World, story: Story) -> Iterator[None]:
    """The real watcher, in a thread of this process, from its first verdicts on."""
    configuration = parse(json.dumps(world.configuration), "lab", form="json")
    with engine_for(configuration, watcher=story) as engine:
        sources = Given(configuration, engine)
        with assembled(sources, SystemClock(), hearer=story, supervisor=Systemd({}), observer="demo") as watcher:
            thread = threading.Thread(target=watcher.run, name="watcher")
            thread.start()
            try:
                story.wait_for(*(f"{node} is healthy" for node in NODES), seconds=GIVE_UP_SECONDS)
                yield
            finally:
                watcher.stop()
                thread.join()


def _reconnected(client: Client, where: str, story: Story) -> None:
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while client.first_after(story.began, "db-2") is None and time.monotonic() < deadline:
        time.sleep(0.02)
    first = client.first_after(story.began, "db-2")
    if first is not None:
        story.tell(f"the client {where} is served by db-2 at {first.address}, since {story.since(first.at)}")


def _report(story: Story, clients: dict[str, Client], *, new: str) -> int:
    time.sleep(QUIET_SECONDS)
    rows = [
        ["detected", story.since(story.moments.get("detected", story.began))],
        ["decided", story.since(story.moments.get("run_started", story.began))],
        ["moved (every address)", story.since(story.moments.get("moved", story.began))],
        ["proven (API, DNS, through)", story.since(story.moments.get("verified", story.began))],
    ]
    turned = next((a for a in clients["inside the VPC"].attempts if a.at > story.began and a.address == new), None)
    rows.append(["DNS inside the VPC turned", story.since(turned.at) if turned else "NEVER"])
    served = turned is not None
    for where, client in clients.items():
        first = client.first_after(story.began, "db-2")
        served = served and first is not None and all(a.node == "db-2" for a in client.attempts[-5:])
        rows.append([f"client {where}: reconnected", story.since(first.at) if first else "NEVER"])
        rows.append([f"client {where}: requests lost", str(client.lost_after(story.began))])
    click.echo()
    show("From the death of the service", ["what", "after"], rows)
    checks = [["right" if c["passed"] else "WRONG", c["subject"], c["where"], c["detail"]] for c in story.checks]
    show("The proof", ["", "what", "where", "answer"], checks)
    proven = story.status == "done" and served
    click.echo(f"{'PROVEN' if proven else 'NOT PROVEN'}: the run ended as {story.status or 'nobody knows'}")
    return 0 if proven else 5


if __name__ == "__main__":
    sys.exit(main())
