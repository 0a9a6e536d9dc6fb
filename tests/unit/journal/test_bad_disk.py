"""A disk that turns bad under a run: what stands in the journal, who has the lease, and what a person is told."""

import errno
from pathlib import Path

import pytest

from faults.disks import BadDisk
from toolkit.domain.errors import JournalBroken
from toolkit.domain.events import Event, EventName
from toolkit.journal.file import FileLedger
from toolkit.testing import FakeClock

BAD = [errno.ENOSPC, errno.EROFS, errno.EIO]
OPENING = [Event(EventName.RUN_STARTED, "run-1", 1.5)]
CLOSING = [Event(EventName.RUN_ENDED, "run-1", 2.5, {"status": "done", "words": "x" * 100})]


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def disk() -> BadDisk:
    return BadDisk()


@pytest.fixture
def ledger(tmp_path: Path, disk: BadDisk) -> FileLedger:
    return FileLedger(tmp_path / "state", owner="a", clock=FakeClock(), disk=disk)


@pytest.fixture
def other(tmp_path: Path) -> FileLedger:
    return FileLedger(tmp_path / "state", owner="b", clock=FakeClock())


@pytest.mark.parametrize("error", BAD, ids=errno.errorcode.get)
def test_a_lease_is_given_back_although_the_closing_events_could_not_be_written(
    ledger: FileLedger, other: FileLedger, disk: BadDisk, error: int
) -> None:
    grant = ledger.acquire("db", opening=OPENING)
    disk.turn(error)
    with pytest.raises(JournalBroken):
        ledger.release(grant, CLOSING)
    assert other.owner("db") is None
    assert other.acquire("db").fence > grant.fence
    assert [event.name for event in other.history("db").events][:1] == [EventName.RUN_STARTED]


@pytest.mark.parametrize("error", BAD, ids=errno.errorcode.get)
def test_a_lease_that_could_not_be_written_is_nobodys_and_leaves_no_file_open(
    ledger: FileLedger, other: FileLedger, disk: BadDisk, error: int
) -> None:
    other.release(other.acquire("db"))
    disk.turn(error)
    before = open_files()
    with pytest.raises(JournalBroken):
        ledger.acquire("db", opening=OPENING)
    assert open_files() == before
    disk.turn(0)
    assert ledger.acquire("db", opening=OPENING).owner == "a"


def test_a_full_disk_leaves_no_torn_line_between_two_whole_ones(ledger: FileLedger, disk: BadDisk) -> None:
    grant = ledger.acquire("db", opening=OPENING)
    disk.turn(errno.ENOSPC)
    with pytest.raises(JournalBroken, match="free some space"):
        ledger.append(grant, CLOSING)
    disk.turn(0)
    ledger.append(grant, CLOSING)
    assert [event.name for event in ledger.history("db").events] == [EventName.RUN_STARTED, EventName.RUN_ENDED]
