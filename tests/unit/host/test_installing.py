"""What starts with the machine: units, the crontab, and the command that writes them."""

from __future__ import annotations

import configparser
import json
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit.cli.root import run
from toolkit.domain.errors import UsageError
from toolkit.host.installing import Fate, Service, Written, crontab, next_steps, units, write

EVERY = tuple(Service)
COMMAND, CONFIG = "/opt/failover/bin/failover", "/etc/failover/failover.yaml"


def parsed(unit: Written) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(unit.text)
    return parser


def every_unit() -> list[configparser.ConfigParser]:
    return [parsed(unit) for unit in units(EVERY, command=COMMAND, config=CONFIG)]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    nodes = [{"name": name, "instance": f"i-0123456789abcdef{number}"} for number, name in enumerate(("a", "b"))]
    group = {"nodes": nodes, "addresses": [{"kind": "eip", "id": "eipalloc-0123456789abcdef0"}]}
    file = tmp_path / "failover.json"
    body = {"version": 1, "region": "eu-west-1", "state": {"dynamodb": "failover-state"}, "groups": {"db": group}}
    file.write_text(json.dumps(body))
    return file


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


def installed(config: Path, root: Path, state: dict[str, str]) -> int:
    """How the installation of every unit ends for a configuration with that state."""
    config.write_text(json.dumps(json.loads(config.read_text()) | {"state": state}))
    words = ["install", "--watch", "--agent", "--reclaim", "--systemd", "--command", COMMAND, "--root", str(root)]
    return run([*words, "--config", str(config)])


def test_services_may_write_where_the_state_is(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert installed(config, tmp_path / "root", {"file": "/srv/failover/../state"}) == 0
    for service in Service:
        text = (tmp_path / f"root/etc/systemd/system/failover-{service}.service").read_text()
        assert parsed(Written("", text))["Service"]["ReadWritePaths"] == "/srv/state"
    assert "next: install -d -m 700 /srv/state" in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("state", [{"dynamodb": "failover-state"}, {"file": "/var/lib/failover/here"}])
def test_a_state_that_systemd_makes_room_for_needs_no_step(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], state: dict[str, str]
) -> None:
    assert installed(config, tmp_path / "root", state) == 0
    assert "install -d" not in capsys.readouterr().out
    text = (tmp_path / "root/etc/systemd/system/failover-watch.service").read_text()
    assert parsed(Written("", text))["Service"]["ReadWritePaths"] == "/var/lib/failover"


@pytest.mark.parametrize("folder", ["/tmp/failover", "/var/tmp/failover"])  # noqa: S108 - that is what is refused
def test_a_state_that_each_service_would_see_another_of_is_refused(config: Path, tmp_path: Path, folder: str) -> None:
    assert installed(config, tmp_path / "root", {"file": folder}) == 2
    assert not (tmp_path / "root").exists()


BLIND = ({"tcp": 3306}, {"http": ":8080/healthz"}, {"command": ["/opt/check"]})


def sights(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], health: dict[str, object], *services: str
) -> list[str]:
    """The looks that a person is asked to take before these services are enabled."""
    body = json.loads(config.read_text())
    body["groups"]["db"]["health"] = health
    config.write_text(json.dumps(body))
    words = ["install", *services, "--systemd", "--root", str(tmp_path / "root"), "--config", str(config), "--json"]
    assert run(words) == 0
    return [step for step in json.loads(capsys.readouterr().out)["next"] if "explain" in step]


@pytest.mark.parametrize("probe", BLIND, ids=lambda probe: next(iter(probe)))
@pytest.mark.parametrize("service", ["--reclaim", "--watch"])
def test_who_judges_others_by_its_own_looks_is_asked_to_look_at_them_first(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], probe: dict[str, object], service: str
) -> None:
    """A security group between the nodes makes every healthy holder look dead to each node that boots."""
    (step,) = sights(config, tmp_path, capsys, {"probes": [probe]}, service)
    assert step.startswith(f"failover explain --config {config} --group db  # ")


@pytest.mark.parametrize(
    "health", [{"probes": ["ec2_status"]}, {"probes": [{"tcp": 3306}], "quorum": {"observers": 2, "of": 3}}]
)
def test_where_aws_or_several_observers_judge_no_look_is_asked_for(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], health: dict[str, object]
) -> None:
    assert sights(config, tmp_path, capsys, health, "--reclaim", "--watch") == []


