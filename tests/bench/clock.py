"""How long fresh processes take: interleaved rounds, so that a busy moment hits every side alike."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence


def python(code: str) -> list[str]:
    """The command that runs ``code`` in a fresh interpreter of this environment."""
    return [sys.executable, "-c", code]


def medians(
    commands: Mapping[str, Sequence[str]], *, rounds: int, environment: Mapping[str, str] | None = None
) -> dict[str, float]:
    """The median seconds of each command from start to exit, after one round that warms the disk.

    Raises ``subprocess.CalledProcessError`` with what the command printed where one fails.
    """
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            started = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True, env=environment)
            if turn:
                seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(values) for name, values in seconds.items()}
