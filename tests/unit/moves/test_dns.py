"""Route 53 records: one upsert for a zone's records, and done only when its servers all know."""

from dataclasses import replace

from support.rig import actions, held, make_all, plan_to, reached, rules_against
from toolkit.domain.holder import Free, HeldBy
from toolkit.moves.dns import Dns
from toolkit.testing import Builder, pair

KEY = "dns:db.internal.example.com@Z0123456789ABC"


def test_it_is_held_by_the_node_whose_private_address_it_answers() -> None:
    assert held(pair("dns")) == {KEY: HeldBy("db-1")}


def test_it_is_free_when_there_is_no_such_record() -> None:
    world = pair("dns")
    world.store.records.clear()
    assert held(world) == {KEY: Free()}


def test_it_is_free_when_it_answers_what_no_node_has() -> None:
    world = pair("dns")
    (record,) = world.store.records.values()
    world.store.records[record.key] = replace(record, values=("10.0.9.9",))
    assert held(world) == {KEY: Free()}


def test_one_upsert_moves_it() -> None:
    world = pair("dns")
    plan = plan_to(world, "db-2")
    assert actions(plan) == [["ChangeResourceRecordSets"]]
    make_all(world, plan)
    assert reached(world, plan)
    assert held(world) == {KEY: HeldBy("db-2")}


def test_one_upsert_changes_all_records_of_a_zone() -> None:
    builder = Builder()
    first, _ = builder.node("db-1"), builder.node("db-2")
    builder.dns("db.internal.example.com", on=first)
    builder.dns("sip.internal.example.com", on=None)
    world = builder.world()
    plan = plan_to(world, "db-2")
    assert actions(plan) == [["ChangeResourceRecordSets"]]
    make_all(world, plan)
    assert reached(world, plan)


def test_one_that_answers_the_target_already_needs_no_call() -> None:
    assert plan_to(pair("dns"), "db-1").steps == ()


def test_it_is_not_there_until_route_53_is_in_sync() -> None:
    world = pair("dns")
    world.cloud.delays.record_seconds = 30.0
    plan = plan_to(world, "db-2")
    make_all(world, plan)
    assert not reached(world, plan)
    world.clock.sleep(30.0)
    assert reached(world, plan)


def test_a_record_with_a_routing_policy_is_not_overwritten() -> None:
    world = pair("dns")
    (record,) = world.store.records.values()
    world.store.records[record.key] = replace(record, routing="weights")
    assert rules_against(world, "db-2") == ["record-routing"]


def test_a_public_record_answers_the_groups_elastic_ip_at_every_node() -> None:
    world = pair("eip", "dns")
    public = Dns("Z0123456789ABC", "db.internal.example.com", public=True)
    world.group = replace(world.group, addresses=(world.group.addresses[0], public))
    plan = plan_to(world, "db-2")
    batch = next(step for step in plan.steps if step.kind == "dns").call.params["ChangeBatch"]
    assert batch["Changes"][0]["ResourceRecordSet"]["ResourceRecords"] == [{"Value": "203.0.113.1"}]


def test_a_public_record_needs_a_public_address() -> None:
    world = pair("dns")
    public = Dns("Z0123456789ABC", "db.internal.example.com", public=True)
    world.group = replace(world.group, addresses=(public,))
    assert rules_against(world, "db-2") == ["target-public-ip"]
