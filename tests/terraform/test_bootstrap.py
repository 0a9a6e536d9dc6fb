"""The script that bakes an image and configures a node, with stand-ins for what it calls."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from support.witness import Witness
from terraform.workspace import ROOT
from toolkit.lab import Lab

_SCRIPT: Final = ROOT / "terraform/modules/node/files/bootstrap.sh"

# The n-th call prints the configuration, earlier ones fail: with 1 as SSM does before the parameter is there, with 3
# while it does not name this instance.
_PYTHON: Final = """#!/bin/sh
echo x >>"{folder}/calls"
[ "$(wc -l <"{folder}/calls")" -ge {works_at} ] || exit {fails_with}
echo '{{"version": 1}}'
"""
_ITSELF: Final = f'#!/bin/sh\nexec {sys.executable} "$@"\n'
_FAILOVER: Final = """#!/bin/sh
echo "$*" >>"{folder}/said"
[ "$1 $2" != "config check" ] || exit {verdict}
"""

# What belongs to the machine and must not be touched by a test: it only says its name and how it was called.
_OF_THE_MACHINE: Final = ("systemctl", "setsid", "pgrep", "pkill", "aws", "dnf", "apt-get")
_TOLD: Final = """#!/bin/sh
echo "{name} $*" >>"{folder}/said"
exit {code}
"""


# Any Python of the machine: `-c` asks whether it suits, `-m venv` makes a pip.
_SYSTEM_PYTHON: Final = """#!/bin/sh
[ "$1" != -c ] || exit {suits}
echo "python $*" >>"{folder}/said"
mkdir -p "$3/bin"
printf '#!/bin/sh\\necho "pip $*" >>"{folder}/said"\\n' >"$3/bin/pip"
chmod +x "$3/bin/pip"
"""
_PYTHONS: Final = ("python3.14", "python3.13", "python3.12", "python3.11", "python3")


class _Node:
    """A machine of stand-ins in a folder; ``running``: its services run already."""

    def __init__(
        self,
        folder: Path,
        *,
        works_at: int = 1,
        fails_with: int = 1,
        verdict: int = 0,
        services: str = "agent watch",
        systemd: bool = True,
        running: bool = False,
    ) -> None:
        self.folder = folder
        for name in _OF_THE_MACHINE:
            self.program(
                f"machine/{name}",
                _TOLD.format(name=name, folder=folder, code=int(name in {"pgrep", "pkill"} and not running)),
            )
        if systemd:
            (folder / "systemd").mkdir()
        self.program("home/bin/python", _PYTHON.format(folder=folder, works_at=works_at, fails_with=fails_with))
        self.program("bin/failover", _FAILOVER.format(folder=folder, verdict=verdict))
        (folder / "etc").mkdir()
        self.settings.write_text(f"FAILOVER_PARAMETER='/failover/demo'\nFAILOVER_SERVICES='{services}'\n")

    @property
    def settings(self) -> Path:
        """What user data writes; a machine that becomes an image has none."""
        return self.folder / "etc/bootstrap.env"

    def program(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def run(self, *action: str, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": f"{self.folder}/machine:{os.environ['PATH']}",
            "FAILOVER_SYSTEMD": str(self.folder / "systemd"),
            "FAILOVER_ETC": str(self.folder / "etc"),
            "FAILOVER_HOME": str(self.folder / "home"),
            "FAILOVER_BIN": str(self.folder / "bin"),
            "FAILOVER_UNITS": str(self.folder / "units"),
            "FAILOVER_CRON": str(self.folder / "cron"),
            "FAILOVER_PROFILE": str(self.folder / "profile.sh"),
            "FAILOVER_TRIES": "3",
            "FAILOVER_WAIT_SECONDS": "0",
            **settings,
        }
        return subprocess.run(
            [str(_SCRIPT), *action], env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    def has_pythons(self, *, that_suit: bool) -> None:
        for name in _PYTHONS:
            self.program(f"machine/{name}", _SYSTEM_PYTHON.format(folder=self.folder, suits=int(not that_suit)))

    @property
    def said(self) -> list[str]:
        path = self.folder / "said"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def files(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "etc").iterdir())


def test_a_node_is_configured_and_its_services_are_installed_enabled_and_started(tmp_path: Path) -> None:
    node = _Node(tmp_path)
    assert node.run("configure").returncode == 0
    etc = tmp_path / "etc"
    assert node.said == [
        f"config check {etc}/failover.json.new",
        f"install --systemd --config {etc}/failover.json --agent --watch",
        "systemctl daemon-reload",
        "systemctl enable --now --no-block failover-refresh.timer failover-agent.service failover-watch.service",
    ]
    assert (etc / "failover.json").read_text() == '{"version": 1}\n'
    assert (tmp_path / "profile.sh").read_text() == f"export FAILOVER_CONFIG={etc}/failover.json\n"


def test_a_node_without_systemd_starts_its_services_itself_and_cron_starts_them_at_the_next_boot(
    tmp_path: Path,
) -> None:
    node = _Node(tmp_path, services="watch reclaim", systemd=False)
    assert node.run("configure").returncode == 0
    assert f"install --cron --config {tmp_path}/etc/failover.json --watch --reclaim" in node.said
    started = [line for line in node.said if line.startswith("setsid")]
    assert [line.rpartition("sh ")[2] for line in started] == [
        f"{tmp_path}/bin/failover {service} {tmp_path}/etc/failover.json" for service in ("watch", "reclaim")
    ]
    assert not [line for line in node.said if line.startswith("systemctl")]


def test_what_runs_already_without_systemd_is_not_started_twice(tmp_path: Path) -> None:
    node = _Node(tmp_path, services="watch", systemd=False, running=True)
    assert node.run("configure").returncode == 0
    assert not [line for line in node.said if line.startswith("setsid")]


def test_a_node_without_services_is_only_configured(tmp_path: Path) -> None:
    node = _Node(tmp_path, services="")
    assert node.run("configure").returncode == 0
    assert node.said == [
        f"config check {tmp_path}/etc/failover.json.new",
        "systemctl daemon-reload",
        "systemctl enable --now --no-block failover-refresh.timer",
    ]


def test_a_node_waits_until_its_configuration_is_there(tmp_path: Path) -> None:
    node = _Node(tmp_path, works_at=3)
    assert node.run("configure").returncode == 0
    assert node.files == ["bootstrap.env", "failover.json"]


def test_a_node_without_a_configuration_gives_up_and_says_what_to_check(tmp_path: Path) -> None:
    node = _Node(tmp_path, works_at=99)
    ended = node.run("configure")
    assert ended.returncode == 1
    assert "/failover/demo cannot be read: check the route to SSM and the role of this node" in ended.stderr
    assert node.files == ["bootstrap.env"]
    assert node.said == []


def test_a_node_that_its_configuration_never_names_gives_up_and_says_so(tmp_path: Path) -> None:
    node = _Node(tmp_path, works_at=99, fails_with=3)
    ended = node.run("configure")
    assert ended.returncode == 1
    assert "/failover/demo does not name this instance" in ended.stderr
    assert node.files == ["bootstrap.env"]


def test_a_refused_configuration_replaces_nothing(tmp_path: Path) -> None:
    node = _Node(tmp_path, verdict=2)
    (tmp_path / "etc/failover.json").write_text("the one before")
    assert node.run("configure").returncode == 2
    assert (tmp_path / "etc/failover.json").read_text() == "the one before"
    assert not [line for line in node.said if line.startswith("install")]


@pytest.mark.parametrize("action", ["", "reboot"])
def test_an_unknown_action_is_refused_with_the_ones_there_are(tmp_path: Path, action: str) -> None:
    ended = _Node(tmp_path).run(action)
    assert ended.returncode == 2
    assert "use: failover-bootstrap install [WHEELS] | configure | refresh" in ended.stderr


def test_a_machine_that_becomes_an_image_installs_from_a_folder_of_wheels_and_knows_no_more(tmp_path: Path) -> None:
    node = _Node(tmp_path)
    node.settings.unlink()
    node.has_pythons(that_suit=True)
    ended = node.run("install", "wheels")
    assert (ended.returncode, node.said) == (
        0,
        [f"python -m venv {tmp_path}/home", "pip install --quiet --no-index --find-links wheels aws-failover-toolkit"],
    ), ended
    assert (tmp_path / "bin/failover").readlink() == tmp_path / "home/bin/failover"


def test_a_node_installs_from_the_bucket_that_its_settings_name(tmp_path: Path) -> None:
    node = _Node(tmp_path)
    node.settings.write_text("FAILOVER_PACKAGES_URL='s3://my-packages/failover/'\nFAILOVER_REQUIREMENT='mine==1'\n")
    node.has_pythons(that_suit=True)
    assert node.run("install").returncode == 0
    wheels = tmp_path / "home/wheels"
    assert node.said[1:] == [
        f"aws s3 sync --only-show-errors s3://my-packages/failover/ {wheels}",
        f"pip install --quiet --no-index --find-links {wheels} mine==1",
    ]


def test_a_node_installs_from_its_index_what_is_named_there(tmp_path: Path) -> None:
    node = _Node(tmp_path)
    node.settings.write_text("FAILOVER_PACKAGES_URL=''\nFAILOVER_REQUIREMENT='mine==1'\n")
    node.has_pythons(that_suit=True)
    assert node.run("install").returncode == 0
    assert node.said[-1] == "pip install --quiet mine==1"


def test_who_says_nothing_of_what_to_install_is_told_how_to_say_it(tmp_path: Path) -> None:
    node = _Node(tmp_path)
    node.settings.unlink()
    node.has_pythons(that_suit=True)
    ended = node.run("install")
    assert ended.returncode == 2
    assert "name the folder or the S3 prefix of its wheels" in ended.stderr
    assert node.said == []


def test_an_image_whose_python_is_too_old_gets_one_or_is_refused(tmp_path: Path) -> None:
    node = _Node(tmp_path)
    node.has_pythons(that_suit=False)
    ended = node.run("install", "wheels")
    assert (ended.returncode, node.said) == (1, ["dnf -q -y install python3.11"])
    assert "still none: use a newer image" in ended.stderr


def test_a_node_that_is_not_told_its_parameter_says_so(tmp_path: Path) -> None:
    node = _Node(tmp_path)
    node.settings.unlink()
    ended = node.run("configure")
    assert ended.returncode == 2
    assert f"{node.settings} does not set FAILOVER_PARAMETER" in ended.stderr


def test_a_node_that_is_told_its_parameter_and_no_services_gets_all_of_them(tmp_path: Path) -> None:
    node = _Node(tmp_path)
    node.settings.write_text("FAILOVER_PARAMETER='/failover/demo'\n")
    assert node.run("configure").returncode == 0
    assert f"install --systemd --config {tmp_path}/etc/failover.json --agent --watch --reclaim" in node.said


def test_a_node_looks_for_a_new_configuration_each_minute(tmp_path: Path) -> None:
    assert _Node(tmp_path).run("configure").returncode == 0
    assert f"ExecStart={_SCRIPT} refresh\n" in (tmp_path / "units/failover-refresh.service").read_text()
    assert "OnUnitActiveSec=60\n" in (tmp_path / "units/failover-refresh.timer").read_text()


def test_a_node_without_systemd_looks_for_it_by_cron(tmp_path: Path) -> None:
    assert _Node(tmp_path, systemd=False).run("configure").returncode == 0
    line = f"* * * * * root {_SCRIPT} refresh 2>&1 | logger -t failover-refresh\n"
    assert (tmp_path / "cron/failover-refresh").read_text() == line


def _configured(node: _Node, text: str) -> _Node:
    (node.folder / "etc/failover.json").write_text(text)
    return node


def test_a_changed_configuration_is_checked_and_told_to_watcher_and_agent(tmp_path: Path) -> None:
    node = _configured(_Node(tmp_path), "the one before")
    assert node.run("refresh").returncode == 0
    assert (tmp_path / "etc/failover.json").read_text() == '{"version": 1}\n'
    assert node.said == [
        f"config check {tmp_path}/etc/failover.json.new",
        "systemctl --no-block try-reload-or-restart failover-watch.service",
        "systemctl --no-block try-restart failover-agent.service",
    ]
    assert node.files == ["bootstrap.env", "failover.json"]


def test_a_changed_configuration_is_told_without_systemd_too(tmp_path: Path) -> None:
    node = _configured(_Node(tmp_path, systemd=False, running=True), "the one before")
    assert node.run("refresh").returncode == 0
    watch, agent, again = node.said[1:]
    assert (watch.split()[:3], watch.endswith("failover watch ")) == (["pkill", "-HUP", "-f"], True)
    assert agent.endswith("failover agent ")
    assert again.startswith("setsid")


def test_an_unchanged_configuration_disturbs_nobody(tmp_path: Path) -> None:
    node = _configured(_Node(tmp_path), '{"version": 1}\n')
    assert node.run("refresh").returncode == 0
    assert (node.said, node.files) == ([], ["bootstrap.env", "failover.json"])


def test_a_refresh_that_was_cut_short_is_made_good_by_the_next_one(tmp_path: Path) -> None:
    node = _configured(_Node(tmp_path), '{"version": 1}\n')
    (tmp_path / "etc/untold").touch()
    assert node.run("refresh").returncode == 0
    assert "systemctl --no-block try-reload-or-restart failover-watch.service" in node.said
    assert node.files == ["bootstrap.env", "failover.json"]


@pytest.mark.parametrize(("works_at", "verdict"), [(99, 0), (1, 2)], ids=["unread", "refused"])
def test_a_configuration_that_cannot_be_taken_leaves_the_one_before(
    tmp_path: Path, works_at: int, verdict: int
) -> None:
    node = _configured(_Node(tmp_path, works_at=works_at, verdict=verdict), "the one before")
    assert node.run("refresh").returncode != 0
    assert (tmp_path / "etc/failover.json").read_text() == "the one before"
    assert not [line for line in node.said if line.startswith("systemctl")]


class _Real:
    """A node of the lab: its own Python asks the lab's SSM and its own metadata service."""

    def __init__(self, lab: Lab, onlooker: Witness, folder: Path) -> None:
        self._lab = lab
        self._onlooker = onlooker
        self.instance = lab.seed("pair")["db-1"]
        self.node = _Node(folder)
        self.node.program("home/bin/python", _ITSELF)

    def says(self, text: str) -> None:
        ssm = self._onlooker.client("ssm")
        ssm.put_parameter(Name="/failover/demo", Value=text, Type="String", Overwrite=True)

    def run(self, action: str) -> subprocess.CompletedProcess[str]:
        mine = {"AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": self._lab.imds(self.instance)}
        settings = self._lab.environment() | mine
        return self.node.run(action, **settings, FAILOVER_TRIES="1")


