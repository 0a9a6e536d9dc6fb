"""The command that writes what starts with the machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit.cli.root import run
from toolkit.host.installing import Service, Written

from .installed import COMMAND, CONFIG, parsed


@pytest.fixture
def config(tmp_path: Path) -> Path:
    nodes = [{"name": name, "instance": f"i-0123456789abcdef{number}"} for number, name in enumerate(("a", "b"))]
    group = {"nodes": nodes, "addresses": [{"kind": "eip", "id": "eipalloc-0123456789abcdef0"}]}
    file = tmp_path / "failover.json"
    body = {"version": 1, "region": "eu-west-1", "state": {"dynamodb": "failover-state"}, "groups": {"db": group}}
    file.write_text(json.dumps(body))
    return file


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
