"""What ships: the zip itself, never the source tree."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from support import tree
from toolkit.lab.alarms import RUNTIME, own_runtime

# The runtimes of Lambda; what this machine lacks of them is told by the interpreter that it has.
RUNTIMES: Final = ("python3.12", "python3.13", "python3.14")
CONFIGURATION: Final = {
    "version": 1,
    "state": {"dynamodb": "failover-state"},
    "groups": {
        "db": {
            "nodes": [
                {"name": "db-1", "instance": "i-0123456789abcdef0"},
                {"name": "db-2", "instance": "i-0123456789abcdef1"},
            ],
            "addresses": [{"kind": "eip", "id": "eipalloc-0123456789abcdef0"}],
        }
    },
}
# Starts the function as Lambda does, makes every client it can need, and tells what was loaded from where.
START: Final = """
import json, sys
sys.path[:0] = sys.argv[1:]
import handler
handler.service()._connection.warm("ec2", "dynamodb", "cloudwatch", "route53", "sns", "autoscaling", "ssm", "s3")
import structlog, dns.query, toolkit.resolve.chase, toolkit.probes.rounds
folder, runtime = sys.argv[1:]
files = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items()}
outside = [name.partition(".")[0] for name, file in files.items() if file.startswith(runtime + "/")]
inside = [name for name, file in files.items() if file.startswith(folder + "/")]
print(json.dumps({"outside": outside, "inside": inside}))
"""


def build(target: Path) -> str:
    run = subprocess.run(
        [sys.executable, "lambda/build.py", str(target)], cwd=tree.ROOT, check=True, capture_output=True, text=True
    )
    return run.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("dist") / "failover-lambda.zip"
    build(target)
    return target


@pytest.fixture(scope="module")
def unpacked(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("task")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder)
    return folder


def start(python: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The function, started by an interpreter that sees the zip, what Lambda's runtime has, and nothing else."""
    return subprocess.run(
        [python, "-I", "-S", "-B", "-c", START, str(folder), str(own_runtime(folder.with_name("runtime")))],
        env={"AWS_LAMBDA_FUNCTION_NAME": "failover", "AWS_REGION": "eu-west-1", "HOME": "/nonexistent", **environment},
        capture_output=True,
        text=True,
        check=False,
        cwd=folder.parent,
    )


def interpreters() -> Iterator[str]:
    """Every runtime that this machine has and that starts, and the interpreter of this run."""
    yield sys.executable
    for name in RUNTIMES:
        places = [shutil.which(name), *Path.home().glob(f".pyenv/versions/{name.removeprefix('python')}.*/bin/{name}")]
        for place in places:
            if place and subprocess.run([place, "-c", ""], capture_output=True, check=False).returncode == 0:
                yield str(place)
                break


def test_two_builds_are_equal_to_the_byte_and_the_size_is_told(built: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    told = build(again)
    assert again.read_bytes() == built.read_bytes()
    assert f"{again.stat().st_size:,} bytes" in told


def test_a_build_does_not_depend_on_clock_zone_or_hash_seed(built: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    environment = {**os.environ, "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "1", "LC_ALL": "C"}
    subprocess.run(
        [sys.executable, "lambda/build.py", str(again)], cwd=tree.ROOT, check=True, capture_output=True, env=environment
    )
    assert again.read_bytes() == built.read_bytes()


def test_the_zip_holds_text_only_for_any_processor_and_any_python(built: Path) -> None:
    with zipfile.ZipFile(built) as archive:
        suffixes = {Path(name).suffix or name for name in archive.namelist()}
        for name in archive.namelist():
            archive.read(name).decode("utf-8")
    assert {suffix for suffix in suffixes if not suffix.endswith("/METADATA")} == {".py", ".json"}


def test_the_zip_holds_nothing_of_the_workshop(built: Path) -> None:
    names = zipfile.ZipFile(built).namelist()
    unwanted = (
        "toolkit/lab",
        "toolkit/cli",
        "toolkit/testing",
        "tests",
        "boto3",
        "yaml",
        "click",
        "rich",
        "moto",
        "botocore",
    )
    assert not [name for name in names if name.startswith(unwanted)]
    assert "build.py" not in names
    assert "handler.py" in names


def test_the_zip_is_small_enough_to_be_sent_as_it_is(built: Path) -> None:
    """Lambda takes 50 MB in a request; a sixteenth of it is the house's own limit."""
    assert built.stat().st_size < 3_000_000


def test_the_function_starts_from_the_zip_alone_on_every_runtime_that_this_machine_has(unpacked: Path) -> None:
    """Where a runtime is lacking, this run's own interpreter has still been tried; the output names both."""
    tried = []
    for python in interpreters():
        run = start(python, unpacked, FAILOVER_CONFIG=json.dumps(CONFIGURATION))
        assert run.returncode == 0, (python, run.stderr)
        loaded = json.loads(run.stdout)
        assert {"botocore"} <= set(loaded["outside"]) <= set(RUNTIME) - {"boto3", "s3transfer"}
        assert {"handler", "trigger", "toolkit.engine.run", "structlog", "dns"} <= set(loaded["inside"])
        tried.append(Path(python).name)
    sys.stdout.write(f"tried {', '.join(tried)}; lacking {', '.join(sorted(set(RUNTIMES) - set(tried)))}\n")
    assert sys.executable in interpreters()


def test_structlog_and_dns_are_not_loaded_before_a_move_needs_them(unpacked: Path) -> None:
    code = "import sys; sys.path[:0] = sys.argv[1:]; import handler; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", code, str(unpacked), str(own_runtime(unpacked.with_name("runtime")))],
        env={"AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_REGION": "eu-west-1", "FAILOVER_CONFIG": json.dumps(CONFIGURATION)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not {"structlog", "dns", "yaml", "boto3"} & set(run.stdout.split())


def test_a_bad_configuration_fails_at_the_start_with_all_its_faults(unpacked: Path) -> None:
    bad = {**CONFIGURATION, "groups": {"db": {"nodes": 1, "adresses": []}}}
    run = start(sys.executable, unpacked, FAILOVER_CONFIG=json.dumps(bad))
    assert run.returncode == 1
    assert "groups.db.nodes" in run.stderr
    assert "groups.db.adresses" in run.stderr


def test_a_configuration_that_is_nowhere_fails_at_the_start(unpacked: Path) -> None:
    run = start(sys.executable, unpacked)
    assert run.returncode == 1
    assert "FAILOVER_CONFIG_SSM" in run.stderr