def test_an_agent_judges_nobody(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sights(config, tmp_path, capsys, {"probes": [BLIND[0]]}, "--agent") == []


def test_the_command_says_each_file_that_it_wrote(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "root"
    words = ["install", "--watch", "--agent", "--systemd", "--command", COMMAND, "--root", str(root)]
    assert run([*words, "--config", str(config)]) == 0
    said = capsys.readouterr().out
    for service in ("watch", "agent"):
        file = root / f"etc/systemd/system/failover-{service}.service"
        assert f"written: {file}" in said
        assert str(config) in file.read_text()
    assert not (root / "etc/systemd/system/failover-reclaim.service").exists()


def test_without_systemd_the_command_writes_a_crontab(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "root"
    words = ["install", "--reclaim", "--command", COMMAND, "--root", str(root), "--config", str(config), "--json"]
    assert run(words) == 0
    assert json.loads(capsys.readouterr().out)["files"] == {str(root / "etc/cron.d/failover"): "written"}


@pytest.mark.parametrize("place", ["usr/lib/systemd/systemd", "lib/systemd/systemd"])
def test_an_image_with_systemd_gets_units_although_nothing_runs_there(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    root = tmp_path / "root"
    (root / place).parent.mkdir(parents=True)
    (root / place).touch()
    words = ["install", "--reclaim", "--command", COMMAND, "--root", str(root), "--config", str(config), "--json"]
    assert run(words) == 0
    (file,) = json.loads(capsys.readouterr().out)["files"]
    assert file == str(root / "etc/systemd/system/failover-reclaim.service")


def test_a_link_to_the_configuration_stays_a_link(config: Path, tmp_path: Path) -> None:
    """A reload must read what the link shows by then."""
    link, root = tmp_path / "current.json", tmp_path / "root"
    link.symlink_to(config)
    words = ["install", "--watch", "--systemd", "--command", COMMAND, "--root", str(root), "--config", str(link)]
    assert run(words) == 0
    (unit,) = (root / "etc/systemd/system").iterdir()
    assert parsed(Written("", unit.read_text()))["Service"]["ExecStart"] == f"{COMMAND} watch --config {link}"


def image_words(root: Path, config: str) -> list[str]:
    return ["install", "--watch", "--systemd", "--command", COMMAND, "--root", str(root), "--config", config]


def test_the_configuration_of_an_image_is_read_in_the_image(config: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    inside = root / CONFIG.removeprefix("/")
    inside.parent.mkdir(parents=True)
    inside.write_text(json.dumps(json.loads(config.read_text()) | {"state": {"file": "/srv/state"}}))
    assert run(image_words(root, CONFIG)) == 0
    (unit,) = (root / "etc/systemd/system").iterdir()
    service = parsed(Written("", unit.read_text()))["Service"]
    assert (service["ExecStart"], service["ReadWritePaths"]) == (f"{COMMAND} watch --config {CONFIG}", "/srv/state")
    inside.write_text("{}")
    assert run(image_words(root, CONFIG)) == 2


def test_a_configuration_that_will_come_into_the_image_later_is_installed_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    later = "/etc/failover/does-not-exist-here.json"
    assert run(image_words(tmp_path / "root", later)) == 0
    assert f"not checked: {later} is not there yet" in capsys.readouterr().err
    assert run([*image_words(tmp_path / "root", later), "--root", "/", "--dry-run"]) == 2


def test_started_as_a_module_the_services_start_the_command_beside_the_interpreter(config: Path) -> None:
    words = ["install", "--watch", "--systemd", "--dry-run", "--config", str(config)]
    end = subprocess.run([sys.executable, "-m", "toolkit", *words], capture_output=True, text=True, check=True)
    (line,) = [line for line in end.stdout.splitlines() if line.startswith("ExecStart=")]
    assert line == f"ExecStart={Path(sys.executable).with_name('failover')} watch --config {config}"


def test_a_broken_configuration_is_never_installed(tmp_path: Path) -> None:
    broken = tmp_path / "failover.json"
    broken.write_text("{}")
    assert run(["install", "--watch", "--config", str(broken), "--root", str(tmp_path / "root")]) == 2
    assert not (tmp_path / "root").exists()


def test_without_a_service_the_command_asks_for_one(config: Path) -> None:
    assert run(["install", "--config", str(config)]) == 2
