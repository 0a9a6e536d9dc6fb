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
_SIGN: Final = re.compile(r"&&|\|\||\?|:|,|\sif\s|(?P<opens>[(\[{])|(?P<closes>[)\]}])")
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
        for part, weak in _weakened(found["rule"]):
            without = text[: found.start()] + found["head"] + weak + found["tail"] + text[found.end() :]
            name = f"{path.name}: {found['words'][:_WORDS]}{part}"
            yield Mutant(path, name, without, ("-filter=tests/refusals.tftest.hcl",))


def _weakened(rule: str) -> Iterator[tuple[str, str]]:
    """The rule without each of its parts, and the part in words."""
    parts = conjuncts(rule)
    for begin, end in parts:
        part = rule[begin:end].strip()
        start = rule.index(part, begin)
        yield f" (not {' '.join(part.split())[:_WORDS]})", rule[:start] + "true" + rule[start + len(part) :]
    if not parts:
        # Still an expression over the same variable, as Terraform demands, but never false.
        yield "", f"anytrue([({rule}), true])"


def conjuncts(rule: str) -> list[tuple[int, int]]:
    """Where each operand of an ``&&`` begins and ends, those inside brackets and loops as well."""
    found: list[tuple[int, int]] = []
    # For each bracket that is open: where its present operand begins, and whether an && stands before it.
    stack, at = [(0, False)], 0
    while at < len(rule):
        sign = _SIGN.match(rule, at)
        if sign is None:
            at = _after_text(rule, at) if rule[at] == '"' else at + 1
            continue
        begin, joined = stack.pop()
        if sign[0] == "&&" or (joined and sign["opens"] is None):
            found.append((begin, at))
        at = sign.end()
        if sign["opens"]:
            stack += [(begin, joined), (at, False)]
        elif sign["closes"] is None:
            stack.append((at, sign[0] == "&&"))
    begin, joined = stack.pop()
    return [*found, (begin, at)] if joined else found


def _after_text(rule: str, at: int) -> int:
    """The place after a quoted text, which may hold expressions with texts of their own."""
    at, depth = at + 1, 0
    while depth or rule[at] != '"':
        if rule[at] == '"':
            at = _after_text(rule, at)
            continue
        depth += rule.startswith("${", at) - (depth > 0 and rule[at] == "}")
        at += 2 if rule[at] == "\\" else 1
    return at + 1


def _promises(path: Path) -> Iterator[Mutant]:
    """What the configuration does not set stays as it is without a promise: nothing is lost with such a one."""
    text = path.read_text(encoding="utf-8")
    for found in _PROMISE.finditer(text):
        block = text[max(text.rfind("\nresource ", 0, found.start()), 0) : found.start()]
        names = [name.strip() for name in found["names"].split(",") if name.strip()]
        for name in names:
            if re.search(rf'^  ({name}\s+=|{name} {{|dynamic "{name}")', block, re.MULTILINE):
                kept = ", ".join(other for other in names if other != name)
                without = f"{text[: found.start()]}ignore_changes = [{kept}]{text[found.end() :]}"
                yield Mutant(path, f"{path.name}: ignores {name}", without, ("-filter=tests/ownership.tftest.hcl",))
