"""``python lambda/build.py [FILE]``: the zip that AWS Lambda runs, the same to the byte wherever it is built.

boto3's own packages are left to Lambda's runtime, which has them with their bytecode: compiling them at each cold
start would take longer than `import boto3` (`make bench ARGS=function`). The cuts of botocore's models
(``toolkit.aws.slim``) are packed. Nothing is compiled and nothing is compressed: one file serves arm64 and x86-64 on
Python 3.12 to 3.14, and no zlib can write other bytes.
"""

from __future__ import annotations

import ast
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from toolkit.aws import slim

ROOT: Final = Path(__file__).resolve().parent.parent
TARGET: Final = ROOT / "dist" / "failover-lambda.zip"
ENTRY: Final = "handler"
# Pure Python, whole; the runtime has botocore and what botocore needs.
PACKAGES: Final = ("dns", "structlog", "tenacity")
# The configuration is JSON there, and no YAML parser is packed; a run's files are those of another machine.
_NEVER: Final = frozenset({"toolkit.config.yaml_text"})
_WHEN: Final = (1980, 1, 1, 0, 0, 0)


def contents() -> dict[str, bytes]:
    """Every file of the zip by its name."""
    found = {path.relative_to(ROOT / "lambda").as_posix(): path.read_bytes() for path in _own()}
    found |= {_file(name).relative_to(ROOT).as_posix(): _file(name).read_bytes() for name in sorted(_needed(found))}
    for package in PACKAGES:
        found |= _package(package)
    found |= _cuts()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    folder = f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    head = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    return found | {f"{folder}/METADATA": head.encode()}


def write(target: Path, files: Mapping[str, bytes]) -> None:
    """The files as a zip: sorted, of one date, owned by nobody in particular."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.create_system = 3  # Unix, so that the permissions count
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, files[name])


def _own() -> list[Path]:
    return sorted(path for path in (ROOT / "lambda").glob("*.py") if path.name != Path(__file__).name)


def _needed(own: Mapping[str, bytes]) -> set[str]:
    """Every module of the toolkit that is imported from the function's own, directly or not, at once or later."""
    wanted: set[str] = set()
    queue = [name for source in own.values() for name in _imports(source)]
    while queue:
        name = queue.pop()
        if name in wanted or name in _NEVER or not _file(name).is_file():
            continue
        wanted.add(name)
        queue += [name.rpartition(".")[0], *_imports(_file(name).read_bytes())]
    return wanted


def _imports(source: bytes) -> Iterator[str]:
    """The toolkit's modules that a source names: ``from a import b`` may mean the module ``a.b``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("toolkit"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("toolkit"):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _file(module: str) -> Path:
    path = ROOT / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _package(name: str) -> dict[str, bytes]:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{name} is not installed: run `make lambda`, which makes the environment")
    folder = Path(spec.origin).parent
    return {
        path.relative_to(folder.parent).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.suffix == ".py"
    }


def _cuts() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        place = slim.build(Path(folder))
        return {f"toolkit/aws/cuts/{path.name}": path.read_bytes() for path in place.iterdir()}


def main(arguments: list[str]) -> None:
    """Build, and say how large it has become."""
    target = Path(arguments[0]) if arguments else TARGET
    files = contents()
    write(target, files)
    size = target.stat().st_size
    sys.stdout.write(f"{target}: {size:,} bytes, {len(files)} files\n")


if __name__ == "__main__":
    main(sys.argv[1:])
