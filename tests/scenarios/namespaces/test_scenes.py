"""Issue 3, must show 2: who moved, who held, why, and for how long the client was without service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scenarios.namespaces.stage import FLOATING, Stage, answered_by, outage_seconds, staged
from support.guests import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.witness import Witness
    from toolkit.lab import Lab

    Record = Callable[[str, object], None]

pytestmark = [pytest.mark.root, pytest.mark.timeout(300)]


@pytest.fixture
def watchers() -> tuple[str, ...]:
    return ("watcher",)


@pytest.fixture
def stage(lab: Lab, witness: Witness, tmp_path: Path, watchers: tuple[str, ...]) -> Iterator[Stage]:
    with staged(lab, witness, tmp_path, watchers=watchers) as made:
        yield made


def _served_by_two(stage: Stage, client: Path) -> bool:
    one, two = stage.guests["one"], stage.guests["two"]
    arrived = eventually(lambda: answered_by(client)[-1:] == ["two"], seconds=60.0)
    return arrived and eventually(lambda: two.has(FLOATING) and not one.has(FLOATING))


def _all_said(stage: Stage) -> str:
    return "\n".join(f"{log.name}:\n{log.read_text()}" for log in sorted(stage.folder.glob("*.log")))


def test_a_killed_service_is_taken_over_at_the_same_address(stage: Stage, record_property: Record) -> None:
    with stage.beheld() as client:
        assert eventually(lambda: answered_by(client)[-1:] == ["one"])
        stage.kill_service("one")
        assert _served_by_two(stage, client), _all_said(stage)
    record_property("client_without_service_seconds", outage_seconds(client))
    assert outage_seconds(client) > 0.0
    assert stage.holder() == ["db-2"]
    assert stage.said("watcher", "db-1 is unhealthy", "moves to db-2", "done: everything is at db-2"), _all_said(stage)
    assert stage.said("watcher", "the agent on db-2 says so"), _all_said(stage)


def test_a_killed_node_is_taken_over_at_the_same_address(stage: Stage, record_property: Record) -> None:
    with stage.beheld() as client:
        assert eventually(lambda: answered_by(client)[-1:] == ["one"])
        stage.programs["one"].kill()
        stage.guests["one"].ip("link", "set", "dev", "eth0", "down")
        stage.lab.stop_instance(stage.world["db-1"])
        assert eventually(lambda: answered_by(client)[-1:] == ["two"], seconds=60.0), _all_said(stage)
    record_property("client_without_service_seconds", outage_seconds(client))
    assert outage_seconds(client) > 0.0
    assert stage.holder() == ["db-2"]
    assert stage.guests["two"].has(FLOATING)


def test_a_watcher_that_is_cut_off_moves_nothing(stage: Stage) -> None:
    with stage.beheld() as client:
        assert eventually(lambda: answered_by(client)[-1:] == ["one"])
        stage.guests["watcher"].ip("link", "set", "dev", "eth0", "down")
        assert stage.said("watcher", "anchor"), _all_said(stage)
        eventually(lambda: False, seconds=2.0)
    assert stage.never_said("watcher", "moves to")
    assert stage.holder() == ["db-1"]
    assert answered_by(client) == ["one"]


def test_without_the_api_nothing_moves_and_once_it_is_back_the_address_does(
    stage: Stage, record_property: Record
) -> None:
    with stage.beheld() as client:
        assert eventually(lambda: answered_by(client)[-1:] == ["one"])
        stage.relays["watcher"].cut()
        stage.kill_service("one")
        assert stage.said("watcher", "db-1 is unhealthy"), _all_said(stage)
        eventually(lambda: False, seconds=2.0)
        assert stage.holder() == ["db-1"]
        stage.relays["watcher"].mend()
        assert _served_by_two(stage, client), _all_said(stage)
    record_property("client_without_service_seconds", outage_seconds(client))
    assert outage_seconds(client) > 0.0


def test_a_client_that_alone_is_cut_off_is_no_reason_to_move(stage: Stage) -> None:
    with stage.beheld() as client:
        assert eventually(lambda: answered_by(client)[-1:] == ["one"])
        stage.guests["client"].ip("link", "set", "dev", "eth0", "down")
        assert eventually(lambda: answered_by(client)[-1:] == ["nobody"])
        eventually(lambda: False, seconds=2.0)
        stage.guests["client"].ip("link", "set", "dev", "eth0", "up")
        assert eventually(lambda: answered_by(client)[-1:] == ["one"])
    assert stage.never_said("watcher", "moves to")
    assert stage.holder() == ["db-1"]


@pytest.mark.parametrize("watchers", [("watcher", "other")])
def test_two_watchers_that_disagree_move_nothing_and_once_they_agree_they_do(stage: Stage) -> None:
    nowhere = ("lladdr", "02:00:00:00:00:99", "dev", "eth0", "nud", "permanent")
    with stage.beheld() as client:
        assert eventually(lambda: answered_by(client)[-1:] == ["one"])
        stage.guests["other"].ip("neigh", "replace", "10.0.1.10", *nowhere)
        assert stage.said("other", "db-1 is unhealthy"), _all_said(stage)
        eventually(lambda: False, seconds=2.0)
        assert stage.holder() == ["db-1"]
        assert answered_by(client) == ["one"]
        stage.kill_service("one")
        assert _served_by_two(stage, client), _all_said(stage)
    assert stage.holder() == ["db-2"]
