"""What starts with the machine: units and the crontab."""

from __future__ import annotations

import configparser
import subprocess
from pathlib import Path

import pytest

from toolkit.domain.errors import UsageError
from toolkit.host.installing import Fate, Service, crontab, next_steps, units, write

from .installed import COMMAND, CONFIG, parsed

EVERY = tuple(Service)


def every_unit() -> list[configparser.ConfigParser]:
    return [parsed(unit) for unit in units(EVERY, command=COMMAND, config=CONFIG)]


@pytest.mark.parametrize("service", EVERY)
def test_a_unit_starts_its_command_with_the_configuration(service: Service) -> None:
    (unit,) = units([service], command=COMMAND, config=CONFIG)
    assert unit.path == f"etc/systemd/system/failover-{service}.service"
    assert parsed(unit)["Service"]["ExecStart"] == f"{COMMAND} {service} --config {CONFIG}"


def test_every_unit_comes_after_the_network_and_with_the_machine() -> None:
    for unit in every_unit():
        assert "network-online.target" in unit["Unit"]["After"].split()
        assert unit["Unit"]["Wants"] == "network-online.target"
        assert unit["Install"]["WantedBy"] == "multi-user.target"


def test_what_keeps_running_is_restarted_and_watched_by_systemd() -> None:
    watch, agent, reclaim = every_unit()
    for unit in (watch, agent):
        assert (unit["Service"]["Type"], unit["Service"]["Restart"]) == ("notify", "always")
        assert int(unit["Service"]["WatchdogSec"]) > 0
    assert reclaim["Service"]["Restart"] == "on-failure"


def test_a_reclaim_is_restarted_by_every_systemd_and_holds_no_boot_up() -> None:
    """Before 244, systemd refuses a oneshot with ``Restart=``; and the boot would wait for it, for five minutes."""
    service = every_unit()[2]["Service"]
    assert service["Type"] == "simple"
    assert int(service["RuntimeMaxSec"]) > 600


@pytest.mark.server("systemd-analyze")
def test_systemd_finds_no_fault_in_any_unit(tmp_path: Path) -> None:
    found = [str(tmp_path / Path(unit.path).name) for unit in units(EVERY, command="/bin/true", config=CONFIG)]
    for file, unit in zip(found, units(EVERY, command="/bin/true", config=CONFIG), strict=True):
        Path(file).write_text(unit.text)
    end = subprocess.run(["systemd-analyze", "verify", *found], capture_output=True, text=True, check=False)  # noqa: S607
    told = [line for line in end.stderr.splitlines() if "failover-" in line]
    assert (end.returncode, told) == (0, []), end.stderr


def test_a_reclaim_that_holds_or_is_refused_is_not_repeated() -> None:
    assert every_unit()[2]["Service"]["RestartPreventExitStatus"].split() == ["2", "3", "6"]


def test_only_the_agent_may_change_the_network() -> None:
    watch, agent, reclaim = (unit["Service"]["CapabilityBoundingSet"] for unit in every_unit())
    assert (watch, agent, reclaim) == ("", "CAP_NET_ADMIN CAP_NET_RAW", "")


@pytest.mark.parametrize(
    ("term", "value"),
    [
        ("ProtectSystem", "strict"),
        ("NoNewPrivileges", "yes"),
        ("ProtectHome", "read-only"),
        ("PrivateTmp", "yes"),
        ("SystemCallFilter", "@system-service"),
    ],
)
def test_every_unit_is_hardened(term: str, value: str) -> None:
    assert [unit["Service"][term] for unit in every_unit()] == [value] * 3


def test_the_agents_memory_outlives_its_restarts_and_not_the_boot() -> None:
    agent = every_unit()[1]["Service"]
    assert (agent["RuntimeDirectory"], agent["RuntimeDirectoryPreserve"]) == ("failover", "yes")


def test_the_crontab_starts_each_service_as_root_at_boot() -> None:
    (file,) = crontab([Service.RECLAIM], command=COMMAND, config=CONFIG)
    assert file.path == "etc/cron.d/failover"
    (line,) = [line for line in file.text.splitlines() if line.startswith("@")]
    assert line == f"@reboot root {COMMAND} reclaim --config {CONFIG} 2>&1 | logger -t failover-reclaim"


@pytest.mark.parametrize("path", ["relative", "/with blank", "/with%percent", "/with'quote", "/with\nline"])
def test_a_path_that_a_unit_would_read_otherwise_is_a_usage_error(path: str) -> None:
    with pytest.raises(UsageError):
        units(EVERY, command=COMMAND, config=path)
    with pytest.raises(UsageError):
        crontab(EVERY, command=path, config=CONFIG)


def test_files_are_written_once_and_then_left_as_they_are(tmp_path: Path) -> None:
    wanted = units([Service.WATCH], command=COMMAND, config=CONFIG)
    (path,) = write(tmp_path, wanted, dry_run=False)
    assert Path(path).read_text() == wanted[0].text
    assert write(tmp_path, wanted, dry_run=False) == {path: Fate.UNCHANGED}
    other = units([Service.WATCH], command=COMMAND, config="/etc/other.yaml")
    assert write(tmp_path, other, dry_run=False) == {path: Fate.CHANGED}
    assert "/etc/other.yaml" in Path(path).read_text()


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    write(tmp_path, units(EVERY, command=COMMAND, config=CONFIG), dry_run=True)
    assert list(tmp_path.iterdir()) == []


def test_units_are_enabled_by_the_person_and_a_crontab_needs_nothing() -> None:
    assert "systemctl enable --now failover-watch.service" in next_steps(
        units([Service.WATCH], command=COMMAND, config=CONFIG)
    )
    assert next_steps(crontab(EVERY, command=COMMAND, config=CONFIG)) == ()
