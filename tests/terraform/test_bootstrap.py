"""The script that bakes an image and configures a node, with stand-ins for what it calls."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

import pytest

from terraform.workspace import ROOT

_SCRIPT: Final = ROOT / "terraform/modules/node/files/bootstrap.sh"

# The n-th call prints the configuration, earlier ones fail as SSM does before the parameter is there.
_PYTHON: Final = """#!/bin/sh
echo x >>"{folder}/calls"
[ "$(wc -l <"{folder}/calls")" -ge {works_at} ] || exit 1
echo '{{"version": 1}}'
"""
_FAILOVER: Final = """#!/bin/sh
echo "$*" >>"{folder}/said"
[ "$1 $2" != "config check" ] || exit {verdict}
"""


class _Node:
    """A machine of stand-ins in a folder."""

    def __init__(self, folder: Path, *, works_at: int = 1, verdict: int = 0, services: str = "agent watch") -> None:
        self.folder = folder
        self._program("home/bin/python", _PYTHON.format(folder=folder, works_at=works_at))
        self._program("bin/failover", _FAILOVER.format(folder=folder, verdict=verdict))
        (folder / "etc").mkdir()
        (folder / "etc/bootstrap.env").write_text(
            f"FAILOVER_PARAMETER='/failover/demo'\nFAILOVER_SERVICES='{services}'\n"
        )

    def _program(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
        path.chmod(0o755)

    def run(self, action: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "FAILOVER_ETC": str(self.folder / "etc"),
            "FAILOVER_HOME": str(self.folder / "home"),
            "FAILOVER_BIN": str(self.folder / "bin"),
            "FAILOVER_PROFILE": str(self.folder / "profile.sh"),
            "FAILOVER_TRIES": "3",
            "FAILOVER_WAIT_SECONDS": "0",
        }
        return subprocess.run(
            [str(_SCRIPT), action], env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    @property
    def said(self) -> list[str]:
        path = self.folder / "said"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def files(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "etc").iterdir())


def test_a_node_is_configured_and_its_services_are_installed(tmp_path: Path) -> None:
    node = _Node(tmp_path)
    assert node.run("configure").returncode == 0
    etc = tmp_path / "etc"
    assert node.said == [
        f"config check {etc}/failover.json.new",
        f"install --config {etc}/failover.json --agent --watch",
    ]
    assert (etc / "failover.json").read_text() == '{"version": 1}\n'
    assert (tmp_path / "profile.sh").read_text() == f"export FAILOVER_CONFIG={etc}/failover.json\n"


def test_a_node_without_services_is_only_configured(tmp_path: Path) -> None:
    node = _Node(tmp_path, services="")
    assert node.run("configure").returncode == 0
    assert node.said == [f"config check {tmp_path}/etc/failover.json.new"]


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
    assert "use: failover-bootstrap install | configure" in ended.stderr
