"""The observer of the cells in memory can fail too: a sound engine passes, and each broken one is caught."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from faults.broken import Careless, Chatty, Dawdling, Late, Meddling, Trusting, keeping
from faults.invariants import INVARIANTS, violations
from faults.rehearsal import Rehearsal
from faults.verdicts import GROUPS
from toolkit.domain.decision import Cause, Trigger
from toolkit.domain.errors import LeaseLost
from toolkit.domain.steps import Call
from toolkit.engine.engine import Engine
from toolkit.testing import Builder, World, pair

BOTH = ("10.0.1.10", "10.0.1.11")
TWO, HOMELESS, LEASE, OUTSIDE, UNPROVEN, STORY, KEPT = INVARIANTS


def moved(stage: Rehearsal, engine: Engine, owner: str = "run-1", *, to: str = "db-2") -> None:
    stage.note("a run begins", run=owner, begins=True)
    world = stage.world
    engine.run(world.group, Trigger(Cause.MANUAL, "a test", world.clock.wall(), target=to))


def found(stage: Rehearsal) -> set[str]:
    return set(violations(stage.trace(stage.world.ledger.history("db"))))


def sound(stage: Rehearsal, owner: str = "run-1") -> Engine:
    return stage.engine(owner, stage.world.ledger.beside(owner))


def meddled(stage: Rehearsal, *before: Call, instead: bool = False) -> Engine:
    engine = sound(stage)
    return Engine(replace(engine.ports, cloud=Meddling(engine.ports.cloud, *before, instead=instead)))


@pytest.mark.parametrize("group", GROUPS)
def test_a_sound_engine_breaks_nothing(group: str) -> None:
    stage = Rehearsal(pair(*GROUPS[group]))
    moved(stage, sound(stage))
    assert found(stage) == set()
    assert set(stage.places().values()) == {stage.world.node("db-2").instance}


def test_an_engine_that_gives_a_name_to_both_nodes_is_caught() -> None:
    stage = Rehearsal(pair("dns"))
    (key,) = stage.world.store.records
    record = {"Name": key.name, "Type": "A", "TTL": 10, "ResourceRecords": [{"Value": ip} for ip in BOTH]}
    change = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
    both = Call("route53", "ChangeResourceRecordSets", {"HostedZoneId": key.zone, "ChangeBatch": change})
    moved(stage, meddled(stage, both, instead=True))
    assert TWO in found(stage)


@pytest.mark.parametrize(("kind", "action"), [("ipv6", "AssignIpv6Addresses"), ("eni", "AttachNetworkInterface")])
def test_an_engine_that_waits_between_the_two_calls_is_caught(kind: str, action: str) -> None:
    stage = Rehearsal(pair(kind))
    ports = sound(stage).ports
    slow = Dawdling(ports.cloud, action, lambda: stage.world.clock.advance(21.0))
    with suppress(LeaseLost):
        moved(stage, Engine(replace(ports, cloud=slow)))
    assert found(stage) == {HOMELESS}


@pytest.mark.parametrize(("kind", "action"), [("ipv6", "AssignIpv6Addresses"), ("eni", "AttachNetworkInterface")])
def test_an_engine_that_writes_its_journal_again_and_again_between_the_two_calls_is_caught(
    kind: str, action: str
) -> None:
    stage = Rehearsal(pair(kind))
    ports = sound(stage).ports
    notes = Chatty(ports.ledger)
    moved(stage, Engine(replace(ports, ledger=notes, cloud=Dawdling(ports.cloud, action, notes.chat))))
    assert found(stage) == {HOMELESS}


def test_an_engine_that_frees_before_it_takes_is_caught() -> None:
    stage = Rehearsal(pair("eip"))
    (elastic,) = stage.world.store.elastics.values()
    moved(stage, meddled(stage, Call("ec2", "DisassociateAddress", {"AssociationId": elastic.association})))
    assert found(stage) == {HOMELESS}


def test_an_engine_that_never_takes_the_lease_is_caught() -> None:
    stage = Rehearsal(pair("eip"))
    other = stage.world.ledger.acquire("db")
    ports = sound(stage).ports
    moved(stage, Engine(replace(ports, ledger=Careless(ports.ledger, grant=other))))
    assert LEASE in found(stage)


def test_an_engine_that_goes_on_after_another_has_acted_is_caught() -> None:
    stage = Rehearsal(pair("eip"))

    def overtaken() -> None:
        stage.world.ledger.records.dead.add("run-1")
        moved(stage, sound(stage, "run-2"), "run-2")
        moved(stage, sound(stage, "run-3"), "run-3", to="db-1")

    ports = sound(stage).ports
    moved(stage, Engine(replace(ports, ledger=Careless(ports.ledger), cloud=Late(ports.cloud, overtaken))))
    assert LEASE in found(stage)


def test_the_same_process_that_heeds_its_ledger_is_stopped_and_only_what_was_under_way_comes() -> None:
    stage = Rehearsal(pair("eip"))

    def overtaken() -> None:
        stage.stolen = True
        stage.world.ledger.records.dead.add("run-1")
        moved(stage, sound(stage, "run-2"), "run-2")
        moved(stage, sound(stage, "run-3"), "run-3", to="db-1")

    ports = sound(stage).ports
    with pytest.raises(LeaseLost):
        moved(stage, Engine(replace(ports, cloud=Late(ports.cloud, overtaken))))
    assert found(stage) <= {STORY}


def test_an_engine_that_keeps_its_lease_is_caught() -> None:
    stage = Rehearsal(pair("eip"))
    moved(stage, keeping(sound(stage)))
    stage.note("the run is done", run="run-1", ends=True)
    assert found(stage) == {KEPT}


def test_an_engine_that_moves_what_is_not_the_groups_is_caught() -> None:
    stage = Rehearsal(with_a_stranger())
    foreign = Call(
        "ec2", "AssociateAddress", {"AllocationId": "eipalloc-00000002", "NetworkInterfaceId": "eni-00000002"}
    )
    moved(stage, meddled(stage, foreign))
    assert OUTSIDE in found(stage)


def test_an_engine_that_believes_a_dead_target_is_caught() -> None:
    stage = Rehearsal(pair("eip"))
    stage.world.prober.down.add("db-2")
    moved(stage, Engine(replace(sound(stage).ports, prober=Trusting())))
    assert found(stage) == {UNPROVEN}


def test_a_journal_that_tells_of_a_move_that_never_was_is_caught() -> None:
    stage = Rehearsal(pair("eip"))
    moved(stage, meddled(stage, instead=True))
    assert found(stage) == {STORY}


def with_a_stranger() -> World:
    """A second Elastic IP on the third node, of no group."""
    builder = Builder()
    first, _, stranger = (builder.node(f"db-{number}") for number in (1, 2, 3))
    builder.eip(on=first)
    builder.eip(on=stranger)
    world = builder.world()
    world.group = replace(world.group, addresses=world.group.addresses[:1])
    return world
