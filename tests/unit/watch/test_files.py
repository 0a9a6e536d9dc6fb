"""The limit of open files, on a system that is played."""

from __future__ import annotations

import resource

import pytest

from toolkit.watch.files import WANTED, allowed, ask_for_more

INFINITE = resource.RLIM_INFINITY


def after(soft: int, hard: int) -> int:
    """The soft limit, once more was asked for."""
    limits = [(soft, hard)]
    ask_for_more(read=lambda _: limits[-1], write=lambda _, wanted: limits.append(wanted))
    assert limits[-1][1] == hard
    return limits[-1][0]


@pytest.mark.parametrize(
    ("soft", "hard", "then"),
    [
        (1024, 524288, WANTED),
        (1024, INFINITE, WANTED),
        (1024, 4096, 4096),
        (1024, 1024, 1024),
        (WANTED * 2, INFINITE, WANTED * 2),
        (INFINITE, INFINITE, INFINITE),
    ],
)
def test_the_limit_is_raised_as_far_as_the_system_lets_and_never_lowered(soft: int, hard: int, then: int) -> None:
    assert after(soft, hard) == then


def test_no_limit_counts_as_all_that_is_wanted() -> None:
    assert allowed(read=lambda _: (INFINITE, INFINITE)) == WANTED
    assert allowed(read=lambda _: (1024, 4096)) == 1024
