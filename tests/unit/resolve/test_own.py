from __future__ import annotations

import threading
from pathlib import Path

from toolkit.resolve.own import Machine, own_view

NAME = "db.example.com"


def machine(folder: Path, *, hosts: str = "", nsswitch: str = "hosts: files dns", resolv: str = "") -> Machine:
    for name, text in (("hosts", hosts), ("nsswitch", nsswitch), ("resolv", resolv)):
        (folder / name).write_text(text)
    return Machine(folder / "hosts", folder / "nsswitch", folder / "resolv", folder / "nscd", "linux")


def findings(place: Machine) -> list[str]:
    return [finding.cause for finding in own_view(NAME, machine=place, lookup=lambda _: ["10.0.1.10"]).findings]


def test_an_untouched_machine_stands_in_nobody_s_way(tmp_path: Path) -> None:
    assert findings(machine(tmp_path, hosts="127.0.0.1 localhost", resolv="nameserver 10.0.0.2")) == []


def test_a_line_in_the_hosts_file_is_shown(tmp_path: Path) -> None:
    (cause,) = findings(machine(tmp_path, hosts="# old\n10.0.9.9  DB.example.com db # note\n"))
    assert cause.endswith("has the name: 10.0.9.9 DB.example.com db")


def test_a_commented_line_in_the_hosts_file_does_not_count(tmp_path: Path) -> None:
    assert findings(machine(tmp_path, hosts="# 10.0.9.9 db.example.com")) == []


def test_a_machine_that_asks_no_dns_is_told(tmp_path: Path) -> None:
    (cause,) = findings(machine(tmp_path, nsswitch="passwd: files\nhosts: files mdns\n"))
    assert "asks no DNS" in cause


def test_nscd_is_named_with_the_command_that_clears_it(tmp_path: Path) -> None:
    (tmp_path / "nscd").touch()
    (finding,) = own_view(NAME, machine=machine(tmp_path), lookup=lambda _: []).findings
    assert finding.remedy == "`nscd -i hosts`"


def test_systemd_resolved_is_named_with_the_command_that_clears_it(tmp_path: Path) -> None:
    (finding,) = own_view(NAME, machine=machine(tmp_path, resolv="nameserver 127.0.0.53"), lookup=lambda _: []).findings
    assert "resolvectl flush-caches" in finding.remedy


def test_several_name_servers_are_a_random_view(tmp_path: Path) -> None:
    (cause,) = findings(machine(tmp_path, resolv="nameserver 10.0.0.2\nnameserver 9.9.9.9\n"))
    assert "2 name servers (10.0.0.2, 9.9.9.9)" in cause


def test_files_that_are_not_there_say_nothing(tmp_path: Path) -> None:
    place = Machine(tmp_path / "a", tmp_path / "b", tmp_path / "c", tmp_path / "d", "linux")
    assert findings(place) == []


def test_a_name_that_this_machine_does_not_find_is_a_problem_and_no_error(tmp_path: Path) -> None:
    def nothing(_: str) -> list[str]:
        raise OSError(-2, "Name or service not known")

    view = own_view(NAME, machine=machine(tmp_path), lookup=nothing)
    assert view.problem == "finds no address: [Errno -2] Name or service not known"
    assert view.differs(["10.0.1.10"])


def test_a_machine_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    release = threading.Event()

    def slow(_: str) -> list[str]:
        release.wait(timeout=10)
        return []

    view = own_view(NAME, machine=machine(tmp_path), lookup=slow, timeout_seconds=0.03)
    release.set()
    assert view.problem == "finds no address within 0.03 s"


def test_a_machine_differs_when_it_has_an_address_that_dns_does_not_give(tmp_path: Path) -> None:
    view = own_view(NAME, machine=machine(tmp_path), lookup=lambda _: ["10.0.1.10"])
    assert not view.differs(["10.0.1.10", "10.0.1.11"])
    assert view.differs(["10.0.2.20"])


def test_this_machine_knows_itself() -> None:
    assert set(own_view("localhost").addresses) <= {"127.0.0.1", "::1"}
