"""A part of the fault matrix, drawn by a seed, so that every run of the suite plays it; `make faults` plays all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from typing import Final

import pytest

from faults import simulated, strikes
from faults.cells import play, requests_of
from faults.matrix import OTHERS, chosen, exit_code, main
from faults.observed import ObservedEndpoint, observed_lab
from faults.report import BEGIN, END, page
from faults.site import Asked
from faults.troubles import TROUBLES
from faults.verdicts import CAUSES, GROUPS, Cell, Verdict, counted, totals

SEED: Final = 7
# Every undisturbed move makes at least so many requests.
FEWEST_REQUESTS: Final = 12
Lab = tuple[ObservedEndpoint, str]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with observed_lab() as running:
        yield running


@pytest.fixture(scope="module")
def asked(lab: Lab) -> dict[str, tuple[Asked, ...]]:
    """The requests of an undisturbed move of each group; the first one of a process makes more."""
    requests_of(*lab, "eip")
    return {group: requests_of(*lab, group) for group in GROUPS}


def drawn(asked: Mapping[str, Sequence[Asked]], trouble: str) -> Cell:
    """A group that the trouble fits, and a request of it, by chance."""
    chance = Random(f"{SEED} {trouble}")  # noqa: S311 - repeatable, not secret
    fits = {group: TROUBLES[trouble].fits(requests) for group, requests in asked.items()}
    group = chance.choice([group for group, positions in fits.items() if positions])
    return Cell(group, trouble, chance.choice(fits[group]))


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_cell_of_the_matrix_loses_nothing_breaks_nothing_and_explains_its_end(
    lab: Lab, asked: Mapping[str, Sequence[Asked]], trouble: str
) -> None:
    verdict = play(*lab, drawn(asked, trouble))
    assert verdict.sound, str(verdict)


@pytest.mark.parametrize(
    "trouble", ["500 twice", "process killed before the call", "connection reset before the effect"]
)
def test_a_trouble_that_waits_for_a_request_which_never_comes_is_not_counted(lab: Lab, trouble: str) -> None:
    verdict = play(*lab, Cell("eip", trouble, 99))
    assert (verdict.end, verdict.struck) == ("done", False)
    assert counted([verdict]) == []


def test_a_reset_connection_is_no_polite_end_to_the_client(lab: Lab) -> None:
    endpoint, url = lab
    endpoint.resets.arm(1, after=False)
    connection = HTTPConnection(url.removeprefix("http://"), timeout=10)
    connection.request("GET", "/", headers={"User-Agent": "failover"})
    with pytest.raises(ConnectionResetError):
        connection.getresponse()
    connection.close()


@pytest.mark.parametrize("trouble", strikes.TROUBLES)
def test_each_trouble_in_memory_comes_about_where_it_fits(trouble: str) -> None:
    points = simulated.points_of("private_ip", trouble)
    assert simulated.play(Cell("private_ip", trouble, points[len(points) // 2])).struck


@pytest.mark.parametrize("group", GROUPS)
def test_cells_in_memory_lose_nothing_break_nothing_and_explain_their_ends(group: str) -> None:
    """Each thirtieth point of each trouble, from another one on for each group."""
    verdicts = [simulated.play(cell) for cell in simulated.cells(group=group)[list(GROUPS).index(group) :: 30]]
    assert len({verdict.cell.trouble for verdict in verdicts}) >= 5
    assert [str(verdict) for verdict in verdicts if not verdict.sound] == []


def test_the_whole_matrix_has_at_least_two_thousand_cells(asked: Mapping[str, Sequence[Asked]]) -> None:
    assert len(chosen(asked)) >= 2_000
    assert len(chosen(asked, group="eip", trouble="500 twice")) == len(asked["eip"]) >= FEWEST_REQUESTS


def test_no_read_is_late_in_a_group_whose_changes_ec2_does_not_see(asked: Mapping[str, Sequence[Asked]]) -> None:
    assert chosen(asked, group="dns", trouble="stale") == []
    assert len(chosen(asked, group="eip", trouble="reads stale for 1 s")) > len(asked["eip"])


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
    assert exit_code([]) == exit_code([Verdict(cell, "done", struck=False)]) == 1
    assert exit_code([Verdict(cell, "done"), Verdict(cell, "done", struck=False, unexplained="why")]) == 1


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


def test_each_row_of_the_matrix_in_the_docs_is_a_trouble_that_is_played() -> None:
    text = (Path(__file__).parents[3] / "docs/reliability.md").read_text()
    matrix = text[text.index(BEGIN) : text.index(END)]
    rows = set(re.findall(r"^\| ([^|]+) \| \d+ \|", matrix, re.MULTILINE))
    assert rows
    assert rows <= {*TROUBLES, *strikes.TROUBLES}


@pytest.mark.parametrize("cause", CAUSES)
def test_runs_after_a_failure_and_by_hand_are_disturbed(cause: str) -> None:
    points = simulated.points_of("eip", "answer lost", cause)
    verdict = simulated.play(Cell("eip", "answer lost", points[-3], cause))
    assert verdict.sound, str(verdict)
    assert verdict.struck
