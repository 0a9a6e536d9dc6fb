from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from toolkit.domain.errors import FailoverError, UsageError
from toolkit.watch.assembly import RUNNERS
from toolkit.watch.threads import Mailbox, Threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE_SECONDS = 20.0


@contextmanager
def threads() -> Iterator[tuple[Threads, Mailbox]]:
    inbox = Mailbox()
    pool = Threads(inbox, name="test", most=1)
    yield pool, inbox
    pool.close()


def outcome(work: Callable[[], int]) -> int | FailoverError:
    """What the loop is told of some work."""
    told: list[int | FailoverError] = []
    with threads() as (pool, inbox):
        pool.begin(work, told.append)
        act = inbox.get(PATIENCE_SECONDS)
        assert act is not None
        assert told == []
        act()
    return told[0]


def test_the_loop_is_told_of_a_result_in_its_own_thread() -> None:
    assert outcome(lambda: 42) == 42


def test_a_foreseen_error_is_handed_over_as_it_is() -> None:
    def refuse() -> int:
        raise UsageError("no such node")

    assert isinstance(outcome(refuse), UsageError)


def test_a_fault_of_the_program_ends_its_own_work_and_nothing_else() -> None:
    assert str(outcome(lambda: 1 // 0)).startswith("fault of the program: ZeroDivisionError")


def test_an_empty_mailbox_gives_nothing_when_the_time_is_over() -> None:
    assert Mailbox().get(0.0) is None
    assert Mailbox().get(0.001) is None


def test_fifty_runs_that_wait_for_their_proof_are_under_way_at_once() -> None:
    inbox, everybody, ended = Mailbox(), threading.Barrier(50), list[object]()
    pool = Threads(inbox, name="run", most=RUNNERS)
    for _ in range(50):
        pool.begin(lambda: everybody.wait(PATIENCE_SECONDS), ended.append)
    for _ in range(50):
        act = inbox.get(PATIENCE_SECONDS)
        assert act is not None
        act()
    pool.close()
    assert sorted(str(each) for each in ended) == sorted(str(number) for number in range(50))
