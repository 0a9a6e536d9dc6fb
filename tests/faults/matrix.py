"""``make faults``: every cell of the matrix; fails when an address was lost, an invariant broken, an end unexplained.

``make faults ARGS="--group eip --trouble killed"`` plays what fits, ``--every 5`` each fifth cell, ``--write`` puts
the table into docs/reliability.md.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from faults.cells import GROUPS, Cell, Verdict, play, requests_of, totals
from faults.observed import observed_lab
from faults.report import page
from faults.troubles import TROUBLES

if TYPE_CHECKING:
    from multiprocessing.pool import Pool

PAGE: Final = Path(__file__).parents[2] / "docs/reliability.md"
# Cells wait for time-outs as much as they work: more processes than cores.
PROCESSES: Final = 2 * (os.cpu_count() or 1)
SHARE: Final = 12


def chosen(counts: dict[str, int], *, group: str = "", trouble: str = "", every: int = 1) -> list[Cell]:
    """The cells to play, those of one group and trouble together."""
    cells = [
        Cell(name, what, position)
        for name, count in counts.items()
        for what in TROUBLES
        for position in range(1, count + 1)
        if group in {"", name} and trouble in what
    ]
    return cells[::every]


def counted() -> dict[str, int]:
    """How many requests an undisturbed move of each group makes."""
    with observed_lab() as (endpoint, url):
        for group in GROUPS:
            requests_of(endpoint, url, group)  # the first one of a process makes more: it is in no hurry to be warm
        return {group: requests_of(endpoint, url, group) for group in GROUPS}


def played(cells: Sequence[Cell]) -> list[Verdict]:
    """A share of the cells on a lab of its own."""
    with observed_lab() as (endpoint, url):
        return [play(endpoint, url, cell) for cell in cells]


def _all(cells: Sequence[Cell], pool: Pool) -> Iterator[Verdict]:
    shares = [cells[start : start + SHARE] for start in range(0, len(cells), SHARE)]
    for done in pool.imap_unordered(played, shares):
        yield from done


def exit_code(verdicts: Sequence[Verdict]) -> int:
    """0 when cells were played and every one is sound."""
    return 0 if verdicts and all(verdict.sound for verdict in verdicts) else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Play, tell what is wrong as it is found, and the totals at the end."""
    parser = argparse.ArgumentParser(prog="make faults", description="the fault matrix on the lab")
    parser.add_argument("--group", default="", choices=["", *GROUPS])
    parser.add_argument("--trouble", default="", help="a part of the trouble's name")
    parser.add_argument("--every", type=int, default=1, help="play each n-th cell only")
    parser.add_argument("--processes", type=int, default=PROCESSES)
    parser.add_argument("--write", action="store_true", help="put the table into docs/reliability.md")
    words = parser.parse_args(arguments)
    if not any(words.trouble in name for name in TROUBLES):
        parser.error(f"no such trouble; there are: {'; '.join(TROUBLES)}")
    began = time.monotonic()
    verdicts: list[Verdict] = []
    with multiprocessing.get_context("spawn").Pool(words.processes) as pool:
        counts = pool.apply(counted)
        cells = chosen(counts, group=words.group, trouble=words.trouble, every=words.every)
        for verdict in _all(cells, pool):
            verdicts.append(verdict)
            if not verdict.sound:
                sys.stdout.write(f"{verdict}\n")
            if len(verdicts) % 100 == 0:
                sys.stderr.write(f"{len(verdicts)} of {len(cells)} cells, {time.monotonic() - began:.0f} s\n")
    sys.stdout.write(totals(verdicts) + "\n")
    if words.write:
        PAGE.write_text(page(PAGE.read_text(), verdicts))
    return exit_code(verdicts)
