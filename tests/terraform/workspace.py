"""A copy of the Terraform tree to work in, and the providers to work with."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
OFFLINE: Final = ROOT.parent / "shared/terraform-offline"
_LIMIT_SECONDS: Final = 600
# The AWS provider is some hundred megabytes; where no registry answers, Terraform gives up by itself much sooner.
_DOWNLOAD_SECONDS: Final = 900
_LEFT_BEHIND: Final = shutil.ignore_patterns(".terraform", ".terraform.lock.hcl", "*.tfstate*", "__pycache__")


@dataclass(frozen=True)
class Providers:
    """Where Terraform finds its providers, in words for people and as environment."""

    source: str
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Ended:
    """How a call of Terraform ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return "\n".join(text for text in (self.out, self.err) if text)


class Workspace:
    """A copy of ``terraform/`` and of the mocks: what ``init`` leaves behind never enters the tree."""

    def __init__(self, folder: Path, providers: Providers) -> None:
        self.terraform = folder / "terraform"
        self._environment = {**os.environ, **providers.environment, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
        shutil.copytree(ROOT / "terraform", self.terraform, ignore=_LEFT_BEHIND)
        shutil.copytree(ROOT / "tests/terraform/mocks", folder / "tests/terraform/mocks")

    def run(self, target: str, *arguments: str, limit_seconds: float = _LIMIT_SECONDS) -> Ended:
        """Terraform in one module or example (``modules/dns``)."""
        command = ["terraform", f"-chdir={self.terraform / target}", *arguments]
        try:
            ended = subprocess.run(
                command, env=self._environment, capture_output=True, text=True, check=False, timeout=limit_seconds
            )
        except subprocess.TimeoutExpired:
            return Ended(1, "", f"terraform {arguments[0]} did not end within {limit_seconds:.0f} s")
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def init(self, target: str, *, limit_seconds: float = _LIMIT_SECONDS) -> Ended:
        return self.run(target, "init", "-backend=false", "-input=false", "-no-color", limit_seconds=limit_seconds)


def targets() -> list[str]:
    """Every module and example, in the order of the alphabet."""
    found = [*(ROOT / "terraform/modules").iterdir(), *(ROOT / "terraform/examples").iterdir()]
    return sorted(f"{path.parent.name}/{path.name}" for path in found if (path / "versions.tf").is_file())


def offline() -> Providers | None:
    """The schema-only providers beside this repository, or None where they are not."""
    if not (OFFLINE / "use").is_file():
        return None
    prepared = subprocess.run(
        [str(OFFLINE / "use"), "env"], capture_output=True, text=True, check=True, timeout=_LIMIT_SECONDS
    )
    lines = (line.partition("=") for line in prepared.stdout.splitlines())
    settings = {name: value for name, _, value in lines if name == "TF_CLI_CONFIG_FILE"}
    return Providers("schema-only providers (shared/terraform-offline)", {**settings, "TF_PLUGIN_CACHE_DIR": ""})


def real(folder: Path, caller: Mapping[str, str] = os.environ) -> Providers:
    """The real providers, downloaded once: into the caller's cache, else into one in the folder."""
    cache = Path(caller.get("TF_PLUGIN_CACHE_DIR") or folder / "plugins")
    if folder in cache.parents:
        cache.mkdir(parents=True, exist_ok=True)
    # No lock file is kept, so there is none to break.
    trusted = {"TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "true"}
    return Providers("the real providers", {"TF_PLUGIN_CACHE_DIR": str(cache), **trusted})


def reachable(folder: Path) -> Providers | None:
    """The real providers, or None where no registry answers in time; the folder must stay while they are used."""
    found = real(folder)
    ended = Workspace(folder / "probe", found).init("modules/dns", limit_seconds=_DOWNLOAD_SECONDS)
    return found if ended.code == 0 else None


def providers(folder: Path) -> Providers | None:
    """Those beside this repository, else the real ones, else None."""
    return offline() or reachable(folder)
