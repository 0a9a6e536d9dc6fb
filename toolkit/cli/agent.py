"""``failover agent``: keeps this machine's addresses in line with what AWS says it holds."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Final

import click

from toolkit.cli.options import chosen, group_options
from toolkit.cli.saying import note, say, visible
from toolkit.cli.screen import show_json
from toolkit.domain.errors import FailoverError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.cli.options import Chosen
    from toolkit.domain.guest import Change
    from toolkit.host.agent import Agent

RECORD: Final = "/run/failover/addresses.json"


@click.command()
@group_options
@click.option("--once", is_flag=True, help="One round, then end with its exit code.")
@click.option("--dry-run", is_flag=True, help="Say what one round would do, and do nothing.")
@click.option("--interval", type=click.FloatRange(min=0.1), default=2.0, show_default=True, metavar="SECONDS")
@click.option(
    "--wait", type=float, default=300.0, show_default=True, metavar="SECONDS", help="For the metadata service at boot."
)
@click.option("--record", type=click.Path(path_type=Path), default=Path(RECORD), show_default=True, metavar="FILE")
@click.option("--netns", metavar="NAME", help="Work in this network namespace (ip-netns) instead of the machine's own.")
@click.pass_context
def agent(
    context: click.Context,
    config: str | None,
    group: str | None,
    *,
    as_json: bool,
    once: bool,
    dry_run: bool,
    interval: float,
    wait: float,
    record: Path,
    netns: str | None,
) -> None:
    """Give this machine the addresses that AWS says it holds, and take away those that it holds no more.

    Touches only what it added itself, by its own priorities and tables and by FILE. Needs root (CAP_NET_ADMIN).
    """
    asked = chosen(config, group, as_json=as_json)
    with _agent(asked, record=record, namespace=netns, wait=wait) as made:
        if dry_run:
            plan = made.planned(asked.groups)
            for change in plan.changes:
                say(f"ip {' '.join(change.arguments)}")
            for remark in plan.remarks:
                _say(remark)
        elif once:
            end = made.round(asked.groups, tell=None if as_json else _tell)
            if as_json:
                show_json(end.as_json())
            else:
                say(end.reason)
            context.exit(int(end.exit_code))
        else:
            _keep(made, asked, interval)


@contextmanager
def _agent(asked: Chosen, *, record: Path, namespace: str | None, wait: float) -> Iterator[Agent]:
    from toolkit.aws.imds import Imds  # noqa: PLC0415 - after the options are known to be right
    from toolkit.aws.whoami import who_am_i  # noqa: PLC0415
    from toolkit.bootstrap import SystemClock, Wiring  # noqa: PLC0415
    from toolkit.host.agent import Agent  # noqa: PLC0415
    from toolkit.host.iproute import IpHost  # noqa: PLC0415
    from toolkit.pacing import Deadline  # noqa: PLC0415

    host, clock = IpHost(record, namespace=namespace), SystemClock()
    deadline = Deadline.after(clock, wait)
    me = who_am_i(lambda seconds: Imds(clock=clock, timeout_seconds=seconds), deadline, tell=_say)
    region = asked.configuration.region or os.environ.get("AWS_REGION") or me.region
    wiring = Wiring(replace(asked.configuration, region=region))
    try:
        yield Agent(host, wiring.cloud, wiring.notebook(), instance=me.instance, clock=clock)
    finally:
        wiring.close()


def _keep(made: Agent, asked: Chosen, interval: float) -> None:
    """Round after round until SIGTERM or SIGINT; each new state of affairs is said once."""
    from toolkit.watch.systemd import Systemd  # noqa: PLC0415

    ends, systemd, said = Event(), Systemd(os.environ), ""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ends.set())
    while not ends.is_set():
        said = _said(made, asked, said)
        systemd.tell(*notices(said))
        ends.wait(interval)
    systemd.tell("STOPPING=1")


def notices(said: str) -> tuple[str, ...]:
    """What systemd hears after a round; one line each, as a second one would be a word of its own."""
    return ("READY=1", "WATCHDOG=1", f"STATUS={visible(said)}")


def _said(made: Agent, asked: Chosen, before: str) -> str:
    """One round, in words; what can't be read, or is refused, is tried again in the next one."""
    try:
        now = made.round(asked.groups, tell=_tell).reason
    except FailoverError as error:
        now = f"nothing is touched: {error}"
    if now != before:
        _say(now)
    return now


def _tell(change: Change) -> None:
    _say(change.summary)


def _say(text: str) -> None:
    note(f"failover agent: {text}")
