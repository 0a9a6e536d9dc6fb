"""What a user installs, built as a release is and looked into."""

from __future__ import annotations

import email
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from support import tree


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=tree.ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_package_its_types_and_nothing_of_the_workshop(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"toolkit", "aws_failover_toolkit"}
    assert "toolkit/py.typed" in names


def test_the_wheel_asks_for_the_declared_python_and_leaves_the_lab_to_those_who_want_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(archive.read(name))
    assert metadata["Requires-Python"] == ">=3.11"
    required = metadata.get_all("Requires-Dist", [])
    assert any(line.startswith("boto3") for line in required)
    assert all("extra == 'lab'" in line for line in required if line.startswith(("moto", "werkzeug")))


def test_the_command_runs_from_the_wheel_and_not_from_the_source_tree(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = f"""
import sys
sys.path.insert(0, {str(tmp_path / "site")!r})
import toolkit.__main__
print(toolkit.__file__)
sys.argv = ["failover", "--version"]
toolkit.__main__.main()
"""
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    where, version = run.stdout.splitlines()
    assert Path(where).is_relative_to(tmp_path)
    assert version.startswith("failover, version ")
