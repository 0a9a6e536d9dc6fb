"""The bill of materials agrees with the lock, with what is installed and with the zip."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from security import sbom
from security.locked import Pin, locked, pins
from support import tree


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("dist") / "failover-lambda.zip"
    subprocess.run([sys.executable, "lambda/build.py", str(target)], cwd=tree.ROOT, check=True, capture_output=True)
    return target


@pytest.fixture(scope="module")
def body(archive: Path) -> dict[str, Any]:
    return sbom.document(archive)


def libraries(body: dict[str, Any], scope: str) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in body["components"] if each["type"] == "library" and each["scope"] == scope}


def test_it_lists_what_pip_installs_and_nothing_of_the_workshop(body: dict[str, Any]) -> None:
    required = libraries(body, "required")
    assert {"boto3", "botocore", "click", "dnspython", "pyyaml", "rich", "structlog", "tenacity"} <= set(required)
    assert {"urllib3", "s3transfer", "pygments"} <= set(required)
    assert not {"moto", "werkzeug", "pytest", "ruff", "mypy", "hypothesis"} & set(required)
    assert {"moto", "werkzeug"} <= set(libraries(body, "optional"))


def test_each_package_has_the_version_and_the_hashes_of_the_lock(body: dict[str, Any]) -> None:
    locked = {(pin.name, pin.version): list(pin.hashes) for pin in pins()}
    rows = [each for each in body["components"] if each["type"] == "library"]
    assert all([h["content"] for h in each["hashes"]] == locked[each["name"], each["version"]] for each in rows)
    assert {(each["name"], each["version"]) for each in rows} <= set(locked)


def test_each_package_that_is_required_has_a_licence(body: dict[str, Any]) -> None:
    assert not [name for name, each in libraries(body, "required").items() if not each["licenses"]]


def test_the_zip_and_each_file_in_it_stand_there_with_their_hashes(body: dict[str, Any], archive: Path) -> None:
    (function,) = (each for each in body["components"] if each["name"] == "failover-lambda.zip")
    assert function["hashes"][0]["content"] == hashlib.sha256(archive.read_bytes()).hexdigest()
    with zipfile.ZipFile(archive) as opened:
        held = {name: hashlib.sha256(opened.read(name)).hexdigest() for name in opened.namelist()}
    assert {each["name"]: each["hashes"][0]["content"] for each in function["components"]} == held


def test_the_packages_of_others_in_the_zip_are_known_and_required(body: dict[str, Any], archive: Path) -> None:
    """A folder that a build begins to pack stands in the document, or is one of ours."""
    found = sbom.packed(archive)
    assert set(found.values()) == {"dnspython", "structlog", "tenacity"}
    with zipfile.ZipFile(archive) as opened:
        tops = {name.partition("/")[0] for name in opened.namelist() if "/" in name}
    assert {top for top in tops if not top.endswith(".dist-info")} - set(found) == {"toolkit"}
    (row,) = (each for each in body["dependencies"] if each["ref"] == "failover-lambda.zip")
    assert {ref.partition("@")[0].rpartition("/")[2] for ref in row["dependsOn"]} == set(found.values())


def test_each_reference_leads_to_a_component(body: dict[str, Any]) -> None:
    known = {each["bom-ref"] for each in [body["metadata"]["component"], *body["components"]]}
    named = {ref for row in body["dependencies"] for ref in [row["ref"], *row["dependsOn"]]}
    assert named == known


def test_two_documents_of_the_same_content_are_equal_to_the_byte(body: dict[str, Any], archive: Path) -> None:
    assert sbom.text(sbom.document(archive)) == sbom.text(body)
    assert "timestamp" not in body["metadata"]


def test_another_content_has_another_number(body: dict[str, Any], tmp_path: Path) -> None:
    other = tmp_path / "failover-lambda.zip"
    with zipfile.ZipFile(other, "w") as opened:
        opened.writestr("handler.py", "")
    assert sbom.document(other)["serialNumber"] != body["serialNumber"]


def test_an_environment_that_is_not_the_locked_one_makes_no_document() -> None:
    with pytest.raises(ValueError, match="is installed and not locked"):
        locked("click", [Pin("click", "0.1", ())])


def test_only_an_answer_of_the_library_counts_as_valid() -> None:
    """The library itself says in each ``make sbom`` that the document is valid and that a broken one is not."""
    refuses = [sys.executable, "-c", "import sys; sys.exit('no such licence')"]
    assert sbom.fault("{}", judge=refuses) == "no such licence"
    assert sbom.fault("{}", judge=[sys.executable, "-c", "raise SystemExit(3)"]) == "exit code 3"
    assert not sbom.fault("{}", judge=[sys.executable, "-c", ""])
