"""``make sbom``: what users get, as a CycloneDX document in ``dist/failover-sbom.json``, the same wherever it is made.

It lists what ``pip install`` brings (``optional``: with the extra ``lab`` only), pinned and hashed as in the lock, and
the function's zip with every file in it. The document is checked against CycloneDX's own schema, by its own library in
an environment of its own, before it is written.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tomllib
import uuid
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, metadata, packages_distributions
from pathlib import Path
from typing import Any, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from security.locked import Pin, Shipped, shipped
from support import tree
from support.own_environment import own_environment

TARGET: Final = tree.ROOT / "dist/failover-sbom.json"
ZIP: Final = tree.ROOT / "dist/failover-lambda.zip"
PINS: Final = tree.ROOT / ".ci/cyclonedx.txt"
SPEC: Final = "1.6"
_VALIDATE: Final = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
sys.exit(str(fault) if fault else 0)
"""
_LICENCES: Final[Mapping[str, str]] = {
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache License Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "Apache-2.0": "Apache-2.0",
    "BSD-2-Clause": "BSD-2-Clause",
    "BSD-3-Clause": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT": "MIT",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
_LONGEST_NAME: Final = 80


def document(archive: Path) -> dict[str, Any]:
    """The whole document; ``archive`` is the function's zip."""
    project = tomllib.loads(tree.text("pyproject.toml"))["project"]
    packages = shipped()
    itself = {
        "type": "application",
        "bom-ref": _purl(project["name"], project["version"]),
        "name": project["name"],
        "version": project["version"],
        "purl": _purl(project["name"], project["version"]),
        "licenses": [{"license": {"id": project["license"]}}],
    }
    function = _function(archive, project["version"])
    body = {
        "$schema": f"http://cyclonedx.org/schema/bom-{SPEC}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": SPEC,
        "version": 1,
        "metadata": {"component": itself},
        "components": [function, *_components(packages)],
        "dependencies": _dependencies(itself["bom-ref"], function, packages, archive),
    }
    # The same content has the same number, another content another one.
    number = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(body, sort_keys=True))
    return body | {"serialNumber": number.urn}


def packed(archive: Path) -> dict[str, str]:
    """The packages of others in the zip: their folder there, and the name under which they are distributed."""
    tops = {name.partition("/")[0] for name in zipfile.ZipFile(archive).namelist() if "/" in name}
    known = packages_distributions()
    return {top: canonicalize_name(known[top][0]) for top in sorted(tops) if top in known and top != "toolkit"}


def text(body: Mapping[str, Any]) -> str:
    """The document as it is written."""
    return json.dumps(body, indent=1, sort_keys=True) + "\n"


def library() -> list[str]:
    """The command by which CycloneDX's own library judges what it reads."""
    return [str(own_environment("cyclonedx", PINS) / "bin/python"), "-c", _VALIDATE]


def fault(written: str, *, judge: Sequence[str]) -> str:
    """What the judge finds wrong in a document; empty for nothing."""
    judged = subprocess.run(judge, input=written, capture_output=True, text=True, check=False, timeout=120)
    return judged.stderr.strip() or ("" if judged.returncode == 0 else f"exit code {judged.returncode}")


def main() -> int:
    """Build, judge, write; 1 for a document that is none, and for a judge that takes anything."""
    subprocess.run([sys.executable, "lambda/build.py", str(ZIP)], cwd=tree.ROOT, check=True)
    body, judge = document(ZIP), library()
    written = text(body)
    wrong = fault(written, judge=judge)
    if not wrong and not fault(text(body | {"components": [{"type": "no such type"}]}), judge=judge):
        wrong = "the library takes a broken document too"
    if wrong:
        sys.stderr.write(f"sbom: {wrong}\n")
        return 1
    TARGET.write_text(written, encoding="utf-8")
    packages = [each for each in body["components"] if each["type"] == "library"]
    optional = sum(each["scope"] == "optional" for each in packages)
    files = len(body["components"][0]["components"])
    sys.stdout.write(
        f"sbom: {TARGET.relative_to(tree.ROOT)}: {len(packages) - optional} packages, {optional} more with the lab,"
        f" {files} files in the function's zip; valid CycloneDX {SPEC}\n"
    )
    return 0


def _components(packages: Mapping[str, Shipped]) -> Iterator[dict[str, Any]]:
    for name, package in packages.items():
        for pin in package.pins:
            yield {
                "type": "library",
                "bom-ref": _ref(pin),
                "name": name,
                "version": pin.version,
                "purl": _ref(pin),
                "scope": "optional" if package.optional else "required",
                # Of each archive that the lock accepts: one is installed.
                "hashes": [{"alg": "SHA-256", "content": content} for content in pin.hashes],
                "licenses": list(_licences(name)),
            }


def _function(archive: Path, version: str) -> dict[str, Any]:
    with zipfile.ZipFile(archive) as opened:
        files = [
            {"type": "file", "name": name, "hashes": [_sha256(opened.read(name))]} for name in sorted(opened.namelist())
        ]
    return {
        "type": "application",
        "bom-ref": archive.name,
        "name": archive.name,
        "version": version,
        "hashes": [_sha256(archive.read_bytes())],
        "components": files,
    }


def _dependencies(
    itself: str, function: Mapping[str, Any], packages: Mapping[str, Shipped], archive: Path
) -> list[dict[str, Any]]:
    refs = {name: [_ref(pin) for pin in package.pins] for name, package in packages.items()}
    project = tomllib.loads(tree.text("pyproject.toml"))["project"]
    direct = [canonicalize_name(Requirement(line).name) for line in project["dependencies"]]
    rows = {itself: [function["bom-ref"], *_refs(direct, refs)]}
    rows[function["bom-ref"]] = _refs(packed(archive).values(), refs)
    for name, package in packages.items():
        rows |= dict.fromkeys(refs[name], _refs(package.needs, refs))
    return [{"ref": ref, "dependsOn": sorted(set(below))} for ref, below in sorted(rows.items())]


def _refs(names: Iterable[str], refs: Mapping[str, Sequence[str]]) -> list[str]:
    return [ref for name in names for ref in refs.get(name, ())]


def _licences(name: str) -> Iterator[dict[str, Any]]:
    """By the package's own words: an SPDX expression, else what its licence or its classifiers are called."""
    try:
        words = metadata(name)
    except PackageNotFoundError:
        return
    if words["License-Expression"]:
        yield {"expression": words["License-Expression"]}
        return
    field = (words["License"] or "").strip()
    classifiers = [line.rpartition(" :: ")[2] for line in words.get_all("Classifier", []) if line.startswith("License")]
    named = [field] if field in _LICENCES or (field and not classifiers) else classifiers
    for licence in named:
        id_ = _LICENCES.get(licence)
        yield {"license": {"id": id_} if id_ else {"name": licence.splitlines()[0][:_LONGEST_NAME]}}


def _sha256(content: bytes) -> dict[str, str]:
    return {"alg": "SHA-256", "content": hashlib.sha256(content).hexdigest()}


def _ref(pin: Pin) -> str:
    return _purl(pin.name, pin.version)


def _purl(name: str, version: str) -> str:
    return f"pkg:pypi/{canonicalize_name(name)}@{version}"


if __name__ == "__main__":
    sys.exit(main())
