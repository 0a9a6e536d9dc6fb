"""The lock file of a group: locked by the kernel for the life of a grant, and bearing the holder's name."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from toolkit.journal.disk import DISK, Disk, open_private, sync_folder, telling


class TakenError(Exception):
    """Another process has the lock; ``owner`` as far as the file tells."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        super().__init__(owner)


@dataclass(frozen=True, slots=True)
class Bearer:
    """What stands in a lock file; ``owner`` None once it was released."""

    owner: str | None = None
    fence: int = 0


class Lock:
    """A lock that this process has; the kernel takes it back when the process ends, however it ends."""

    def __init__(self, path: Path, descriptor: int, *, disk: Disk) -> None:
        self._path = path
        self._descriptor = descriptor
        self._disk = disk

    @classmethod
    def take(cls, path: Path, *, disk: Disk = DISK) -> Self:
        """Raises TakenError, JournalBroken."""
        with telling(path):
            descriptor = disk.open(path, os.O_RDWR | os.O_CREAT)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                raise TakenError(bearer(path).owner or "another process") from None
            except OSError:
                os.close(descriptor)
                raise
            sync_folder(path.parent)
        return cls(path, descriptor, disk=disk)

    def is_ours(self) -> bool:
        """Whether the file is still the one that was locked: one put in its place locks out nobody."""
        try:
            return os.path.samestat(os.fstat(self._descriptor), self._path.stat())
        except OSError:
            return False

    def sign(self, name: Bearer) -> None:
        """Write who holds it; raises JournalBroken."""
        text = json.dumps({"owner": name.owner, "fence": name.fence}).encode() + b"\n"
        with telling(self._path):
            self._disk.overwrite(self._descriptor, text)
            self._disk.sync(self._descriptor)

    def drop(self) -> None:
        """Give it back."""
        os.close(self._descriptor)


def bearer(path: Path) -> Bearer:
    """What a lock file tells; an empty Bearer when it tells nothing."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return Bearer(data["owner"], int(data["fence"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Bearer()


def is_taken(path: Path) -> bool:
    """Whether some process has the lock now; raises JournalBroken."""
    if not path.exists():
        return False
    with telling(path):
        descriptor = open_private(path, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
    return False
