"""Tools whose packages do not go together with the project's own, each in a virtual environment of its own."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path


def own_environment(name: str, pins: Path) -> Path:
    """The folder of the environment, hash-checked and made on first use; a change of the pins makes a new one."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    digest = hashlib.sha256(pins.read_bytes()).hexdigest()[:12]
    folder = cache / "aws-failover-toolkit" / f"{name}-{sys.version_info.major}.{sys.version_info.minor}-{digest}"
    done = folder / "done"
    if not done.exists():
        sys.stdout.write(f"installing {name} in an environment of its own\n")
        sys.stdout.flush()
        venv.create(folder, with_pip=True, clear=True)
        python = str(folder / "bin/python")
        install = ("install", "--quiet", "--no-deps", "--require-hashes", "-r", str(pins))
        subprocess.run([python, "-m", "pip", *install], check=True)
        done.touch()
    return folder
