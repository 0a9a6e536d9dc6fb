"""Runs Spin over the model: ``python -m model.searching`` makes the wide searches and prints their figures."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MODEL: Final = Path(__file__).with_name("lease.pml")
# Far deeper than any path of the model is long; a search that meets it says so and is not complete.
MOST_STEPS: Final = 100_000
WIDE: Final = (
    ("RENEWALS=1", "DEATHS=2"),
    ("RENEWALS=1", "LOSSES=2"),
    ("BOOT",),
    ("TWO_CALLS", "DEATHS=2", "LOSSES=0"),
    ("TWO_CALLS", "LOSSES=2"),
    ("TWO_CALLS", "RENEWALS=1", "REFUSALS=2"),
    ("TWO_CALLS", "BOOT", "LOSSES=0"),
)


@dataclass(frozen=True)
class Search:
    """What Spin found: ``errors`` with the assertion that failed, ``complete`` when it went everywhere."""

    errors: int
    states: int
    complete: bool
    failed: str
    report: str


def search(folder: Path, *switches: str, cycles: bool = False, optimise: bool = False) -> Search:
    """Go through every state of the model under these switches; ``cycles`` looks for executions without an end."""
    generate = ["spin", "-a", *(f"-D{switch}" for switch in switches), str(MODEL)]
    subprocess.run(generate, cwd=folder, check=True, capture_output=True)
    kind = "-DNP" if cycles else "-DSAFETY"
    compile_it = ["gcc", "-O2" if optimise else "-O0", "-w", kind, "-o", "pan", "pan.c"]
    subprocess.run(compile_it, cwd=folder, check=True, capture_output=True)
    run = [str(folder / "pan"), f"-m{MOST_STEPS}", *(["-l"] if cycles else [])]
    report = subprocess.run(run, cwd=folder, check=True, capture_output=True, text=True).stdout
    return found(report)


def found(report: str) -> Search:
    """A verifier's report, read; raises ValueError for what is none."""
    errors = re.search(r"errors: (\d+)", report)
    states = re.search(r"(\d+) states, stored", report)
    if errors is None or states is None:
        raise ValueError(report)
    failed = re.search(r"pan:\d+: (.*) \(at depth", report)
    cut_short = ("Search not completed", "max search depth too small", "out of memory", "interrupted", "Bit statespace")
    return Search(
        errors=int(errors[1]),
        states=int(states[1]),
        complete=not any(words in report for words in cut_short),
        failed=failed[1] if failed else "",
        report=report,
    )


def main() -> int:
    """Every wide search, a line each; 1 when one fails or was cut short."""
    sound = True
    for switches in WIDE:
        with tempfile.TemporaryDirectory() as folder:
            seen = search(Path(folder), *switches, optimise=True)
        sound = sound and seen.complete and not seen.errors
        words = "complete" if seen.complete else "not complete"
        sys.stdout.write(f"{' '.join(switches)}: {seen.states} states, {words}, errors: {seen.errors} {seen.failed}\n")
        sys.stdout.flush()
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
