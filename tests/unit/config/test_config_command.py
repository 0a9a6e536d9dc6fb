from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from support.config_texts import FULL, SMALL
from toolkit.cli.config import config
from toolkit.config import schema


def call(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(config, list(arguments), input=text, env={"FAILOVER_CONFIG": None})


def test_a_file_without_faults_is_ok_and_shows_its_groups(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(FULL)
    done = call("check", str(file))
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0] == f"{file}: OK"
    assert "  db: db-1, db-2; eip:eipalloc-0123456789abcdef0, " in done.stdout
    assert "  nat: nodes tagged failover:group=nat; route:0.0.0.0/0" in done.stdout


def test_every_file_is_checked_even_after_a_faulty_one(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(SMALL)
    bad.write_text("version: 2\ngroups: {}\n")
    done = call("check", str(bad), str(good))
    assert done.exit_code == 2
    assert [line.split(": ")[0] for line in done.stdout.splitlines()[:3]] == [f"{bad}:1", f"{bad}:1", f"{bad}:2"]
    assert f"{good}: OK" in done.stdout


def test_json_is_one_object_with_every_fault(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(SMALL.replace("version: 1", "version: 2"))
    done = call("check", "--json", str(bad))
    assert done.exit_code == 2
    assert json.loads(done.stdout) == {
        "status": "faults",
        "files": [
            {
                "source": str(bad),
                "groups": [],
                "faults": [
                    {
                        "path": "version",
                        "line": 1,
                        "problem": "2 is not a version that this program knows",
                        "remedy": "write 1",
                    }
                ],
            }
        ],
    }


def test_json_of_a_good_file_names_its_groups(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(SMALL)
    assert json.loads(call("check", "--json", str(file)).stdout) == {
        "status": "ok",
        "files": [{"source": str(file), "groups": ["db"], "faults": []}],
    }


def test_a_dash_reads_yaml_or_json_from_standard_input() -> None:
    assert call("check", "-", text=SMALL).stdout.startswith("-: OK")
    assert call("check", "-", text='\n{"version": 2}').exit_code == 2


def test_the_schema_is_printed_for_editors() -> None:
    done = call("schema")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == schema()
