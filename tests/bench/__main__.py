"""``make bench``: every promised figure, measured in one run on this machine; fails when one is broken.

``make bench ARGS="imports"`` measures only what is named.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from bench import dns, engine, function, imports, moves, throttle, watcher
from bench.figures import Figure, table

MEASUREMENTS: Final[Mapping[str, Callable[[], Iterable[Figure]]]] = {
    "imports": imports.measure,
    "moves": moves.measure,
    "engine": engine.measure,
    "watcher": watcher.measure,
    "function": function.measure,
    "dns": dns.measure,
    "throttle": throttle.measure,
}


def main(names: list[str]) -> int:
    """Measure what is named, or everything; the exit code is 1 when a promise is broken, 2 for an unknown name."""
    unknown = sorted(set(names) - set(MEASUREMENTS))
    if unknown:
        sys.stderr.write(f"no such measurement: {', '.join(unknown)}; there are: {', '.join(MEASUREMENTS)}\n")
        return 2
    figures: list[Figure] = []
    for name in names or MEASUREMENTS:
        sys.stderr.write(f"measuring: {name}\n")
        figures += MEASUREMENTS[name]()
    sys.stdout.write(table(figures) + "\n")
    return 0 if all(figure.kept for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
