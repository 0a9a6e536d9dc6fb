"""What makes a node of the example nat-pair translate, with stand-ins for what belongs to the machine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

import pytest

from terraform.workspace import ROOT

_SETUP: Final = ROOT / "terraform/examples/nat-pair/files/nat-setup.sh"
_FOLDERS: Final = ("etc/sysctl.d", "etc/systemd/system", "usr/local/sbin", "machine")
_LOADED: Final = "ip saddr 10.0.0.0/16 masquerade"
_REQUEST: Final = "GET / HTTP/1.1\r\nHost: 10.0.1.10:8080\r\n\r\n"


class _Node:
    """A file system in a folder, with the programs that the scripts call."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in _FOLDERS:
            (folder / name).mkdir(parents=True)
        self.says("systemctl", f'echo "systemctl $*" >>"{folder}/said"')
        self.has(rules=_LOADED, forwards="1")

    def says(self, name: str, text: str) -> None:
        path = self.folder / "machine" / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def has(self, *, rules: str, forwards: str) -> None:
        self.says("nft", f"echo '{rules}'")
        self.says("sysctl", f"echo {forwards}")

    def set_up(self) -> subprocess.CompletedProcess[str]:
        # As Terraform's templatefile renders it.
        script = _SETUP.read_text().replace("${cidr}", "10.0.0.0/16").replace("$${", "${")
        return self._run("/bin/sh", "-c", script, said="")

    def health(self) -> str:
        return self._run(str(self.folder / "usr/local/sbin/nat-health"), said=_REQUEST).stdout

    def _run(self, *command: str, said: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.folder}/machine:{os.environ['PATH']}"
        environment = {"PATH": path, "NAT_ROOT": str(self.folder)}
        return subprocess.run(
            command, env=environment, input=said, capture_output=True, text=True, check=False, timeout=60
        )


@pytest.fixture
def node(tmp_path: Path) -> _Node:
    made = _Node(tmp_path)
    ended = made.set_up()
    assert ended.returncode == 0, ended
    return made


def test_the_rules_are_loaded_now_and_at_each_boot(node: _Node) -> None:
    said = (node.folder / "said").read_text().splitlines()
    assert said == ["systemctl daemon-reload", "systemctl enable --now nat-pair.service nat-health.socket"]
    assert "WantedBy=multi-user.target" in (node.folder / "etc/systemd/system/nat-pair.service").read_text()
    assert "ip saddr 10.0.0.0/16 ip daddr != 10.0.0.0/16 masquerade" in (node.folder / "etc/nat-pair.nft").read_text()


def test_a_node_that_forwards_and_translates_is_healthy(node: _Node) -> None:
    assert node.health().startswith("HTTP/1.0 200 OK\n")


@pytest.mark.parametrize(
    ("rules", "forwards", "fault"),
    [("table ip other", "1", "the rules are not loaded"), (_LOADED, "0", "the kernel does not forward")],
)
def test_a_node_that_does_not_is_unhealthy_and_says_why(node: _Node, rules: str, forwards: str, fault: str) -> None:
    node.has(rules=rules, forwards=forwards)
    answer = node.health()
    assert answer.startswith("HTTP/1.0 503 ")
    assert answer.endswith(f"\n\n{fault}\n")


def test_an_image_without_nftables_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    node = _Node(tmp_path)
    (tmp_path / "machine/nft").unlink()
    ended = node.set_up()
    assert ended.returncode == 1
    assert "lacks nftables" in ended.stderr
    assert list((tmp_path / "etc/sysctl.d").iterdir()) == []


def test_a_set_up_that_fails_says_so(tmp_path: Path) -> None:
    node = _Node(tmp_path)
    node.says("sysctl", "exit 1")
    assert node.set_up().returncode == 1
    assert not (tmp_path / "said").exists()
