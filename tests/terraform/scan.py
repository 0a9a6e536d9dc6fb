"""``make tf-scan``: checkov over the Terraform code, in a virtual environment of its own.

Every exception is a comment beside its resource with the reason; anything else that fails ends in 1.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any, Final

from terraform.workspace import ROOT, Providers, Workspace

_PINS: Final = ROOT / "tests/terraform/checkov.txt"
_SCAN: Final = ("--framework", "terraform", "--skip-path", "/tests/", "--skip-download", "--quiet", "--output", "json")
_LIMIT_SECONDS: Final = 900


def main() -> int:
    """Exit code 0 when no check failed, 1 otherwise."""
    with tempfile.TemporaryDirectory(prefix="tf-scan-") as folder:
        # A copy: what `terraform init` left in the tree would be scanned too.
        copy = Workspace(Path(folder), Providers("none", {}))
        ended = subprocess.run(
            [str(_program()), "--directory", str(copy.terraform), *_SCAN],
            capture_output=True,
            text=True,
            check=False,
            timeout=_LIMIT_SECONDS,
        )
    try:
        report: dict[str, Any] = json.loads(ended.stdout)
    except ValueError:
        sys.stderr.write(f"tf-scan: checkov ended with {ended.returncode}: {ended.stderr}\n")
        return 1
    return judged(report)


def judged(report: dict[str, Any]) -> int:
    """Print each failed check and the sums; 1 when anything failed or nothing was looked at."""
    for check in report["results"]["failed_checks"]:
        sys.stdout.write(
            f"tf-scan: {check['file_path']} {check['resource']}: {check['check_id']} {check['check_name']}\n"
        )
    summary = report["summary"]
    sys.stdout.write(
        f"tf-scan: {summary['passed']} passed, {summary['failed']} failed, {summary['skipped']} skipped with a reason\n"
    )
    return 1 if summary["failed"] or summary["parsing_errors"] or not summary["passed"] else 0


def _program() -> Path:
    """The pinned checkov, installed on first use; a change of the pins makes a new environment."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    pins = hashlib.sha256(_PINS.read_bytes()).hexdigest()[:12]
    folder = cache / "aws-failover-toolkit" / f"checkov-{sys.version_info.major}.{sys.version_info.minor}-{pins}"
    done = folder / "done"
    if not done.exists():
        sys.stdout.write("tf-scan: installing checkov, about half a minute\n")
        sys.stdout.flush()
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run(
            [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--requirement", str(_PINS)], check=True
        )
        done.touch()
    return folder / "bin/checkov"


if __name__ == "__main__":
    sys.exit(main())
