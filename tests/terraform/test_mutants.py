"""What is taken away from a module to see whether a test notices: each part of a rule, each promise not to own."""

from __future__ import annotations

from pathlib import Path

import pytest

from terraform import mutants


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("var.a > 1", []),
        ("var.a > 1 && var.a < 9", ["var.a > 1", "var.a < 9"]),
        ("a == 1 || b == 2 && c(1, 2)", ["b == 2", "c(1, 2)"]),
        ("alltrue([for n in var.a : n.x > 1 && n.y == [1] if n.z])", ["n.x > 1", "n.y == [1]"]),
        ('a ? b != "x && y" && c : d', ['b != "x && y"', "c"]),
        ('f("${a["k"]}/&&") && (b && c)', ['f("${a["k"]}/&&")', "b", "c", "(b && c)"]),
    ],
)
def test_each_part_of_a_rule_joined_by_and_is_found(rule: str, parts: list[str]) -> None:
    assert [rule[begin:end].strip() for begin, end in mutants.conjuncts(rule)] == parts


def _module(folder: Path, text: str) -> list[str]:
    (folder / "main.tf").write_text(text)
    return [mutant.without for mutant in mutants.of(folder)]


def test_a_rule_loses_one_part_at_a_time(tmp_path: Path) -> None:
    rule = '  condition     = {}\n  error_message = "No."\n'
    found = _module(tmp_path, rule.format("var.a > 1 && var.a < 9"))
    assert found == [rule.format("true && var.a < 9"), rule.format("var.a > 1 && true")]


def test_a_rule_of_one_part_is_lost_whole(tmp_path: Path) -> None:
    rule = '  condition     = {}\n  error_message = "No."\n'
    assert _module(tmp_path, rule.format("var.a > 1")) == [rule.format("anytrue([(var.a > 1), true])")]


def test_a_promise_loses_one_attribute_at_a_time_if_the_resource_sets_it(tmp_path: Path) -> None:
    """What the configuration does not set stays as it is without a promise."""
    block = 'resource "x" "y" {{\n  a = 1\n  dynamic "b" {{}}\n\n  lifecycle {{\n    ignore_changes = [{}]\n  }}\n}}\n'
    other = 'resource "x" "z" {\n  c = 1\n}\n'
    found = _module(tmp_path, other + block.format("a, b, c"))
    assert found == [other + block.format("b, c"), other + block.format("a, c")]
