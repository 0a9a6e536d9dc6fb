from __future__ import annotations

import pytest

from support.config_texts import SMALL, changed, faults_of, group_of, the_fault
from toolkit.domain.group import ByTag

_LAUGHS = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{here}: &{here} [{', '.join([f'*{before}'] * 10)}]\n" for before, here in zip("abcdef", "bcdefg", strict=True)
)


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("groups:\n  db: [\n", 3, "no YAML"),
        ("groups:\n\tdb: 1\n", 2, "a tab indents"),
        ("version: 1\n\x01", 2, "control character"),
        ("version: 1\n---\nversion: 1\n", 2, "second document"),
        ("version: !!python/object:os.system 1\n", 1, "tag"),
        ("version: 1\ngroups: !mine {}\n", 2, "tag"),
        ("version: 1\n? [a, b]\n: 1\n", 2, "a key must be a plain word"),
        ("version: {{ version }}\n", 1, "a key must be a plain word"),
        ("version: *one\n", 1, "nothing before this line is called &one"),
        ("version: &one [*one]\n", 1, "nothing before this line is called &one"),
        ("[" * 20_000, 1, "levels are nested"),
        ("a: " + "{a: " * 5_000, 1, "levels are nested"),
        (_LAUGHS, 5, "aliases repeat more than"),
    ],
)
def test_a_text_that_is_no_usable_yaml_has_one_fault_with_its_line(text: str, line: int, problem: str) -> None:
    fault = the_fault(text)
    assert (fault.line, fault.path) == (line, "")
    assert problem in fault.problem


@pytest.mark.parametrize("text", ["", "\n \n", "# nothing\n", "~\n", "---\n...\n"])
def test_an_empty_file_is_named_as_such(text: str) -> None:
    assert the_fault(text).problem == "the configuration is empty"


@pytest.mark.parametrize("text", ["- a\n", "word\n", "3\n"])
def test_a_file_that_is_no_mapping_is_told_what_to_begin_with(text: str) -> None:
    fault = the_fault(text)
    assert fault.problem.endswith("is not a configuration")
    assert "`version:`, `state:`, `groups:`" in fault.remedy


def test_a_key_that_stands_twice_names_both_lines() -> None:
    fault = the_fault(f"{SMALL}version: 1\n")
    assert (fault.path, fault.line) == ("version", 10)
    assert fault.problem == '"version" stands here twice, first on line 1'


def test_a_group_that_stands_twice_is_never_merged() -> None:
    fault = the_fault(SMALL + SMALL[SMALL.index("  db:") :])
    assert (fault.path, fault.line) == ("groups.db", 10)


def test_merge_keys_are_refused_by_name() -> None:
    faults = faults_of(f"{SMALL}    <<: {{}}\n")
    assert any(fault.problem == "merge keys are not read" and fault.line == 10 for fault in faults)


def test_an_alias_repeats_what_its_anchor_names() -> None:
    text = changed("db-1,", "&name db-1,", SMALL)
    text += "      - {kind: eip, id: eipalloc-01234567, private_ip: &ips {db-1: 10.0.0.1}}\n"
    text += "      - {kind: eip, id: eipalloc-89abcdef, private_ip: *ips}\n"
    second, third = group_of(text).addresses[1:]
    assert getattr(second, "private_ips", ()) == getattr(third, "private_ips", None)


def test_a_fault_in_what_an_alias_repeats_stands_at_the_alias() -> None:
    text = f"{SMALL}      - &bad {{kind: private_ip, address: 10.0.0.300}}\n      - *bad\n"
    assert [fault.line for fault in faults_of(text)] == [10, 11]


@pytest.mark.parametrize("word", ["no", "On", "1e3", "010", "0x1f", "12:30", "2026-11-21", "1_000", "'1'", "!!str 1"])
def test_a_word_that_yaml_versions_read_differently_is_text(word: str) -> None:
    text = SMALL[: SMALL.index("    nodes:")] + f"    nodes: {{tag: {{failover:group: {word}}}}}\n"
    text += "    addresses: [{kind: eip, id: eipalloc-01234567}]\n"
    assert group_of(text).nodes == ByTag("failover:group", word.removeprefix("!!str ").strip("'"))


@pytest.mark.parametrize("word", ["true", "5", "-5", "0.5", "~", ""])
def test_a_word_that_is_no_text_wants_quotes_where_text_is_needed(word: str) -> None:
    fault = the_fault(changed("name: db-1", f"name: {word}", SMALL))
    assert fault.path == "groups.db.nodes[0].name"
    assert "in quotes" in fault.remedy
