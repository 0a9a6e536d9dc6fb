"""``make faults``: every cell of the matrix; fails when an address was lost, an invariant broken, an end unexplained.

``make faults ARGS="--group eip --trouble killed"`` plays what fits, ``--where memory`` only the cells in simulated
time, ``--every 5`` each fifth cell; ``--write`` puts the tables into docs/reliability.md. ``--races``, ``--soak`` and
``--boots`` play the races for the lease, the watcher's twenty hours and the boots of five nodes instead.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from faults import simulated, strikes
from faults.cells import play, requests_of
from faults.observed import observed_lab
from faults.report import page
from faults.troubles import TROUBLES
from faults.verdicts import GROUPS, SLOW, Cell, Verdict, counted, totals

if TYPE_CHECKING:
    from multiprocessing.pool import Pool

    from faults.site import Asked

PAGE: Final = Path(__file__).parents[2] / "docs/reliability.md"
# Cells wait for time-outs as much as they work: more processes than cores.
PROCESSES: Final = 2 * (os.cpu_count() or 1)
SHARE: Final = 12
# So many shares, and then a fresh process: moto keeps something of each of its stores.
SHARES: Final = 25
# Of the many requests of a run that waits for an interface, each third is disturbed.
EACH_SLOW: Final = 3
OTHERS: Final = {"--races": "faults.races", "--soak": "faults.soak", "--boots": "faults.boots"}


def chosen(counts: Mapping[str, Sequence[Asked]], *, group: str = "", trouble: str = "", every: int = 1) -> list[Cell]:
    """The cells to play, those of one group and trouble together; ``counts`` are the requests of each group's move."""
    cells = [
        Cell(name, what, position)
        for name, asked in counts.items()
        for what, each in TROUBLES.items()
        if group in {"", name} and trouble in what
        for position in each.fits(asked)[:: EACH_SLOW if name == SLOW else 1]
    ]
    return cells[::every]


def requests() -> dict[str, tuple[Asked, ...]]:
    """The requests of an undisturbed move of each group."""
    with observed_lab() as (endpoint, url):
        for group in GROUPS:
            requests_of(endpoint, url, group)  # the first one of a process makes more: it is in no hurry to be warm
        return {group: requests_of(endpoint, url, group) for group in GROUPS}


def played(cells: Sequence[Cell]) -> list[Verdict]:
    """A share of the cells on a lab of its own."""
    with observed_lab() as (endpoint, url):
        return [play(endpoint, url, cell) for cell in cells]


def rehearsed(cells: Sequence[Cell]) -> list[Verdict]:
    """A share of the cells in memory."""
    return [simulated.play(cell) for cell in cells]


def _all(cells: Sequence[Cell], pool: Pool, play_share: Callable[[Sequence[Cell]], list[Verdict]]) -> Iterator[Verdict]:
    shares = [cells[start : start + SHARE] for start in range(0, len(cells), SHARE)]
    for done in pool.imap_unordered(play_share, shares):
        yield from done


def exit_code(verdicts: Sequence[Verdict]) -> int:
    """0 when the troubles of some cells came about and every cell is sound."""
    return 0 if counted(verdicts) and all(verdict.sound for verdict in verdicts) else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Play, tell what is wrong as it is found, and the totals at the end."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for option, name in OTHERS.items():
        if option in given:
            given.remove(option)
            return int(import_module(name).main(given))
    parser = _parser()
    words = parser.parse_args(given)
    if not any(words.trouble in name for name in (*TROUBLES, *strikes.TROUBLES)):
        parser.error(f"no such trouble; there are: {'; '.join((*TROUBLES, *strikes.TROUBLES))}")
    lab: list[Verdict] = []
    memory: list[Verdict] = []
    with multiprocessing.get_context("spawn").Pool(words.processes, maxtasksperchild=SHARES) as pool:
        if words.where != "lab":
            cells = pool.apply(simulated.cells, kwds={"group": words.group, "trouble": words.trouble})
            _tell(_all(cells[:: words.every], pool, rehearsed), memory, len(cells[:: words.every]))
        if words.where != "memory":
            cells = chosen(pool.apply(requests), group=words.group, trouble=words.trouble, every=words.every)
            _tell(_all(cells, pool, played), lab, len(cells))
    sys.stdout.write(f"on the lab: {totals(lab)}\nin memory: {totals(memory)}\n{totals([*lab, *memory])}\n")
    spared = len([*lab, *memory]) - len(counted([*lab, *memory]))
    sys.stdout.write(f"not counted, as their trouble did not come about: {spared}\n")
    if words.write:
        PAGE.write_text(page(PAGE.read_text(), lab, memory))
    return exit_code([*lab, *memory])


def _tell(verdicts: Iterator[Verdict], into: list[Verdict], count: int) -> None:
    """Keep each verdict, show what is wrong at once, and how far it has come."""
    began = time.monotonic()
    for verdict in verdicts:
        into.append(verdict)
        if not verdict.sound:
            sys.stdout.write(f"{verdict}\n")
            sys.stdout.flush()
        if len(into) % 100 == 0:
            sys.stderr.write(f"{len(into)} of {count} cells, {time.monotonic() - began:.0f} s\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make faults",
        description="the fault matrix, on the lab and in memory",
        epilog=f"{', '.join(OTHERS)} play something else instead; each has its own --help",
    )
    parser.add_argument("--group", default="", choices=["", *GROUPS])
    parser.add_argument("--trouble", default="", help="a part of the trouble's name")
    parser.add_argument("--every", type=int, default=1, help="play each n-th cell only")
    parser.add_argument("--where", default="", choices=["", "lab", "memory"])
    parser.add_argument("--processes", type=int, default=PROCESSES)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/reliability.md")
    return parser
