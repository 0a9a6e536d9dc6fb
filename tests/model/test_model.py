"""Spin goes through every interleaving of the model of lease and journal, and the model bears the code's names."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

import pytest

from model.searching import MODEL, found, search
from support import needs, tree
from toolkit.domain.events import EventName

KINDS: Final = {"one call": (), "two calls": ("TWO_CALLS",)}
# What is broken, and how the address must move for it to be seen.
MUTANTS: Final = {
    "SAME_NUMBER": (),
    "APPENDS_UNCONDITIONALLY": (),
    "RELEASES_UNCONDITIONALLY": (),
    "CALLS_BEFORE_ITS_PLAN": (),
    "NO_CHECK": (),
    "READS_NOT_REPEATED": (),
    "RESUME_IGNORES_OPEN": ("TWO_CALLS",),
    "RESUMES_WHAT_ENDED": ("TWO_CALLS",),
    "ENDS_IN_DOUBT": ("TWO_CALLS",),
}
# Switches that break nothing.
SETTINGS: Final = {"TWO_CALLS", "BOOT", "PAUSE", "OLD_CALLS", "DEATHS", "LOSSES", "REFUSALS", "RENEWALS", "MAY_WRITE"}
# Fences and the node's agent have no part in who may write, nor in what a resume does.
NOT_MODELLED: Final = {EventName.NODE_FENCED, EventName.FENCE_FAILED, EventName.GUEST_READY}
# What no function of the code stands for: the table, the network, death, and who looks on.
OF_THE_WORLD: Final = {"observe", "discard", "put", "die", "begin", "deliver"}
# A search takes a minute on a machine that has nothing else to do.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where Spin may write; skips where it is not installed."""
    missing = needs.missing_programs(("spin", "gcc"))
    if missing:
        pytest.skip("needs " + "; ".join(missing))
    return tmp_path


@pytest.mark.parametrize(
    "switches",
    [("RENEWALS=1",), ("TWO_CALLS",), ("TWO_CALLS", "BOOT", "LOSSES=0", "REFUSALS=0"), ("DEATHS=0", "LOSSES=2")],
    ids=" ".join,
)
def test_whatever_dies_pauses_or_gets_lost_one_run_acts_and_no_address_is_forgotten(
    folder: Path, switches: tuple[str, ...]
) -> None:
    seen = search(folder, *switches)
    assert (seen.errors, seen.complete) == (0, True), seen.report
    assert seen.states > 10_000


@pytest.mark.parametrize("kind", KINDS)
def test_every_execution_comes_to_an_end(folder: Path, kind: str) -> None:
    """No cycle in the graph of all states, and each end is one at which the address is where the journal says."""
    seen = search(folder, *KINDS[kind], "REFUSALS=0", cycles=True)
    assert (seen.errors, seen.complete) == (0, True), seen.report


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_protocol_broken_on_purpose_is_caught(folder: Path, mutant: str) -> None:
    seen = search(folder, mutant, *MUTANTS[mutant])
    assert seen.errors > 0, seen.report
    assert "assertion violated" in seen.failed


@pytest.mark.parametrize("kind", KINDS)
def test_a_process_suspended_between_check_and_call_is_found_to_call_with_an_old_number(
    folder: Path, kind: str
) -> None:
    seen = search(folder, "PAUSE", *KINDS[kind])
    assert "old_calls" in seen.failed, seen.report


@pytest.mark.parametrize("kind", KINDS)
def test_such_a_process_makes_that_one_call_and_no_second_and_writes_nothing(folder: Path, kind: str) -> None:
    seen = search(folder, "PAUSE", "OLD_CALLS=1", *KINDS[kind])
    assert (seen.errors, seen.complete) == (0, True), seen.report


def test_a_search_that_was_cut_short_does_not_count_as_complete() -> None:
    report = "error: max search depth too small\nState-vector 8 byte, errors: 0\n 12 states, stored\n"
    assert not found(report).complete


def test_what_is_no_report_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing"):
        found("nothing")


def test_each_mutant_is_a_switch_of_the_model_and_each_switch_is_known() -> None:
    switches = set(re.findall(r"#(?:ifdef|ifndef) (\w+)", MODEL.read_text()))
    assert switches == SETTINGS | set(MUTANTS)


def test_each_function_that_the_model_stands_for_is_one_of_the_code() -> None:
    comments = " ".join(re.findall(r"/\*.*?\*/", MODEL.read_text(), re.DOTALL))
    assert _named_in(comments) - {"test_model.py"} - _code() == set()


def test_each_inline_is_named_after_a_function_of_the_code_or_is_what_the_world_does() -> None:
    above = re.findall(r"(/\*(?:[^*]|\*(?!/))*\*/\n)?^inline (\w+)\(", MODEL.read_text(), re.MULTILINE)
    nameless = {inline for comment, inline in above if not _named_in(comment) & _code()}
    assert len(above) > len(OF_THE_WORLD)
    assert nameless == OF_THE_WORLD


def test_each_method_of_a_ledger_that_a_run_uses_has_its_part_in_the_model() -> None:
    ports = tree.tree("toolkit/ports.py")
    (ledger,) = (node for node in ports.body if isinstance(node, ast.ClassDef) and node.name == "Ledger")
    methods = {node.name for node in ledger.body if isinstance(node, ast.FunctionDef)}
    named = set(re.findall(r"Ledger\.(\w+)", MODEL.read_text()))
    assert methods - named == {"owner"}


def test_each_event_of_the_model_is_one_of_the_journal_and_only_the_known_ones_are_missing() -> None:
    block = MODEL.read_text().partition("/* EventName */")[2].partition("\n\n")[0]
    modelled = {EventName[name] for name in re.findall(r"#define (\w+)", block)}
    assert set(EventName) - modelled == NOT_MODELLED


def _named_in(comment: str) -> set[str]:
    """Whatever looks like ``Class.method`` or ``module.function`` in it."""
    return set(re.findall(r"\b[A-Za-z]\w*\.\w+(?!\w*\.)", comment))


def _code() -> set[str]:
    """Every ``Class.method`` and ``module.function`` of the product."""
    known: set[str] = set()
    for name in tree.python("toolkit"):
        module = tree.tree(name)
        known |= {f"{Path(name).stem}.{node.name}" for node in module.body if isinstance(node, tree.Function)}
        for node in ast.walk(module):
            if isinstance(node, ast.ClassDef):
                known |= {f"{node.name}.{each.name}" for each in node.body if isinstance(each, tree.Function)}
    return known
