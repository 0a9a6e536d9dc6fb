"""``failover watch``: look at groups without end, and move one when the rules allow it."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import click

from toolkit.cli.options import config_option
from toolkit.cli.progress import watcher as progress
from toolkit.cli.saying import say
from toolkit.config import load
from toolkit.domain.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from toolkit.domain.group import Configuration
    from toolkit.engine.engine import Engine
    from toolkit.watch.assembly import Assembled
    from toolkit.watch.voice import Hearer, Line

DEFAULT_PAGE = "127.0.0.1:9470"


@click.command()
@config_option
@click.option("--group", "-g", "names", multiple=True, metavar="NAME", help="Only this one; may be repeated.")
@click.option(
    "--listen",
    default=DEFAULT_PAGE,
    show_default=True,
    metavar="HOST:PORT",
    help="Where /health and /metrics are; another address than loopback lets other machines read them. off: nowhere.",
)
@click.option("--observer", metavar="NAME", help="This place's name where a quorum votes; default: the host's name.")
def watch(config: str | None, names: tuple[str, ...], listen: str, observer: str | None) -> None:
    """Watch groups and move one when its holder is dead and the rules allow it.

    SIGHUP takes the configuration anew, SIGTERM ends the program after the run in hand.
    """
    from toolkit.bootstrap import SystemClock  # noqa: PLC0415 - after the options are known to be right
    from toolkit.watch.assembly import assembled  # noqa: PLC0415
    from toolkit.watch.files import ask_for_more  # noqa: PLC0415
    from toolkit.watch.page import place  # noqa: PLC0415
    from toolkit.watch.systemd import Systemd  # noqa: PLC0415

    address = None if listen == "off" else place(listen)
    ask_for_more()
    with ExitStack() as stack:
        sources = FileSources(stack, config, names)
        told: Hearer = Words() if sys.stderr.isatty() else JsonWords()
        clock = SystemClock()
        name = observer or socket.gethostname()
        made = stack.enter_context(
            assembled(sources, clock, hearer=told, supervisor=Systemd(os.environ), observer=name)
        )
        if address is not None:
            _serve(stack, address, made)
        stack.enter_context(_signals(made))
        made.run()


def _serve(stack: ExitStack, address: tuple[str, int], made: Assembled) -> None:
    """Serve the page and say where; a watch without a page is better than none."""
    from toolkit.watch.page import is_open, served  # noqa: PLC0415 - after the options are known to be right

    try:
        port = stack.enter_context(served(address, made.report))
    except UsageError as error:
        made.voice.say("page", f"{error}; the watch goes on without it")
        return
    host = f"[{address[0]}]" if ":" in address[0] else address[0]
    open_to = "; other machines can read it, and it asks for no password" if is_open(address) else ""
    made.voice.say("page", f"http://{host}:{port}/health and /metrics{open_to}")


class FileSources:
    """The configuration file, and an engine for each state and Region that it ever named (``watch.Sources``)."""

    def __init__(self, stack: ExitStack, config: str | None, names: tuple[str, ...]) -> None:
        self._stack = stack
        self._config = config
        self._names = names
        self._engines: dict[tuple[object, ...], Engine] = {}

    def configuration(self) -> Configuration:
        configuration = load(self._config, environ=os.environ)
        unknown = [name for name in self._names if configuration.group(name) is None]
        if unknown:
            known = ", ".join(group.name for group in configuration.groups)
            raise UsageError(f"the configuration has no group {', '.join(unknown)}; it has {known}")
        chosen = tuple(group for group in configuration.groups if not self._names or group.name in self._names)
        return replace(configuration, groups=chosen)

    def engine(self, configuration: Configuration) -> Engine:
        from toolkit.bootstrap import engine_for  # noqa: PLC0415 - after the options are known to be right

        key = (configuration.region, configuration.state, configuration.lease_seconds)
        if key not in self._engines:
            self._engines[key] = self._stack.enter_context(engine_for(configuration, watcher=progress()))
        return self._engines[key]


class Words:
    """Lines for people."""

    def hear(self, line: Line) -> None:
        at = datetime.fromtimestamp(line.at).astimezone().strftime("%H:%M:%S")
        say(f"{at}  {line.group + ': ' if line.group else ''}{line.topic}: {line.text}", err=True)


class JsonWords:
    """One JSON object per line, for programs and for systemd's journal."""

    def hear(self, line: Line) -> None:
        body = {"at": round(line.at, 3), "group": line.group, "topic": line.topic, "text": line.text}
        click.echo(json.dumps(body), err=True)


@contextmanager
def _signals(made: Assembled) -> Iterator[None]:
    """SIGTERM and SIGINT stop, SIGHUP reloads; as they were afterwards."""
    acts: dict[signal.Signals, Callable[[], None]] = {
        signal.SIGTERM: made.stop,
        signal.SIGINT: made.stop,
        signal.SIGHUP: made.reload,
    }
    before = {number: signal.signal(number, lambda number, _: acts[signal.Signals(number)]()) for number in acts}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
