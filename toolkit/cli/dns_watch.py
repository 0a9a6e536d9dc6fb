"""``failover dns watch``: ask again and again, and tell what changed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import click

from toolkit.cli.dns_names import Asked, Known, Opening, learn
from toolkit.cli.dns_round import name_options, names_of, opening_of, plain, round_of
from toolkit.cli.saying import say
from toolkit.cli.screen import show_json
from toolkit.domain.naming import Judgement, Standing
from toolkit.resolve.watching import NameWatch

# Sixty seconds of asking each half second meet an answer that is wrong one time in twenty in 998 of 1,000 cases.
INTERVAL_SECONDS: Final = 0.5
READ_AGAIN_SECONDS: Final = 60.0


@click.command(name="watch")
@click.argument("names", nargs=-1)
@name_options
@click.option(
    "--interval",
    "interval_seconds",
    type=click.FloatRange(min=0.01),
    default=INTERVAL_SECONDS,
    show_default=True,
    help="Seconds between rounds.",
)
@click.option("--rounds", type=click.IntRange(min=1), help="Stop after so many rounds; default: never.")
@click.option("--metrics-file", type=click.Path(path_type=Path), help="Keep Prometheus metrics in this file.")
@click.pass_context
def watch_command(
    context: click.Context,
    *,
    names: tuple[str, ...],
    config: str | None,
    group: str | None,
    inside: tuple[str, ...],
    outside: tuple[str, ...],
    timeout_seconds: float,
    interval_seconds: float,
    rounds: int | None,
    metrics_file: Path | None,
) -> None:
    """Print a JSON line, and notify the group's people, when a judgement changes; not every time.

    Something wrong is told at once, right again after a minute without anything wrong.
    """
    opening = opening_of(context)
    rounds_of = _Rounds(Asked(plain(names), config, group, inside, outside), opening, timeout_seconds=timeout_seconds)
    begun, turn = time.monotonic(), 0
    while rounds is None or turn < rounds:
        for judgement in rounds_of.next():
            _notify(opening, rounds_of.known, judgement)
            show_json(judgement.as_json())
        if metrics_file is not None:
            _replace(metrics_file, rounds_of.watch.metrics())
        turn += 1
        if turn != rounds:
            time.sleep(max(0.0, begun + turn * interval_seconds - time.monotonic()))


class _Rounds:
    """One round after the other, against what AWS says; that is read again when an answer does not fit it."""

    def __init__(self, asked: Asked, opening: Opening, *, timeout_seconds: float) -> None:
        self._asked = asked
        self._opening = opening
        self._timeout_seconds = timeout_seconds
        self.watch = NameWatch(monotonic=time.monotonic)
        self.known = learn(asked, opening)
        self._read_at = time.monotonic()

    def next(self) -> Iterator[Judgement]:
        judged = self._ask()
        surprised = any(j.standing is not Standing.RIGHT and self.watch.is_news(j) for j in judged)
        if surprised or time.monotonic() - self._read_at > READ_AGAIN_SECONDS:
            before, self.known = self.known, learn(self._asked, self._opening, before=self.known)
            self._read_at = time.monotonic()
            # The same answers stay as evidence unless the world has moved on: asking again would lose a rare lie.
            if before.expectations != self.known.expectations:
                judged = self._ask()
        return self.watch.changes(judged)

    def _ask(self) -> Sequence[Judgement]:
        return round_of(self.known, names_of(self.known, self._asked.names), timeout_seconds=self._timeout_seconds)


def _notify(opening: Opening, known: Known, judgement: Judgement) -> None:
    """Tell the people of each group whose name it is; a name of none concerns all."""
    everybody = [group for group in known.groups.values() if group.notify_sns]
    if known.configuration is None or not everybody:
        return
    with opening.open(known.configuration) as world:
        for group in [group for group in everybody if judgement.name in group.verify.names] or everybody:
            subject = f"{judgement.name} at {judgement.resolver} is {judgement.standing.value}"
            problem = world.ports.notifier.notify(group, subject, judgement.as_json())
            if problem is not None:
                say(f"failover: group {group.name} could not be notified: {problem}", err=True)


def _replace(path: Path, text: str) -> None:
    """Whole or not at all, as a scraper may read at any moment."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
