"""Rules of a module, each of which can be taken away for a while."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_RULE: Final = re.compile(
    r"(?P<head>condition\s+= )(?P<rule>.+?)(?P<tail>\n\s+error_message = \"(?P<words>[^\n]*)\"\n)", re.DOTALL
)
_PROMISE: Final = re.compile(r"ignore_changes\s+= \[(?P<names>[^\]]+)\]")
_WORDS: Final = 60


@dataclass(frozen=True)
class Mutant:
    """One rule of one file, with the text of the file that lacks it; ``filters`` chooses the tests to run."""

    path: Path
    name: str
    without: str
    filters: tuple[str, ...]

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        """The file without the rule, until the block ends."""
        whole = self.path.read_text(encoding="utf-8")
        self.path.write_text(self.without, encoding="utf-8")
        try:
            yield
        finally:
            self.path.write_text(whole, encoding="utf-8")


def of(module: Path) -> list[Mutant]:
    """Every rule and promise of a module or example."""
    return [mutant for path in sorted(module.glob("*.tf")) for mutant in (*_rules(path), *_promises(path))]


def _rules(path: Path) -> Iterator[Mutant]:
    text = path.read_text(encoding="utf-8")
    for found in _RULE.finditer(text):
        # Still an expression over the same variable, as Terraform demands, but never false.
        weak = f"{found['head']}anytrue([({found['rule']}), true]){found['tail']}"
        without = text[: found.start()] + weak + text[found.end() :]
        yield Mutant(path, f"{path.name}: {found['words'][:_WORDS]}", without, ("-filter=tests/refusals.tftest.hcl",))


def _promises(path: Path) -> Iterator[Mutant]:
    text = path.read_text(encoding="utf-8")
    for found in _PROMISE.finditer(text):
        without = text[: found.start()] + "ignore_changes = []" + text[found.end() :]
        names = " ".join(found["names"].replace("\n", " ").split())
        yield Mutant(path, f"{path.name}: ignores {names[:_WORDS]}", without, ("-filter=tests/ownership.tftest.hcl",))
