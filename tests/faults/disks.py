"""A disk that turns bad at a chosen moment, for the journal in files; works for root too, whom no mode stops."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Final

from toolkit.journal.disk import Disk

# What a full disk still takes of a write before it refuses the rest.
LEFT_BYTES: Final = 40


class BadDisk(Disk):
    """Well until ``turn`` is called; then it refuses with that error number, until it is called with 0.

    ENOSPC takes a part of a write first, and cuts files as before; EROFS refuses everything that changes a file;
    EIO takes every write and fails to bring it to the disk. ``refused`` counts what it refused.
    """

    def __init__(self) -> None:
        self._error = 0
        self.refused = 0

    def turn(self, error: int) -> None:
        self._error = error

    def open(self, path: Path, flags: int) -> int:
        self._refuse(errno.EROFS)
        if not path.exists():
            self._refuse(errno.ENOSPC)
        return super().open(path, flags)

    def write(self, descriptor: int, data: bytes) -> int:
        self._refuse(errno.EROFS)
        if self._error == errno.ENOSPC and len(data) <= LEFT_BYTES:
            self._refuse(errno.ENOSPC)
        return super().write(descriptor, data[:LEFT_BYTES] if self._error == errno.ENOSPC else data)

    def overwrite(self, descriptor: int, data: bytes) -> None:
        self._refuse(errno.EROFS, errno.ENOSPC)
        super().overwrite(descriptor, data)

    def cut(self, descriptor: int, size: int) -> None:
        self._refuse(errno.EROFS)
        super().cut(descriptor, size)

    def sync(self, descriptor: int) -> None:
        self._refuse(errno.EIO, errno.EROFS)
        super().sync(descriptor)

    def _refuse(self, *errors: int) -> None:
        if self._error in errors:
            self.refused += 1
            raise OSError(self._error, os.strerror(self._error))