@pytest.fixture
def real(controlled_lab: Lab, onlooker: Witness, tmp_path: Path) -> Iterator[_Real]:
    yield _Real(controlled_lab, onlooker, tmp_path)
    controlled_lab.reset()


def test_a_new_node_does_not_take_the_configuration_that_names_the_one_it_replaces(real: _Real) -> None:
    real.says(json.dumps({"instance": "i-0123456789abcdef9"}))
    ended = real.run("configure")
    assert ended.returncode == 1
    assert "/failover/demo does not name this instance" in ended.stderr
    real.says(json.dumps({"instance": real.instance}))
    assert real.run("configure").returncode == 0
    assert json.loads((real.node.folder / "etc/failover.json").read_text()) == {"instance": real.instance}


def test_the_other_nodes_take_the_configuration_that_names_the_new_one(real: _Real) -> None:
    real.says(json.dumps({"instance": real.instance, "other": "i-0123456789abcdef8"}))
    assert real.run("configure").returncode == 0
    real.says(json.dumps({"instance": real.instance, "other": "i-0123456789abcdef9"}))
    assert real.run("refresh").returncode == 0
    assert "i-0123456789abcdef9" in (real.node.folder / "etc/failover.json").read_text()
    assert real.node.said[-1] == "systemctl --no-block try-restart failover-agent.service"


def test_a_parameter_that_is_not_there_is_told_with_what_ssm_says(real: _Real) -> None:
    ended = real.run("configure")
    assert ended.returncode == 1
    assert "ParameterNotFound" in ended.stderr
    assert "/failover/demo cannot be read" in ended.stderr
