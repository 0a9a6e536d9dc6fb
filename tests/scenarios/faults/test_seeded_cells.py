"""A part of the fault matrix, drawn by a seed, so that every run of the suite plays it; `make faults` plays all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Final

import pytest

from faults import simulated
from faults.cells import play, requests_of
from faults.matrix import OTHERS, chosen, exit_code, main
from faults.observed import ObservedEndpoint, observed_lab
from faults.report import BEGIN, END, page
from faults.troubles import TROUBLES
from faults.verdicts import GROUPS, Cell, Verdict, totals

SEED: Final = 7
# Every undisturbed move makes at least so many requests.
FEWEST_REQUESTS: Final = 12


def drawn() -> list[Cell]:
    """Each trouble once, at a group and a request by chance."""
    chance = Random(SEED)  # noqa: S311 - repeatable, not secret
    return [Cell(chance.choice([*GROUPS]), trouble, chance.randint(1, FEWEST_REQUESTS)) for trouble in TROUBLES]


@pytest.fixture(scope="module")
def lab() -> Iterator[tuple[ObservedEndpoint, str]]:
    with observed_lab() as running:
        yield running


@pytest.mark.parametrize("cell", drawn(), ids=str)
def test_a_cell_of_the_matrix_loses_nothing_breaks_nothing_and_explains_its_end(
    lab: tuple[ObservedEndpoint, str], cell: Cell
) -> None:
    verdict = play(*lab, cell)
    assert verdict.sound, str(verdict)


@pytest.mark.parametrize("group", GROUPS)
def test_cells_in_memory_lose_nothing_break_nothing_and_explain_their_ends(group: str) -> None:
    """Each thirtieth point of each trouble, from another one on for each group."""
    verdicts = [simulated.play(cell) for cell in simulated.cells(group=group)[list(GROUPS).index(group) :: 30]]
    assert len({verdict.cell.trouble for verdict in verdicts}) >= 5
    assert [str(verdict) for verdict in verdicts if not verdict.sound] == []


def test_an_undisturbed_move_makes_enough_requests_for_the_drawn_cells(lab: tuple[ObservedEndpoint, str]) -> None:
    assert requests_of(*lab, "eip") >= FEWEST_REQUESTS


def test_the_whole_matrix_has_at_least_two_thousand_cells() -> None:
    counts = dict.fromkeys(GROUPS, FEWEST_REQUESTS + 2)
    assert len(chosen(counts)) >= 2_000
    assert len(chosen(counts, group="eip", trouble="500 twice")) == FEWEST_REQUESTS + 2


def test_a_page_gets_the_new_table_between_its_marks_and_keeps_the_rest() -> None:
    verdicts = [Verdict(Cell("eip", "500 twice", 1), "done")]
    simulated_ones = [Verdict(Cell("eip", "a long pause", 1), "hold", unexplained="why")]
    new = page(f"before\n{BEGIN}\nformer\n{END}\nafter\n", verdicts, simulated_ones)
    assert "former" not in new
    assert "| 500 twice | 1 | 1 | done 1 |" in new
    assert "| a long pause | 1 | 0 | hold 1 |" in new
    assert "cells tried 2, addresses lost 0, invariant violations 0, unexplained ends 1" in new
    assert totals(verdicts) in new
    assert (new.startswith("before\n"), new.endswith("after\n")) == (True, True)


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks the marks"):
        page("nothing", [], [])


def test_one_unsound_cell_or_none_at_all_is_a_failure() -> None:
    cell = Cell("eip", "500 twice", 1)
    assert exit_code([Verdict(cell, "done")]) == 0
    assert exit_code([Verdict(cell, "done"), Verdict(cell, "done", unexplained="why")]) == 1
    assert exit_code([]) == 1


def test_a_trouble_that_does_not_exist_is_told_before_anything_is_played() -> None:
    with pytest.raises(SystemExit):
        main(["--trouble", "no such trouble"])


@pytest.mark.parametrize("other", OTHERS)
def test_what_else_there_is_to_break_answers_by_its_option(other: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([other, "--help"])
    assert end.value.code == 0
    assert "usage" in capsys.readouterr().out


def test_the_page_of_the_docs_has_the_marks() -> None:
    text = (Path(__file__).parents[3] / "docs/reliability.md").read_text()
    assert text.index(BEGIN) < text.index(END)
