"""A run that finds everything at its target by another's hand says so in the journal, which has it elsewhere."""

from support.rig import by_hand, engine, plan_to
from toolkit.domain.events import EventName
from toolkit.testing import World, pair


def moved(world: World, to: str) -> None:
    assert engine(world).run(world.group, by_hand(world, to)).status == "done"


def by_a_person(world: World, to: str) -> None:
    for step in plan_to(world, to).steps:
        world.cloud.by_another_hand(step.call)


def test_what_a_person_had_moved_is_in_the_journal_after_the_next_run() -> None:
    world = pair("eip")
    moved(world, "db-2")
    by_a_person(world, "db-1")
    made = len(world.cloud.made)
    moved(world, "db-1")
    assert world.ledger.history("db").whole_at() == "db-1"
    assert len(world.cloud.made) == made


def test_a_run_that_finds_all_as_the_journal_has_it_writes_nothing() -> None:
    world = pair("eip")
    moved(world, "db-2")
    before = world.ledger.history("db").events
    moved(world, "db-2")
    assert world.ledger.history("db").events == before


def test_a_first_run_with_nothing_to_do_writes_nothing() -> None:
    world = pair("eip")
    moved(world, "db-1")
    assert world.ledger.history("db").events == ()
    assert world.ledger.history("db").whole_at() is None


def test_a_move_found_done_is_no_move_that_a_cooldown_counts() -> None:
    world = pair("eip")
    moved(world, "db-2")
    by_a_person(world, "db-1")
    moves = world.ledger.history("db").move_times()
    moved(world, "db-1")
    history = world.ledger.history("db")
    assert history.move_times() == moves
    assert [event.name for event in history.events][-2:] == [EventName.RUN_STARTED, EventName.RUN_ENDED]
