from __future__ import annotations

import json
from pathlib import Path

import pytest

from toolkit.cli.root import run
from toolkit.domain.errors import ExitCode

CONFIGURATION = {
    "version": 1,
    "region": "eu-west-1",
    "state": {"dynamodb": "failover-state"},
    "groups": {
        "db": {
            "nodes": [{"name": f"db-{n}", "instance": f"i-0123456789abcdef{n}"} for n in (1, 2)],
            "addresses": [{"kind": "eip", "id": "eipalloc-0123456789abcdef0"}],
        }
    },
}


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "failover.json"
    path.write_text(json.dumps(CONFIGURATION))
    return str(path)


def test_a_page_without_an_address_is_refused_rather_than_served_everywhere(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["watch", "--config", file, "--listen", ":9470"]) == ExitCode.USAGE
    assert "write an address and a port" in capsys.readouterr().err


def test_a_group_that_does_not_exist_is_named_with_those_that_do(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["watch", "--config", file, "--listen", "off", "--group", "web"]) == ExitCode.USAGE
    assert "no group web; it has db" in capsys.readouterr().err


def test_a_configuration_with_faults_starts_no_watch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "failover.json"
    path.write_text("{}")
    assert run(["watch", "--config", str(path), "--listen", "off"]) == ExitCode.USAGE
    assert "groups" in capsys.readouterr().err
