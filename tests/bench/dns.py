"""When each client's view turns after a move, and whether the run waits for exactly that."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench.figures import Figure
from support import needs
from support.look_turning import KINDS, TTL_SECONDS, turn
from toolkit.lab import Lab

# A record lives one second longer than its TTL says where a server counts whole seconds.
ROUNDING_SECONDS: Final = 1.0
# The second right answer, a look apart from the first, the journal's last words, and the end of the process.
AFTERWARDS_SECONDS: Final = 1.5


def measure() -> Iterator[Figure]:
    """One ``failover run`` with the three servers as its resolvers, each asked by a client of its own all the time."""
    missing = needs.missing_programs(("named", "dnsmasq", "unbound"))
    if missing:
        sys.stderr.write(f"dns was left out: it needs {', '.join(missing)}\n")
        return
    with Lab.start() as lab, tempfile.TemporaryDirectory() as folder:
        turned = turn(lab, lab.seed("pair", kinds=("eip",)), Path(folder))
    if turned.run.code:
        raise RuntimeError(turned.run.err or turned.run.out)
    for kind in KINDS:
        yield Figure(
            promise=f"the view through {kind} turns after a move, with a TTL of {TTL_SECONDS} s (AWS: 60 s)",
            at_most=TTL_SECONDS + ROUNDING_SECONDS,
            measured=turned.after_move_seconds(kind),
            unit="s",
        )
    run_seconds = turned.ended_at - turned.moved_at
    yield Figure(
        promise="failover run ends after the last view has turned",
        at_most=AFTERWARDS_SECONDS,
        measured=run_seconds - turned.last_seconds,
        unit="s",
        note=f"{run_seconds:.1f} s after the move",
    )
    yield Figure(
        promise="views that had not turned when failover run ended",
        at_most=0,
        measured=sum(turned.after_move_seconds(kind) >= run_seconds for kind in KINDS),
        unit="views",
    )
