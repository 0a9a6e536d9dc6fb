"""The journal file of a group: one line of JSON for each write, so that a torn write is a torn last line."""

from __future__ import annotations

import json
import logging
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Self

from toolkit.domain.errors import JournalBroken
from toolkit.domain.events import Event
from toolkit.journal.disk import DISK, Disk, sync_folder, telling

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Line:
    """One write: the events that went together, and the fence of who wrote them."""

    fence: int
    events: tuple[Event, ...]

    def as_bytes(self) -> bytes:
        data = {"fence": self.fence, "events": [event.as_json() for event in self.events]}
        return json.dumps(data, separators=(",", ":")).encode() + b"\n"

    @classmethod
    def from_bytes(cls, text: bytes) -> Self:
        """Raises ValueError, KeyError or TypeError for what is no such line."""
        data = json.loads(text)
        return cls(int(data["fence"]), tuple(Event.from_json(event) for event in data["events"]))


def read(path: Path) -> list[Line]:
    """The writes of a journal, oldest first; what follows the last line end is being written or was never done.

    Raises JournalBroken for a line that can't be read.
    """
    with telling(path):
        text = path.read_bytes() if path.exists() else b""
    found: list[Line] = []
    for number, line in enumerate(text.split(b"\n")[:-1], 1):
        try:
            found.append(Line.from_bytes(line))
        except (ValueError, KeyError, TypeError) as error:
            raise JournalBroken(f"{path}:{number}: not a line of a journal; remove it or put it right") from error
    return found


class Writer:
    """Appends to a journal; whoever makes one holds the group's lock."""

    def __init__(self, path: Path, *, disk: Disk = DISK) -> None:
        """Opens the journal and cuts off a torn last line, which no reader ever took for written."""
        self._path = path
        self._disk = disk
        self._lock = Lock()
        self._whole_bytes: int | None = None
        with telling(path):
            new = not path.exists()
            self._descriptor = disk.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
            try:
                if new:
                    sync_folder(path.parent)
                self._mend()
            except OSError:
                self.close()
                raise

    def append(self, line: Line) -> None:
        """One write, on the disk when this returns; raises JournalBroken, and then no line ever follows its rest."""
        data = line.as_bytes()
        with self._lock, telling(self._path):
            self._cut_off()
            before = os.fstat(self._descriptor).st_size
            try:
                while data:
                    data = data[self._disk.write(self._descriptor, data) :]
                self._disk.sync(self._descriptor)
            except OSError:
                self._whole_bytes = before
                with suppress(OSError):
                    self._cut_off()
                raise

    def close(self) -> None:
        os.close(self._descriptor)

    def _cut_off(self) -> None:
        """Take off the rest of a write that failed; raises OSError while the disk keeps it."""
        if self._whole_bytes is not None:
            self._disk.cut(self._descriptor, self._whole_bytes)
            self._whole_bytes = None

    def _mend(self) -> None:
        text = self._path.read_bytes()
        whole = text.rfind(b"\n") + 1
        if whole < len(text):
            _LOG.warning(
                "%s: its last line was never finished and is dropped (%d bytes)", self._path, len(text) - whole
            )
            self._disk.cut(self._descriptor, whole)
            self._disk.sync(self._descriptor)
