"""Every end of a run that is not plainly done has a line that says what a person does, and the line is true."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import toolkit
from support.named_commands import names_a_command, wrong_commands
from toolkit.cli.root import told
from toolkit.cli.screen import show_end
from toolkit.domain import errors, remedies
from toolkit.domain.errors import ExitCode, FailoverError, LeaseLost, UsageError
from toolkit.engine.outcome import Result

# The parts of a configuration that a remedy may name, and the acts that need no command.
TO_CHANGE = re.compile(r"`\w+(: \w+)?`|configuration|network|instance type|routing|public address|run it again")


def rules_in_the_code() -> Iterator[str]:
    """The name of each rule that can hold a run: ``Hold("name", …)``, ``Objection("name", …)``."""
    for path in Path(toolkit.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"Hold", "Objection"}:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value


def every_error(kind: type[FailoverError] = FailoverError) -> Iterator[type[FailoverError]]:
    for each in kind.__subclasses__():
        if each.__module__ == errors.__name__:
            yield each
            yield from every_error(each)


def test_every_rule_that_can_hold_a_run_has_a_remedy_and_no_remedy_is_for_a_rule_that_is_gone() -> None:
    elsewhere = {"not-fenced", "not-a-node"}  # of results, not of decisions
    assert set(rules_in_the_code()) | elsewhere == set(remedies.HOLDS)


def test_every_error_has_its_line_in_the_table() -> None:
    assert set(every_error()) == set(remedies.ERRORS)


def test_a_special_error_is_found_before_its_base() -> None:
    kinds = list(remedies.ERRORS)
    assert not [(a, b) for at, a in enumerate(kinds) for b in kinds[at + 1 :] if issubclass(b, a)]


@pytest.mark.parametrize("text", [*remedies.HOLDS.values(), *remedies.ENDS.values(), *remedies.ERRORS.values()])
def test_a_remedy_names_something_to_type_or_to_change_and_only_commands_that_exist(text: str) -> None:
    assert wrong_commands(text) == []
    assert not text or names_a_command(text) or TO_CHANGE.search(text)


@pytest.mark.parametrize(("text", "wrong"), [("`failover mend`", "no `failover mend`"), ("`failover run --x`", "--x")])
def test_a_remedy_that_names_what_is_not_there_is_found(text: str, wrong: str) -> None:
    assert any(wrong in each for each in wrong_commands(text))


def test_an_end_that_needs_nothing_has_no_remedy() -> None:
    assert remedies.after("done", "everything is at db-2") == ""


def test_people_and_scripts_get_the_remedy_with_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    held = Result("hold", "cooldown: the last move was 3 s ago", "db", "run-1", ExitCode.HOLD)
    show_end(held, as_json=False)
    assert f"what to do: {remedies.HOLDS['cooldown']}" in capsys.readouterr().out
    assert held.as_json()["remedy"] == remedies.HOLDS["cooldown"]


def test_an_error_is_told_in_one_line_with_what_to_do() -> None:
    assert told(LeaseLost("the lease is gone")).endswith("run `failover resume`")
    assert told(UsageError("group db has no node x; it has db-1")) == "group db has no node x; it has db-1"
