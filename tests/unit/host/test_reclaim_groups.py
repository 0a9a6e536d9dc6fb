"""A node of several groups that comes up."""

from __future__ import annotations

from dataclasses import replace
from threading import Barrier, Event

import pytest

from toolkit.cli.reclaim import side_by_side
from toolkit.domain.errors import ExitCode, Unreachable
from toolkit.domain.group import Group
from toolkit.engine.outcome import Result
from toolkit.testing import pair, unreachable

LIMIT_SECONDS = 20.0
GROUPS = tuple(replace(pair("eip").group, name=name) for name in ("db", "web", "vpn"))


def done(group: Group) -> Result:
    return Result("done", "nothing to do", group.name, "")


def test_a_group_that_waits_keeps_no_other_from_its_addresses() -> None:
    others = Barrier(len(GROUPS))

    def reclaim(group: Group) -> Result:
        others.wait(LIMIT_SECONDS)
        return done(group)

    assert [result.group for result in side_by_side(GROUPS, reclaim)] == ["db", "web", "vpn"]


def test_a_group_that_fails_is_told_and_the_others_go_on() -> None:
    claimed = Event()

    def reclaim(group: Group) -> Result:
        if group.name == "db":
            raise unreachable("DescribeAddresses")
        claimed.set()
        return done(group)

    ends = side_by_side(GROUPS, reclaim)
    assert claimed.is_set()
    assert [(end.status, end.exit_code) for end in ends] == [
        ("error", ExitCode.UNREACHABLE),
        ("done", ExitCode.DONE),
        ("done", ExitCode.DONE),
    ]
    assert "DescribeAddresses" in ends[0].reason


def test_what_nobody_foresaw_is_raised_when_the_others_have_ended() -> None:
    ended: list[str] = []

    def reclaim(group: Group) -> Result:
        if group.name == "db":
            raise ZeroDivisionError
        ended.append(group.name)
        return done(group)

    with pytest.raises(ZeroDivisionError):
        side_by_side(GROUPS, reclaim)
    assert sorted(ended) == ["vpn", "web"]


def test_a_single_group_fails_as_any_command_does() -> None:
    def reclaim(group: Group) -> Result:
        raise unreachable(f"DescribeAddresses of {group.name}")

    with pytest.raises(Unreachable):
        side_by_side(GROUPS[:1], reclaim)
