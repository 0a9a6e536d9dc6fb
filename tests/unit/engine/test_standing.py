"""A decision that was made before: carried out at once, or made anew when it is no longer the newest word."""

from dataclasses import replace

import pytest

from support.rig import by_hand, engine, held, on_failure, seen
from toolkit.detection import Evidence
from toolkit.domain.errors import ExitCode, LeaseHeld, LeaseLost
from toolkit.domain.events import Event, EventName, History
from toolkit.domain.group import FenceStop, Policy
from toolkit.domain.health import Belief, Verdict
from toolkit.domain.holder import HeldBy
from toolkit.domain.steps import Call
from toolkit.engine.view import Thinker, View
from toolkit.testing import World, pair

DEAD_FIRST = {
    "db-1": Verdict("db-1", Belief.UNHEALTHY, "refused (3 of 3)"),
    "db-2": Verdict("db-2", Belief.HEALTHY, "accepted"),
}


def standing(world: World) -> View:
    """What a watcher decided that saw db-1 die, on reads of this moment."""
    thinker = Thinker(engine(world).ports)
    history = world.ledger.history(world.group.name)
    return thinker.consider(world.group, on_failure(world), seen(world), history, evidence=Evidence(DEAD_FIRST))


def names(world: World) -> list[str]:
    return [event.name.value for event in world.ledger.history("db").events]


def at(world: World, node: str) -> bool:
    return set(held(world).values()) == {HeldBy(node)}


def test_the_lease_is_the_only_request_before_the_first_change() -> None:
    world = pair()
    view = standing(world)
    world.cloud.reads.clear()
    before: list[tuple[int, list[str]]] = []

    def note(call: Call) -> None:
        del call
        before.append((len(world.cloud.reads), list(world.ledger.writes)))

    world.cloud.before_call.append(note)
    result = engine(world).run(world.group, on_failure(world), standing=view)
    assert (result.status, result.target, at(world, "db-2")) == ("done", "db-2", True)
    assert before[0] == (0, ["acquire"])


def test_the_journal_has_plan_and_steps_before_the_first_change() -> None:
    world = pair("eip")
    view = standing(world)
    written: list[list[str]] = []
    world.cloud.before_call.append(lambda _: written.append(names(world)))
    engine(world).run(world.group, on_failure(world), standing=view)
    assert written == [["run_started", "steps_started"]]
    assert names(world) == ["run_started", "steps_started", "step_done", "verified", "run_ended"]
    assert [event.name.value for event in world.watcher.events] == names(world)


def test_a_plan_older_than_the_groups_limit_is_made_anew() -> None:
    world = pair("eip")
    view = standing(world)
    world.clock.advance(31.0)
    world.cloud.stop(world.node("db-1").instance)
    world.cloud.reads.clear()
    result = engine(world).run(world.group, on_failure(world), standing=view)
    assert (result.status, at(world, "db-2")) == ("done", True)
    assert world.cloud.reads


def test_a_run_of_somebody_else_since_the_reads_makes_it_decide_anew() -> None:
    world = pair("eip")
    view = standing(world)
    engine(world, ledger=world.ledger.beside("another")).run(world.group, by_hand(world, "db-2"))
    engine(world, ledger=world.ledger.beside("another")).run(world.group, by_hand(world, "db-1"))
    made = len(world.cloud.made)
    result = engine(world).run(world.group, on_failure(world), standing=view)
    assert (result.status, result.exit_code) == ("hold", ExitCode.HOLD)
    assert len(world.cloud.made) == made
    assert names(world)[-4:] == ["run_started", "steps_started", "run_ended", "run_held"]


def test_a_superseded_announcement_is_no_unfinished_run() -> None:
    world = pair("eip")
    view = standing(world)
    engine(world, ledger=world.ledger.beside("another")).run(world.group, by_hand(world, "db-2"))
    engine(world).run(world.group, on_failure(world), standing=view)
    history = world.ledger.history("db")
    assert (history.unfinished(), len(history.move_times())) == ((), 1)


def test_a_lease_held_by_another_leaves_everything_alone() -> None:
    world = pair("eip")
    view = standing(world)
    world.ledger.beside("another").acquire("db")
    with pytest.raises(LeaseHeld, match="another"):
        engine(world).run(world.group, on_failure(world), standing=view)
    assert (world.cloud.made, names(world)) == ([], [])


def test_the_old_holder_is_fenced_before_the_first_move() -> None:
    world = pair("eip", policy=Policy(fence=(FenceStop(),)))
    result = engine(world).run(world.group, on_failure(world), standing=standing(world))
    assert result.status == "done"
    assert [call.action for call in world.cloud.made] == ["StopInstances", "AssociateAddress"]
    assert names(world)[:3] == ["run_started", "node_fenced", "steps_started"]


def test_an_unfinished_run_is_taken_up_by_a_thorough_one() -> None:
    world = pair("eip")
    began = Event(EventName.RUN_STARTED, "run-0", world.clock.wall(), {"target": "db-2"})
    view = replace(standing(world), history=History((began,)))
    world.cloud.stop(world.node("db-1").instance)
    world.cloud.reads.clear()
    result = engine(world).run(world.group, on_failure(world), standing=view)
    assert (result.status, at(world, "db-2")) == ("done", True)
    assert world.cloud.reads


def test_a_run_that_loses_its_lease_stops_and_is_left_open_for_resume() -> None:
    world = pair("eip", "route")
    view = standing(world)

    def take_over(call: Call) -> None:
        del call
        world.ledger.records.leases["db"].owner = "another"

    world.cloud.before_call.append(take_over)
    with pytest.raises(LeaseLost):
        engine(world).run(world.group, on_failure(world), standing=view)
    assert names(world)[:2] == ["run_started", "steps_started"]
    assert world.ledger.history("db").unfinished()
