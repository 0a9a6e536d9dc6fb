"""What is the disk's own: modes, torn lines, a full disk, a lock that somebody replaced."""

from __future__ import annotations

import errno
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit.domain.errors import JournalBroken, LeaseHeld, LeaseLost
from toolkit.domain.events import Event, EventName
from toolkit.journal.disk import others_could_have_put, telling
from toolkit.journal.file import FileLedger
from toolkit.testing.clock import FakeClock

STARTED = Event(EventName.RUN_STARTED, "run-1", 1.5, {"target": "db-2"})
DONE = Event(EventName.STEP_DONE, "run-1", 2.5)
ENDED = Event(EventName.RUN_ENDED, "run-1", 3.5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var" / "state"


@pytest.fixture
def ledger(folder: Path) -> FileLedger:
    return FileLedger(folder, owner="a", clock=FakeClock())


def test_only_the_user_can_read_or_write_what_is_made(ledger: FileLedger, folder: Path) -> None:
    ledger.acquire("db", opening=[STARTED])
    modes = {path.name: path.stat().st_mode & 0o777 for path in [folder, *folder.iterdir()]}
    assert modes == {"state": 0o700, "db.lock": 0o600, "db.jsonl": 0o600}


@pytest.mark.parametrize("mode", [0o770, 0o702, 0o777])
def test_a_folder_that_others_can_write_is_refused_with_the_remedy(ledger: FileLedger, folder: Path, mode: int) -> None:
    folder.mkdir(parents=True)
    folder.chmod(mode)
    with pytest.raises(JournalBroken, match="chmod go-w"):
        ledger.acquire("db")


def test_a_link_in_the_place_of_a_file_is_refused(ledger: FileLedger, folder: Path, tmp_path: Path) -> None:
    folder.mkdir(parents=True, mode=0o700)
    (tmp_path / "elsewhere").write_text("precious")
    (folder / "db.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(JournalBroken, match="symbolic link"):
        ledger.acquire("db")
    assert (tmp_path / "elsewhere").read_text() == "precious"


def lead(link: Path, to: Path, *, mode: int) -> None:
    """A link in a folder of that mode."""
    link.parent.mkdir(parents=True)
    link.symlink_to(to)
    link.parent.chmod(mode)


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o757])
@pytest.mark.parametrize("below", ["", "state"], ids=["the folder", "above it"])
def test_a_link_that_others_could_have_put_on_the_way_to_the_folder_is_refused(
    tmp_path: Path, mode: int, below: str
) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o700)
    link = tmp_path / "shared" / "link"
    lead(link, theirs, mode=mode)
    with pytest.raises(JournalBroken, match=r"shared/link is a symbolic link.*name the folder itself"):
        FileLedger(link / below, owner="a", clock=FakeClock()).acquire("db")
    assert list(theirs.iterdir()) == []


def test_a_link_behind_a_link_is_looked_at_too(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o700)
    lead(tmp_path / "shared" / "link", theirs, mode=0o777)
    lead(tmp_path / "mine" / "link", Path("../shared/link"), mode=0o755)
    with pytest.raises(JournalBroken, match="shared/link is a symbolic link"):
        FileLedger(tmp_path / "mine" / "link", owner="a", clock=FakeClock()).acquire("db")


@pytest.mark.parametrize("mode", [0o755, 0o700, 0o1777])
def test_a_link_that_nobody_else_could_have_put_there_is_followed(tmp_path: Path, mode: int) -> None:
    mine = tmp_path / "mine"
    mine.mkdir(mode=0o700)
    lead(tmp_path / "var" / "link", mine, mode=mode)
    FileLedger(tmp_path / "var" / "link" / "state", owner="a", clock=FakeClock()).acquire("db", opening=[STARTED])
    assert (mine / "state" / "db.jsonl").exists()


