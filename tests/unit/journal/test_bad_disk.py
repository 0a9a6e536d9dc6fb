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


class Unmendable(BadDisk):
    """Takes a part of a write, and then cuts nothing off."""

    cuts: int = 0

    def cut(self, descriptor: int, size: int) -> None:
        self.cuts += 1
        self._refuse(errno.ENOSPC)
        super().cut(descriptor, size)


@pytest.fixture
def unmendable(tmp_path: Path) -> tuple[FileLedger, Unmendable]:
    disk = Unmendable()
    return FileLedger(tmp_path / "state", owner="a", clock=FakeClock(), disk=disk), disk


def test_nothing_is_written_behind_a_torn_line_that_can_not_be_cut_off(
    unmendable: tuple[FileLedger, Unmendable], tmp_path: Path
) -> None:
    ledger, disk = unmendable
    grant = ledger.acquire("db", opening=OPENING)
    disk.turn(errno.ENOSPC)
    with pytest.raises(JournalBroken, match="free some space"):
        ledger.append(grant, CLOSING)
    torn = (tmp_path / "state" / "db.jsonl").read_bytes()
    assert not torn.endswith(b"\n")
    with pytest.raises(JournalBroken, match="free some space"):
        ledger.append(grant, CLOSING)
    assert (tmp_path / "state" / "db.jsonl").read_bytes() == torn
    assert ledger.history("db").events == tuple(OPENING)


def test_a_torn_line_is_cut_off_before_the_next_write_as_soon_as_that_is_possible(
    unmendable: tuple[FileLedger, Unmendable],
) -> None:
    ledger, disk = unmendable
    grant = ledger.acquire("db", opening=OPENING)
    disk.turn(errno.ENOSPC)
    with pytest.raises(JournalBroken):
        ledger.append(grant, CLOSING)
    disk.turn(0)
    ledger.append(grant, CLOSING)
    assert ledger.history("db").events == (*OPENING, *CLOSING)
    assert disk.cuts == 2


def test_a_line_that_never_reached_the_disk_and_could_not_be_cut_off_is_not_there_twice(tmp_path: Path) -> None:
    """The disk took the whole line and failed to bring it down; then it took no cut."""

    class Failing(BadDisk):
        def cut(self, descriptor: int, size: int) -> None:
            self._refuse(errno.EIO)
            super().cut(descriptor, size)

    disk = Failing()
    ledger = FileLedger(tmp_path / "state", owner="a", clock=FakeClock(), disk=disk)
    grant = ledger.acquire("db", opening=OPENING)
    disk.turn(errno.EIO)
    with pytest.raises(JournalBroken):
        ledger.append(grant, CLOSING)
    disk.turn(0)
    ledger.append(grant, CLOSING)
    assert ledger.history("db").events == (*OPENING, *CLOSING)
