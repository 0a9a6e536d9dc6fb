"""``python -m toolkit.aws.slim [FOLDER]``: cut botocore's models beforehand, for a zip or an image.

Without a folder they go where the first run of this user would put them.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.loaders import Loader

from toolkit.aws.models import OPERATIONS, cut, cut_endpoints, digest, folders, store

if TYPE_CHECKING:
    from collections.abc import Sequence


def build(folder: Path) -> Path:
    """All cuts under ``folder``, in a folder named after the installed botocore; raises OSError."""
    loader = Loader()
    place = folder / digest()
    pieces = {"endpoints": cut_endpoints(loader.load_data("endpoints"))}
    for service, operations in OPERATIONS.items():
        pieces[f"{service}.service-2"] = cut(loader.load_service_model(service, "service-2"), operations)
        pieces[f"{service}.endpoint-rule-set-1"] = loader.load_service_model(service, "endpoint-rule-set-1")
    for name, data in pieces.items():
        if not store(place, name, data):
            raise OSError(f"cannot write {name}.json under {place}")
    return place


def main(arguments: Sequence[str]) -> int:
    """Cut, and print where the cuts are."""
    try:
        place = build(Path(arguments[0]) if arguments else folders()[-1])
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{place}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
