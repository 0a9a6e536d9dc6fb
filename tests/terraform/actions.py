"""The actions that Terraform grants, from those that the moves declare: ``make iam`` writes the file."""

from __future__ import annotations

import json
import sys
from typing import Any, Final

from terraform.workspace import ROOT
from toolkit.moves.registry import KINDS

FILE: Final = ROOT / "terraform/modules/controller/actions.json"


def granted() -> dict[str, Any]:
    """What the file says now."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def declared() -> dict[str, dict[str, list[str]]]:
    """What each kind of address reads and writes."""
    return {name: {"reads": sorted(kind.IAM_READS), "writes": sorted(kind.IAM_WRITES)} for name, kind in KINDS.items()}


def main() -> int:
    """Write what the moves declare into the file; 1 when a write lacks its resource types."""
    found = granted() | {"moves": dict(sorted(declared().items()))}
    FILE.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    lacking = sorted(
        {action for kind in found["moves"].values() for action in kind["writes"]} - set(found["resources"])
    )
    for action in lacking:
        sys.stderr.write(f"{action} has no resource types yet: add them to {FILE.name} (AWS.md §9)\n")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
