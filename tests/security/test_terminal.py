"""What came from AWS, from DNS, from a journal or from a node is shown, and steers nothing."""

from __future__ import annotations

import ast
from typing import Final

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from support import tree
from toolkit.cli.config import config
from toolkit.cli.root import run
from toolkit.cli.saying import say, say_lines, visible
from toolkit.cli.screen import table

# Sets the window's title, clears the screen, goes back to the line's start; turns the direction of text.
HOSTILE: Final = "db\x1b]0;owned\x07\x1b[2J\r\x9b31m\u202edone: all is well\u2066\x00"
SAYING: Final = "toolkit/cli/saying.py"


def steers(text: str) -> set[str]:
    """The characters in a text that a terminal obeys, but for ends of lines."""
    unprintable = {each for each in text if not each.isprintable()}
    return unprintable - {"\n"}


@given(st.text())
def test_no_text_whatever_has_a_character_left_that_a_terminal_obeys(text: str) -> None:
    shown = visible(text)
    assert not any(ord(each) < 0x20 or 0x7F <= ord(each) < 0xA0 or each in "\u2028\u2029\u202e\u2066" for each in shown)
    shown.encode("utf-8")


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_ordinary_text_of_any_language_is_shown_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_a_line_shows_what_would_have_steered_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say(HOSTILE, err=True)
    shown = capsys.readouterr().err
    assert not steers(shown)
    assert r"db\x1b]0;owned\x07\x1b[2J\r\x9b31m\u202edone" in shown


def test_a_value_with_an_end_of_a_line_forges_no_second_line(capsys: pytest.CaptureFixture[str]) -> None:
    say("held by db-1\ndb: done: everything is at db-2")
    assert capsys.readouterr().out.count("\n") == 1


def test_several_lines_stay_several_lines(capsys: pytest.CaptureFixture[str]) -> None:
    say_lines("one\ntwo\x1b[1m")
    assert capsys.readouterr().out == "one\ntwo\\x1b[1m\n"


def test_a_table_shows_hostile_cells_and_title_and_reads_no_markup_in_them(capsys: pytest.CaptureFixture[str]) -> None:
    """Rich ends the program at a wrong bracket in a plain string, and makes links of right ones."""
    table(HOSTILE, ["what"], [[HOSTILE], ["[/] [link=https://example.com]click[/link] [red]"], ["two\nlines"]])
    shown = capsys.readouterr().out
    assert not steers(shown)
    assert "[/] [link=https://example.com]click[/link] [red]" in shown
    assert r"two\nlines" in shown


def test_a_fault_of_the_configuration_shows_a_hostile_key_and_value(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("hostile") / "failover.json"
    file.write_text('{"version": 1, "gro\\u001b[2Jups": {"a\\u0007b": "\\u202e"}, "region": "\\u001b]0;x"}')
    ended = CliRunner(catch_exceptions=False).invoke(config, ["check", str(file)])
    assert ended.exit_code == 2
    assert not steers(ended.output)


def test_an_error_is_one_line_whatever_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["plan", "--config", "/no/such\x1b[2J\n/file"])
    shown = capsys.readouterr().err
    assert code == 2
    assert not steers(shown)


def test_people_are_told_by_one_module_so_that_no_command_can_forget_it() -> None:
    """Elsewhere ``click.echo`` takes nothing but JSON, whose own escapes are plain ASCII."""
    found = [
        f"{name}:{call.lineno} {called}"
        for name in tree.python("toolkit")
        if name.startswith("toolkit/cli/") and name != SAYING
        for call, called in tree.calls(name)
        if called in {"click.echo", "click.secho", "print", "sys.stdout.write", "sys.stderr.write"} and not _json(call)
    ]
    assert not found


def _json(call: ast.Call) -> bool:
    first = call.args[0] if call.args else None
    if not isinstance(first, ast.Call) or tree.dotted(first.func) != "json.dumps":
        return False
    return all(word.arg != "ensure_ascii" for word in first.keywords)
