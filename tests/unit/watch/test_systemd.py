from __future__ import annotations

import os
import socket
from pathlib import Path

from toolkit.watch.systemd import Systemd


def heard(address: str, name: str) -> str:
    """What arrives at a socket of that address when something is told to the given name."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(address)
        sock.settimeout(10)
        Systemd({"NOTIFY_SOCKET": name}).tell("READY=1", "STATUS=well")
        return sock.recv(4096).decode()


def test_words_arrive_as_lines_of_one_datagram(tmp_path: Path) -> None:
    assert heard(str(tmp_path / "notify"), str(tmp_path / "notify")) == "READY=1\nSTATUS=well"


def test_a_name_that_begins_with_an_at_is_an_abstract_socket(tmp_path: Path) -> None:
    name = f"failover-{os.getpid()}-{tmp_path.name}"
    assert heard(f"\0{name}", f"@{name}") == "READY=1\nSTATUS=well"


def test_nobody_is_told_where_systemd_did_not_start_us() -> None:
    systemd = Systemd({})
    systemd.tell("READY=1")
    assert systemd.beat_seconds == float("inf")


def test_a_socket_that_is_gone_does_not_end_the_watch(tmp_path: Path) -> None:
    Systemd({"NOTIFY_SOCKET": str(tmp_path / "gone")}).tell("WATCHDOG=1")


def test_the_watchdog_is_ours_only_under_our_process_id() -> None:
    assert Systemd({"WATCHDOG_USEC": "3000000"}).beat_seconds == 3.0
    assert Systemd({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}).beat_seconds == 3.0
    assert Systemd({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}).beat_seconds == float("inf")
