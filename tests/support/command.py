"""The installed command, as users run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support import planted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from toolkit.lab import Control

COMMAND = Path(sys.executable).with_name("failover")
LIMIT_SECONDS = 90.0


@dataclass(frozen=True)
class Ended:
    """How a call of the command ended."""

    code: int
    out: str
    err: str

    @property
    def body(self) -> dict[str, Any]:
        """The one JSON object that ``--json`` prints."""
        parsed: dict[str, Any] = json.loads(self.out)
        return parsed


class Command:
    """``failover`` with a configuration file, pointed at a lab and at nothing else."""

    def __init__(self, lab: Control, folder: Path, configuration: Mapping[str, Any] | str) -> None:
        self.file = folder / "failover.json"
        self.file.write_text(configuration if isinstance(configuration, str) else json.dumps(configuration))
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "FAILOVER_"))},
            **lab.environment(),
            **planted.CREDENTIALS,
            "FAILOVER_CONFIG": str(self.file),
            # As installed by pip: compiled once, not in each process.
            "PYTHONDONTWRITEBYTECODE": "",
            "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
        }

    def start(self, *arguments: str, **environment: str) -> planted.Program:
        """The command, running; the caller waits for it."""
        return planted.Program(
            [str(COMMAND), *arguments],
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str, **environment: str) -> Ended:
        """The command, run to its end."""
        process = self.start(*arguments, **environment)
        try:
            out, err = process.communicate(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return Ended(process.returncode, out, err)

    def move(self, target: str, *more: str) -> Ended:
        return self("run", "--to", target, "--yes", "--json", *more)