def test_links_in_a_circle_are_said_so(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(JournalBroken, match="symbolic link"):
        FileLedger(tmp_path / "a" / "state", owner="a", clock=FakeClock()).acquire("db")


ME = 1000
STRANGER = 1001


@pytest.mark.parametrize(
    ("owner", "mode_above", "could"),
    [
        (0, 0o755, False),
        (ME, 0o700, False),
        (ME, 0o1777, False),
        (0, 0o1777, False),
        (STRANGER, 0o1777, True),
        (STRANGER, 0o755, True),
        (ME, 0o777, True),
        (0, 0o775, True),
    ],
)
def test_whether_another_user_could_have_put_a_link_there_is_told_by_its_owner_and_the_folder_above(
    owner: int,
    mode_above: int,
    could: bool,  # noqa: FBT001 - a case's expectation
) -> None:
    assert others_could_have_put(owner=owner, mode_above=mode_above, user=ME) is could


@pytest.mark.parametrize("name", ["db.jsonl", "db.lock"])
def test_a_file_that_others_could_read_is_closed_to_them(ledger: FileLedger, folder: Path, name: str) -> None:
    ledger.release(ledger.acquire("db", opening=[STARTED]))
    (folder / name).chmod(0o644)
    ledger.acquire("db")
    assert (folder / name).stat().st_mode & 0o777 == 0o600
    assert ledger.history("db").events == (STARTED,)


def test_a_file_in_the_place_of_the_folder_is_said_so(ledger: FileLedger, folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("in the way")
    with pytest.raises(JournalBroken):
        ledger.acquire("db")


def test_a_group_with_an_odd_name_stays_inside_the_folder(ledger: FileLedger, folder: Path) -> None:
    ledger.acquire("../../db", opening=[STARTED])
    assert sorted(path.name for path in folder.iterdir()) == ["..%2F..%2Fdb.jsonl", "..%2F..%2Fdb.lock"]
    assert ledger.history("../../db").events == (STARTED,)


def test_each_write_is_one_line_of_json(ledger: FileLedger, folder: Path) -> None:
    ledger.append(ledger.acquire("db", opening=[STARTED]), [DONE, DONE])
    lines = [json.loads(line) for line in (folder / "db.jsonl").read_text().splitlines()]
    assert [(line["fence"], len(line["events"])) for line in lines] == [(1, 1), (1, 2)]


@pytest.mark.parametrize("torn", [b'{"fence":1,"events":[{"na', b"\x00\x00", b"{"])
def test_a_write_that_a_crash_cut_short_never_happened(
    ledger: FileLedger, folder: Path, torn: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    ledger.release(ledger.acquire("db", opening=[STARTED]))
    with (folder / "db.jsonl").open("ab") as file:
        file.write(torn)
    assert ledger.history("db").events == (STARTED,)
    with caplog.at_level(logging.WARNING):
        ledger.acquire("db", opening=[DONE])
    assert "never finished" in caplog.text
    assert ledger.history("db").events == (STARTED, DONE)


def test_a_broken_line_before_the_last_is_named_with_its_number(ledger: FileLedger, folder: Path) -> None:
    ledger.release(ledger.acquire("db", opening=[STARTED]))
    path = folder / "db.jsonl"
    path.write_text("not json\n" + path.read_text())
    with pytest.raises(JournalBroken, match=r"db\.jsonl:1"):
        ledger.history("db")


def test_a_lease_that_could_not_be_opened_is_given_back(ledger: FileLedger, folder: Path) -> None:
    ledger.release(ledger.acquire("db"))
    (folder / "db.jsonl").write_text("not json\n")
    with pytest.raises(JournalBroken):
        ledger.acquire("db")
    assert ledger.owner("db") is None


def test_the_fence_grows_even_when_the_lock_file_lost_its_words(ledger: FileLedger, folder: Path) -> None:
    for _ in range(3):
        ledger.release(ledger.acquire("db", opening=[STARTED]))
    (folder / "db.lock").write_text("")
    assert ledger.acquire("db").fence == 4


def test_a_lock_file_that_somebody_replaced_ends_the_lease(ledger: FileLedger, folder: Path) -> None:
    grant = ledger.acquire("db")
    (folder / "db.lock").unlink()
    FileLedger(folder, owner="b", clock=FakeClock()).acquire("db")
    with pytest.raises(LeaseLost):
        ledger.append(grant, [DONE])
    assert ledger.history("db").events == ()


def test_whoever_only_asks_for_the_owner_takes_no_lease_from_anybody(ledger: FileLedger, folder: Path) -> None:
    other = FileLedger(folder, owner="b", clock=FakeClock())
    for _ in range(50):
        assert other.owner("db") is None
        ledger.release(ledger.acquire("db"))


def test_a_held_lock_without_words_is_held_by_another_process(ledger: FileLedger, folder: Path) -> None:
    grant = ledger.acquire("db")
    (folder / "db.lock").write_text("")
    with pytest.raises(LeaseHeld, match="another process"):
        FileLedger(folder, owner="b", clock=FakeClock()).acquire("db")
    assert grant.owner == "a"


def test_a_child_of_the_holder_does_not_keep_the_lease(ledger: FileLedger) -> None:
    grant = ledger.acquire("db")
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        ledger.release(grant)
        assert ledger.owner("db") is None
        assert child.poll() is None
        child.kill()


FULL_DISK = """
import resource, signal, sys
from toolkit.domain.errors import JournalBroken
from toolkit.domain.events import Event, EventName
from toolkit.journal.file import FileLedger
from toolkit.testing.clock import FakeClock

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
ledger = FileLedger(sys.argv[1], owner="a", clock=FakeClock())
grant = ledger.acquire("db", opening=[Event(EventName.RUN_STARTED, "run-1", 1.5)])
resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
try:
    ledger.append(grant, [Event(EventName.STEP_DONE, "run-1", 2.5, {"long": "x" * 1000})])
except JournalBroken as error:
    print(error)
ledger.append(grant, [Event(EventName.RUN_ENDED, "run-1", 3.5)])
"""


def test_a_write_that_the_disk_did_not_take_whole_leaves_nothing_of_itself(ledger: FileLedger, folder: Path) -> None:
    run = subprocess.run([sys.executable, "-c", FULL_DISK, str(folder)], capture_output=True, text=True, check=True)
    assert "db.jsonl" in run.stdout
    events = ledger.history("db").events
    assert [event.name for event in events] == [EventName.RUN_STARTED, EventName.RUN_ENDED]


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "the right to write"),
        (errno.EDQUOT, "quota"),
        (errno.EIO, "look at that disk"),
    ],
)
def test_what_the_disk_says_comes_with_what_to_do(number: int, remedy: str) -> None:
    with pytest.raises(JournalBroken, match=remedy), telling(Path("/var/lib/failover")):
        raise OSError(number, os.strerror(number))
