"""The command ``failover``."""

from __future__ import annotations

import sys

from toolkit.cli.root import run


def main() -> None:
    """Run the command line; the process ends with the documented exit code."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
