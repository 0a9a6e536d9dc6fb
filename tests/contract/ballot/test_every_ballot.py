"""What every place for votes does: the fake, and the table on the lab."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contract.ledger.places import TABLE, connect, create_table
from toolkit.aws.ballot import DynamoBallot
from toolkit.aws.session import Connection
from toolkit.aws.table import StateTable
from toolkit.domain.errors import JournalBroken
from toolkit.domain.health import Belief, Vote
from toolkit.lab import Lab
from toolkit.ports import Ballot
from toolkit.testing import FakeClock, MemoryBallot


@pytest.fixture(scope="module")
def running_lab() -> Iterator[Lab]:
    with Lab.start() as lab:
        yield lab


@pytest.fixture
def connection(running_lab: Lab) -> Iterator[Connection]:
    running_lab.reset()
    connection = connect(running_lab.url)
    create_table(connection)
    yield connection
    connection.close()


@pytest.fixture(params=["memory", "dynamodb"])
def ballot(request: pytest.FixtureRequest) -> Ballot:
    if request.param == "memory":
        return MemoryBallot()
    return DynamoBallot(request.getfixturevalue("connection"), TABLE, clock=FakeClock())


def vote(observer: str, node: str, belief: Belief = Belief.UNHEALTHY, *, at: float = 1.5) -> Vote:
    return Vote(observer, node, belief, 'refused: "no"', at)


def test_a_group_that_nobody_voted_on_has_no_votes(ballot: Ballot) -> None:
    assert list(ballot.votes("db")) == []


def test_votes_come_back_as_they_were_cast(ballot: Ballot) -> None:
    cast = [vote("here", "db-1"), vote("here", "db-2", Belief.HEALTHY)]
    ballot.cast("db", "here", cast)
    assert list(ballot.votes("db")) == cast


def test_a_new_vote_stands_in_the_place_of_the_observers_old_one_and_beside_the_others(ballot: Ballot) -> None:
    ballot.cast("db", "here", [vote("here", "db-1", at=1.0)])
    ballot.cast("db", "there", [vote("there", "db-1", at=2.0)])
    ballot.cast("db", "here", [vote("here", "db-1", at=3.0)])
    assert sorted((found.observer, found.at) for found in ballot.votes("db")) == [("here", 3.0), ("there", 2.0)]


def test_votes_on_one_group_are_no_votes_on_another(ballot: Ballot) -> None:
    ballot.cast("db", "here", [vote("here", "db-1")])
    assert list(ballot.votes("db2")) == []


def test_a_vote_that_this_toolkit_did_not_write_is_named(connection: Connection) -> None:
    clock = FakeClock()
    item = {"group": {"S": "db"}, "item": {"S": "vote#here"}, "votes": {"S": "["}}
    StateTable(connection, TABLE, clock=clock).note(item)
    with pytest.raises(JournalBroken, match="the votes of here on group db"):
        DynamoBallot(connection, TABLE, clock=clock).votes("db")
