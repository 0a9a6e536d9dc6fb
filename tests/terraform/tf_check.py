"""``make tf-check``: format, init, validate, test and judge every module and example.

``--prove`` shows that the tests can fail: every part of a validation rule, and every attribute of a promise not to
own what a failover changes, is taken away in turn, and a test must notice.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from terraform import judgement, mutants, outcomes, workspace
from terraform.workspace import Providers, Workspace

_AT_ONCE: Final = 2


@dataclass(frozen=True)
class Verdict:
    """How one module or example fared; ``faults`` empty: well."""

    target: str
    tests: int
    faults: tuple[str, ...]
    seconds: float


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 when nothing was found, 1 otherwise, 2 when no provider can be had."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="tf-check-") as folder:
        providers = _providers(Path(folder), options.providers)
        if providers is None:
            _say("no providers: the registry does not answer, and shared/terraform-offline is not there")
            return 2
        _say(f"with {providers.source}")
        if options.prove:
            return _prove(Path(folder), providers, options.target or workspace.targets())
        return _check(Path(folder), providers, options.target or workspace.targets())


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tf-check", description=__doc__)
    parser.add_argument("target", nargs="*", help="such as modules/dns; default: all")
    parser.add_argument("--providers", choices=("auto", "offline", "real"), default="auto")
    parser.add_argument("--prove", action="store_true", help="break each rule in turn: its test must fail")
    return parser.parse_args(arguments)


def _providers(folder: Path, wanted: str) -> Providers | None:
    real = workspace.reachable(folder / "reach") if wanted != "offline" else None
    return real or (workspace.offline() if wanted != "real" else None)


def _check(folder: Path, providers: Providers, targets: list[str]) -> int:
    copy = Workspace(folder / "copy", providers)
    unformatted = copy.run(".", "fmt", "-check", "-recursive", "-no-color")
    for name in unformatted.out.splitlines():
        _say(f"{name}: not formatted (terraform fmt -recursive terraform)")
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        verdicts = list(pool.map(lambda target: examined(copy, target), targets))
    failed = sum(bool(verdict.faults) for verdict in verdicts)
    _say(f"{sum(verdict.tests for verdict in verdicts)} runs in {len(verdicts)} modules and examples, {failed} failed")
    return 1 if failed or unformatted.code else 0


def examined(copy: Workspace, target: str) -> Verdict:
    """Init, validate, test and judge one module or example, and say so on one line."""
    begun = time.monotonic()
    tests, faults = _examine(copy, target)
    verdict = Verdict(target, tests, tuple(faults), time.monotonic() - begun)
    _say(f"{'FAILED' if faults else 'ok':6} {target:28} {tests:3} runs {verdict.seconds:5.1f} s")
    for fault in faults:
        _say(f"       {fault}")
    return verdict


def _examine(copy: Workspace, target: str) -> tuple[int, list[str]]:
    for ended in (copy.init(target), copy.run(target, "validate", "-no-color")):
        if ended.code:
            return 0, [ended.said]
    ended = copy.run(target, "test", "-json", "-verbose")
    outcome = outcomes.read(ended.out)
    found = [*outcome.faults, *(fault for state in outcome.states for fault in judgement.faults(target, state))]
    if ended.code and not found:
        found.append(f"terraform test ended with {ended.code}: {ended.err}")
    if not outcome.passed:
        found.append("no run passed")
    return outcome.passed, found


def _prove(folder: Path, providers: Providers, chosen: list[str]) -> int:
    copies = [Workspace(folder / f"copy-{number}", providers) for number in range(_AT_ONCE)]
    targets = [target for target in chosen if mutants.of(copies[0].terraform / target)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        shares = [targets[number::_AT_ONCE] for number in range(_AT_ONCE)]
        unnoticed = [
            each
            for found in pool.map(lambda pair: _unnoticed(*pair), zip(copies, shares, strict=True))
            for each in found
        ]
    _say(f"{len(unnoticed)} rules and promises whose loss no test notices")
    return 1 if unnoticed else 0


def _unnoticed(copy: Workspace, targets: list[str]) -> list[str]:
    found: list[str] = []
    for target in targets:
        copy.init(target)
        for mutant in mutants.of(copy.terraform / target):
            with mutant.applied():
                ended = copy.run(target, "test", "-no-color", *mutant.filters)
            _say(f"{'UNSEEN' if ended.code == 0 else 'seen':6} {target} {mutant.name}")
            if ended.code == 0:
                found.append(f"{target} {mutant.name}")
    return found


def _say(text: str) -> None:
    sys.stdout.write(f"tf-check: {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
