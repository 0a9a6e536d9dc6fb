"""``make tf-scan``: checkov over the Terraform code, in a virtual environment of its own.

Every exception is a comment beside its resource with the reason; anything else that fails ends in 1.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from support.own_environment import own_environment
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
            [str(own_environment("checkov", _PINS) / "bin/checkov"), "--directory", str(copy.terraform), *_SCAN],
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


if __name__ == "__main__":
    sys.exit(main())
