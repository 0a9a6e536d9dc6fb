"""What the toolkit writes is for its user only, and what others can write it does not believe.

Lease and journal are shown in ``tests/contract/ledger/test_files.py``, the cuts of botocore's models in
``tests/unit/aws/test_models.py``.
"""

from __future__ import annotations

import ast
import stat
from pathlib import Path
from typing import Final

import pytest

from support import tree
from toolkit.domain.errors import JournalBroken
from toolkit.domain.events import Event, EventName
from toolkit.host.iproute import HostError, IpHost
from toolkit.journal.file import FileLedger
from toolkit.testing import FakeClock

ADDRESSES: Final = frozenset({"10.0.1.50"})
# Each place in which the product opens a file to write, and why that is no secret or no trust.
WRITERS: Final = {
    "toolkit/aws/models.py": "tempfile makes it 0600, and it is read only if nobody else can write it",
    "toolkit/cli/dns_watch.py": "metrics that a scraper of another user reads, where a person says",
    "toolkit/cli/lab.py": "the lab's example configuration, where a person says",
    "toolkit/host/installing.py": "systemd units and the crontab, which everybody may read",
    "toolkit/host/iproute.py": "0600, shown below",
    "toolkit/journal/disk.py": "0600, shown with the ledger",
}
_WRITES: Final = frozenset({"os.open", "os.mkfifo", "shutil.copy", "shutil.move"})


@pytest.fixture
def host(tmp_path: Path) -> IpHost:
    return IpHost(tmp_path / "run/addresses.json")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.server("ip")
def test_the_agents_record_and_its_folder_are_for_its_user_only(host: IpHost, tmp_path: Path) -> None:
    host.own(ADDRESSES)
    assert mode(tmp_path / "run") == 0o700
    assert mode(tmp_path / "run/addresses.json") == 0o600
    assert host.owned() == ADDRESSES


@pytest.mark.server("ip")
def test_a_record_that_others_can_write_is_not_believed(host: IpHost, tmp_path: Path) -> None:
    host.own(ADDRESSES)
    (tmp_path / "run/addresses.json").chmod(0o666)
    with pytest.raises(HostError, match="other users can write there"):
        host.owned()


@pytest.mark.server("ip")
def test_no_record_is_written_where_others_can_put_one(host: IpHost, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir(mode=0o777)
    (tmp_path / "run").chmod(0o777)
    with pytest.raises(HostError, match="chmod go-w"):
        host.own(ADDRESSES)


@pytest.mark.server("ip")
def test_a_link_in_the_place_of_the_new_record_is_not_followed(host: IpHost, tmp_path: Path) -> None:
    host.own(frozenset())
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "run/addresses.new").symlink_to(victim)
    host.own(ADDRESSES)
    assert victim.read_text() == "precious"
    assert host.owned() == ADDRESSES


@pytest.mark.parametrize("name", ["db.lock", "db.jsonl"])
def test_a_lease_or_a_journal_that_others_can_write_is_not_taken_up(name: str, tmp_path: Path) -> None:
    """The folder keeps strangers from making files; one that was opened to them by hand is told, and left."""
    ledger = FileLedger(tmp_path / "state", owner="run-1", clock=FakeClock())
    ledger.release(ledger.acquire("db", opening=[Event(EventName.RUN_STARTED, "run-1", 1.0)]))
    assert {mode(path) for path in (tmp_path / "state").iterdir()} == {0o600}
    (tmp_path / "state" / name).chmod(0o666)
    with pytest.raises(JournalBroken, match=f"{name}: other users can write it"):
        ledger.acquire("db")
    (tmp_path / "state" / name).chmod(0o600)
    ledger.release(ledger.acquire("db"))


def test_each_place_that_writes_a_file_is_known_with_its_reason() -> None:
    found = {
        name
        for name in tree.python("toolkit", "lambda")
        if not name.startswith(("toolkit/lab/", "toolkit/testing/", "lambda/build.py"))
        for call, called in tree.calls(name)
        if called in _WRITES or called.endswith((".write_text", ".write_bytes", "NamedTemporaryFile")) or _opens(call)
    }
    assert found == set(WRITERS)


def _opens(call: ast.Call) -> bool:
    """``open(path, "w")`` and ``path.open("w")``."""
    if tree.dotted(call.func).rpartition(".")[2] not in {"open", "fdopen"}:
        return False
    modes = [
        each.value for each in [*call.args, *(word.value for word in call.keywords)] if isinstance(each, ast.Constant)
    ]
    return any(isinstance(each, str) and set(each) & set("wax+") and set(each) <= set("rwaxbt+") for each in modes)
