"""Files that only this user can write, and what to do about a disk that refuses."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from toolkit.domain.errors import JournalBroken

_OTHERS: Final = 0o077
_OTHERS_WRITE: Final = 0o022
# As Linux has it (path_resolution(7)).
_MOST_LINKS: Final = 40
_REMEDIES: Final = {
    errno.ENOSPC: "free some space on that disk",
    errno.EDQUOT: "the user's quota is used up there",
    errno.EROFS: "it is mounted read-only: choose another folder under `state`",
    errno.EACCES: "give this user the right to write there, or choose another folder under `state`",
    errno.EPERM: "give this user the right to write there, or choose another folder under `state`",
    errno.ELOOP: "a symbolic link stands in the file's place: remove it",
    errno.ENOTDIR: "a file stands where the folder should be",
}


class Disk:
    """What a full or broken disk may refuse; all methods raise OSError. A rehearsal hands in one that does."""

    def open(self, path: Path, flags: int) -> int:
        """A descriptor as ``open_private`` makes it."""
        return open_private(path, flags)

    def write(self, descriptor: int, data: bytes) -> int:
        """How many bytes of ``data`` were taken, at the end of the file."""
        return os.write(descriptor, data)

    def overwrite(self, descriptor: int, data: bytes) -> None:
        """Put ``data`` at the beginning, and nothing after it."""
        os.pwrite(descriptor, data, 0)
        os.ftruncate(descriptor, len(data))

    def cut(self, descriptor: int, size: int) -> None:
        """Leave so many bytes."""
        os.ftruncate(descriptor, size)

    def sync(self, descriptor: int) -> None:
        """Come back when it is on the disk."""
        os.fsync(descriptor)


DISK: Final = Disk()


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """Turns an OSError into a JournalBroken that says what to do."""
    try:
        yield
    except OSError as error:
        what = os.strerror(error.errno) if error.errno else str(error)
        remedy = _REMEDIES.get(error.errno or 0, "look at that disk")
        raise JournalBroken(f"{path}: {what}; {remedy}") from error


def make_folder(folder: Path) -> None:
    """The folder, made for this user only if it is not there.

    Raises JournalBroken when others can write in it, or when a link leads there that others could have put.
    """
    with telling(folder):
        for link in _links_to(folder):
            above = link.parent.stat().st_mode
            if others_could_have_put(owner=link.lstat().st_uid, mode_above=above, user=os.geteuid()):
                problem = f"{link} is a symbolic link that another user could have put there"
                raise JournalBroken(f"{folder}: {problem}; name the folder itself under `state`")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        info = folder.stat()
    if info.st_mode & _OTHERS_WRITE:
        raise JournalBroken(f"{folder}: other users can write there; chmod go-w {folder}")
    if info.st_uid not in {0, os.geteuid()}:
        raise JournalBroken(f"{folder}: it belongs to user {info.st_uid}; run as that user, or choose another folder")


def others_could_have_put(*, owner: int, mode_above: int, user: int) -> bool:
    """Whether a link may be another's work, by who owns it and by the mode of the folder that it stands in.

    In a folder that others can write they can also put a link of this user's in another's place, unless it is sticky.
    """
    replaceable = mode_above & _OTHERS_WRITE and not mode_above & stat.S_ISVTX
    return owner not in {0, user} or bool(replaceable)


def open_private(path: Path, flags: int) -> int:
    """A file descriptor that children do not inherit, of a regular file that is no link; raises OSError.

    A file that others can read is closed to them. Raises JournalBroken for one that others can write, whoever made it
    so.
    """
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode) and not mode & _OTHERS_WRITE:
        if mode & _OTHERS:
            # A file system without modes of its own refuses, and has none to change.
            with suppress(OSError):
                os.fchmod(descriptor, stat.S_IMODE(mode) & ~_OTHERS)
        return descriptor
    os.close(descriptor)
    if not stat.S_ISREG(mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    raise JournalBroken(f"{path}: other users can write it; see that nothing in it is theirs, then chmod go-w {path}")


def _links_to(path: Path) -> Iterator[Path]:
    """Each symbolic link on the way to the path, those that links lead to as well; raises OSError for too many."""
    here, left, found = Path("/"), list(path.absolute().parts[1:]), 0
    while left:
        part = left.pop(0)
        step = here.parent if part == ".." else here / part
        if not step.is_symlink():
            here = step
            continue
        found += 1
        if found > _MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        yield step
        target = step.readlink()
        left = [*target.parts, *left]
        if target.is_absolute():
            here = Path(left.pop(0))


def sync_folder(folder: Path) -> None:
    """Make the names of new files last; raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
