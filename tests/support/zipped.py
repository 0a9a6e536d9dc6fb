"""The function's zip as ``make lambda`` builds it, and as Lambda unpacks it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from support import tree


def build(folder: Path) -> Path:
    """The zip, built there."""
    target = folder / "failover-lambda.zip"
    subprocess.run([sys.executable, "lambda/build.py", str(target)], cwd=tree.ROOT, check=True, capture_output=True)
    return target


def unpack(built: Path, folder: Path) -> Path:
    """What Lambda makes of it."""
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder)
    return folder
