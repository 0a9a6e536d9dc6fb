"""Of plans over random worlds: they arrive, in any order inside a stage, with the promised calls, and once."""

import json
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from support.random_worlds import moves
from support.rig import held, plan_to, reached, rules_against
from toolkit.domain.holder import HeldBy
from toolkit.domain.plan import Plan
from toolkit.engine.gather import places
from toolkit.moves.registry import KINDS
from toolkit.testing import World


def together_at(world: World, node: str) -> bool:
    return set(held(world).values()) <= {HeldBy(node)}


@given(moves())
def test_nothing_keeps_a_node_of_the_same_subnet_from_an_ordinary_group(move: tuple[World, str]) -> None:
    world, target = move
    assert rules_against(world, target) == []


@given(moves(), st.randoms(use_true_random=False))
def test_a_plan_arrives_in_any_order_inside_its_stages(move: tuple[World, str], chance: Random) -> None:
    world, target = move
    plan = plan_to(world, target)
    for stage in plan.stages:
        steps = list(stage)
        chance.shuffle(steps)
        for step in steps:
            world.cloud.call(step.call)
    assert reached(world, plan)
    assert together_at(world, target)


@given(moves())
def test_a_plan_after_its_plan_has_no_steps(move: tuple[World, str]) -> None:
    world, target = move
    for step in plan_to(world, target).steps:
        world.cloud.call(step.call)
    assert plan_to(world, target).steps == ()


@given(moves())
def test_each_kind_makes_no_more_calls_than_promised(move: tuple[World, str]) -> None:
    world, target = move
    before = places(world.group, world.cloud.whole())
    plan = plan_to(world, target)
    calls: dict[str, int] = {}
    for step in plan.steps:
        calls[step.kind] = calls.get(step.kind, 0) + 1
    wrong = {key for key, place in plan.goal.items() if before[key] != place}
    sources = {place for key, place in before.items() if key.startswith("ipv6:") and key in wrong and place}
    assert calls.get("eip", 0) <= sum(key.startswith("eip:") for key in wrong)
    assert calls.get("private_ip", 0) == int(any(key.startswith("private_ip:") for key in wrong))
    assert calls.get("ipv6", 0) == len(sources) + int(any(key.startswith("ipv6:") for key in wrong))
    assert calls.get("eni", 0) == sum(1 + bool(before[key]) for key in wrong if key.startswith("eni:"))
    assert calls.get("route", 0) == sum(key.startswith("route:") for key in wrong)
    assert calls.get("dns", 0) == int(any(key.startswith("dns:") for key in wrong))


@given(moves())
def test_the_goal_names_every_subject_of_the_group(move: tuple[World, str]) -> None:
    world, target = move
    assert set(plan_to(world, target).goal) == set(places(world.group, world.cloud.whole()))


@given(moves())
def test_what_a_step_says_it_found_is_true_when_its_turn_comes(move: tuple[World, str]) -> None:
    world, target = move
    for step in plan_to(world, target).steps:
        here = places(world.group, world.cloud.whole())
        # Of a set of addresses that leave several interfaces, each step knows its own.
        assert step.kind == "ipv6" or all(here[subject] in {place, ""} for subject, place in step.before.items())
        world.cloud.call(step.call)
        here = places(world.group, world.cloud.whole())
        assert all(here[subject] == place for subject, place in step.after.items())


@given(moves())
def test_a_plan_is_json_and_the_same_after_it(move: tuple[World, str]) -> None:
    world, target = move
    plan = plan_to(world, target)
    again = Plan.from_json(json.loads(json.dumps(plan.as_json())))
    assert again.as_json() == plan.as_json()
    assert again.digest == plan.digest


@given(moves(), moves())
def test_digests_are_equal_exactly_when_plans_are(one: tuple[World, str], other: tuple[World, str]) -> None:
    plans = [plan_to(world, target) for world, target in (one, other)]
    assert (plans[0].digest == plans[1].digest) == (plans[0].as_json() == plans[1].as_json())


@given(moves())
def test_no_plan_asks_for_what_its_kind_does_not_declare(move: tuple[World, str]) -> None:
    world, target = move
    for step in plan_to(world, target).steps:
        calls = [call for call in (step.call, step.undo, step.last_resort) if call is not None]
        assert {f"{call.service}:{call.action}" for call in calls} <= KINDS[step.kind].IAM_WRITES
