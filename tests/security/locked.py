"""The packages that the project is pinned to, and those among them that its users get."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, requires
from typing import Final

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support import tree

LOCK: Final = ".ci/requirements.txt"
_PIN: Final = re.compile(r"([\w.-]+)==([^ ;\\]+)")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")
# What the project promises to run on; a package that only one of them needs is shipped too.
_PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14")
_PLATFORMS: Final = (("linux", "Linux"), ("darwin", "Darwin"))


@dataclass(frozen=True, slots=True)
class Pin:
    """A version and the SHA-256 of each of its archives."""

    name: str
    version: str
    hashes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shipped:
    """A package that users get; ``optional`` comes with the extra ``lab`` only, ``needs`` are names.

    Several pins are for several Pythons.
    """

    pins: tuple[Pin, ...]
    optional: bool
    needs: tuple[str, ...]


def pins(text: str | None = None) -> list[Pin]:
    """Every pin of the lock."""
    entries = re.split(r"\n(?=\w)", (tree.text(LOCK) if text is None else text).strip())
    found: list[Pin] = []
    for entry in entries:
        matched = _PIN.match(entry)
        if matched is None:
            raise ValueError(f"{LOCK}: no pin: {entry.splitlines()[0]}")
        found.append(Pin(canonicalize_name(matched[1]), matched[2], tuple(sorted(_HASH.findall(entry)))))
    return found


def shipped() -> dict[str, Shipped]:
    """The closure of what ``pip install`` of the project brings, by what the installed packages say they need.

    Raises ValueError where the environment is not the locked one.
    """
    project = tomllib.loads(tree.text("pyproject.toml"))["project"]
    required = _closure(project["dependencies"])
    with_lab = _closure([*project["dependencies"], *project["optional-dependencies"]["lab"]])
    known = pins()
    return {name: Shipped(locked(name, known), name not in required, needs) for name, needs in sorted(with_lab.items())}


def _closure(wanted: list[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    done: set[tuple[str, frozenset[str]]] = set()
    queue = [Requirement(line) for line in wanted]
    while queue:
        asked = queue.pop()
        name = canonicalize_name(asked.name)
        needs = found.setdefault(name, set())
        if (name, frozenset(asked.extras)) in done:
            continue
        done.add((name, frozenset(asked.extras)))
        below = [r for r in map(Requirement, _requires(name)) if _applies(r, asked.extras)]
        needs |= {canonicalize_name(r.name) for r in below}
        queue += below
    return {name: tuple(sorted(needs)) for name, needs in found.items()}


def _applies(requirement: Requirement, extras: set[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate(dict(each)) for each in _environments(extras))


def _environments(extras: set[str]) -> Iterator[Mapping[str, str]]:
    here = {name: str(value) for name, value in default_environment().items()}
    for python in _PYTHONS:
        for platform, system in _PLATFORMS:
            for extra in extras | {""}:
                yield here | {
                    "python_version": python,
                    "python_full_version": f"{python}.0",
                    "implementation_name": "cpython",
                    "platform_python_implementation": "CPython",
                    "os_name": "posix",
                    "sys_platform": platform,
                    "platform_system": system,
                    "extra": extra,
                }


def _requires(name: str) -> list[str]:
    """What the package says it needs; nothing is known of one that is for other Pythons only."""
    with suppress(PackageNotFoundError):
        return requires(name) or []
    return []


def locked(name: str, known: Sequence[Pin]) -> tuple[Pin, ...]:
    """The pins of a package; raises ValueError when another version is installed."""
    found = tuple(pin for pin in known if pin.name == name)
    with suppress(PackageNotFoundError):
        installed = distribution(name).version
        if installed not in {pin.version for pin in found}:
            raise ValueError(f"{name} {installed} is installed and not locked: run `make clean`, or .ci/lock")
    return found
