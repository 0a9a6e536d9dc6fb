from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from support import tree

# Clocks, chance and the outside: what a decision must be given, never fetch.
_OUTSIDE: Final = frozenset(
    (
        *("asyncio", "http", "multiprocessing", "random", "secrets", "select", "selectors"),
        *("socket", "ssl", "subprocess", "threading", "time", "urllib"),
    )
)
_PURE: Final = ("domain", "moves", "config", "detection", "readiness")
_NOW: Final = (".now", ".utcnow", ".today")

# Each costs a fresh process tens of milliseconds, a seventh of a failover.
_HEAVY: Final = frozenset(
    ("boto3", "botocore", "click", "dns", "moto", "requests", "rich", "structlog", "werkzeug", "yaml")
)
# What single modules of a floor are there to use; the floor itself loads it only when asked.
_TRADE: Final = {"resolve": {"dns"}, "config": {"yaml"}}
_HEAVY_BY_TRADE: Final = {"aws", "bootstrap", "cli", "lab", "__main__"}


def _pure_files() -> list[str]:
    return [name for name in tree.python("toolkit") if name.split("/")[1].removesuffix(".py") in _PURE]


def _light_floors() -> list[str]:
    return sorted({Path(name.split("/")[1]).stem for name in tree.python("toolkit")} - _HEAVY_BY_TRADE - {"__init__"})


def _modules(floor: str) -> list[str]:
    return [
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in tree.python("toolkit")
        if name == f"toolkit/{floor}.py" or name.startswith(f"toolkit/{floor}/")
    ]


def _loaded_by(*arguments: str) -> set[str]:
    """The top-level packages that a fresh interpreter has read, by its own account of import times."""
    run = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments], capture_output=True, text=True, check=True, cwd=tree.ROOT
    )
    names = (line.rpartition("|")[2].strip() for line in run.stderr.splitlines() if line.startswith("import time:"))
    return {name.partition(".")[0] for name in names}


def test_what_decides_imports_no_clock_no_chance_and_no_network() -> None:
    found = [
        f"{name}:{line} imports {module}"
        for name in _pure_files()
        for module, line in tree.imports(name)
        if module.partition(".")[0] in _OUTSIDE
    ]
    assert not found


def test_what_decides_never_asks_what_time_it_is() -> None:
    found = [
        f"{name}:{call.lineno} {called}()"
        for name in _pure_files()
        for call, called in tree.calls(name)
        if called.endswith(_NOW)
    ]
    assert not found


def test_the_domain_imports_only_itself_and_the_standard_library() -> None:
    found = [
        f"{name}:{line} imports {module}"
        for name in tree.python("toolkit")
        if name.startswith("toolkit/domain/")
        for module, line in tree.imports(name)
        if module.partition(".")[0] not in sys.stdlib_module_names and not module.startswith("toolkit.domain")
    ]
    assert not found


@pytest.mark.parametrize("floor", _light_floors())
def test_importing_a_floor_below_the_wiring_loads_no_heavy_package(floor: str) -> None:
    assert not sorted(_loaded_by("-c", f"import toolkit.{floor}") & _HEAVY)


@pytest.mark.parametrize("floor", _light_floors())
def test_every_module_below_the_wiring_loads_no_heavy_package_but_its_trade(floor: str) -> None:
    loaded = _loaded_by("-c", f"import {', '.join(_modules(floor))}")
    assert not sorted(loaded & (_HEAVY - _TRADE.get(floor, set())))


def test_the_command_prints_its_version_without_loading_what_a_failover_needs() -> None:
    assert not sorted(_loaded_by("-m", "toolkit", "--version") & (_HEAVY - {"click"}))
