"""Stages: independent steps together, dependent ones in order; and the plan as data."""

from dataclasses import replace

from support.rig import actions, plan_to
from toolkit.domain.plan import Plan
from toolkit.domain.steps import Call, Step
from toolkit.engine.planner import staged
from toolkit.testing import Builder, pair


def step(name: str, *subjects: str, needs: tuple[str, ...] = ()) -> Step:
    return Step(name, "eip", Call("ec2", "X", {}), {}, dict.fromkeys(subjects, "there"), needs)


def names(*steps: Step) -> list[list[str]]:
    return [[one.id for one in stage] for stage in staged(steps)]


def test_no_steps_make_no_stages() -> None:
    assert staged([]) == ()


def test_independent_steps_share_a_stage() -> None:
    assert names(step("1", "a"), step("2", "b")) == [["1", "2"]]


def test_steps_of_one_subject_keep_their_order() -> None:
    assert names(step("1", "a"), step("2", "b"), step("3", "a")) == [["1", "2"], ["3"]]


def test_a_step_comes_after_what_it_needs_wherever_that_stands_in_the_list() -> None:
    assert names(step("1", "a", needs=("b",)), step("2", "b")) == [["2"], ["1"]]


def test_a_step_comes_after_the_last_step_of_what_it_needs() -> None:
    assert names(step("eip", "e", needs=("n",)), step("detach", "n"), step("attach", "n")) == [
        ["detach"],
        ["attach"],
        ["eip"],
    ]


def test_needs_that_no_step_moves_hold_nothing_up() -> None:
    assert names(step("1", "a", needs=("elsewhere",))) == [["1"]]


def test_a_mixed_group_moves_in_as_few_stages_as_it_can() -> None:
    assert actions(plan_to(pair(), "db-2")) == [
        [
            "AssociateAddress",
            "AssignPrivateIpAddresses",
            "UnassignIpv6Addresses",
            "DetachNetworkInterface",
            "ReplaceRoute",
            "ReplaceRoute",
            "ChangeResourceRecordSets",
        ],
        ["AssignIpv6Addresses", "AttachNetworkInterface"],
    ]


def test_addresses_on_a_moving_interface_follow_it() -> None:
    builder = Builder()
    first, second = builder.node("db-1"), builder.node("db-2")
    vip = builder.eni(on=first)
    builder.eip(on=first)
    builder.route("10.99.0.10/32", on=first)
    world = builder.world()
    world.group = replace(world.group, nodes=(first, replace(second, interface=vip.id)))
    assert actions(plan_to(world, "db-2")) == [
        ["DetachNetworkInterface"],
        ["AttachNetworkInterface"],
        ["AssociateAddress", "ReplaceRoute", "ReplaceRoute"],
    ]


def test_the_same_world_gives_the_same_digest() -> None:
    assert plan_to(pair(), "db-2").digest == plan_to(pair(), "db-2").digest


def test_the_digest_changes_with_the_target_the_world_and_the_policy() -> None:
    world, moved, forced = pair("eni", "eip"), pair("eni", "eip"), pair("eni", "eip")
    moved.cloud.terminate(moved.node("db-1").instance)
    forced.group = replace(forced.group, policy=replace(forced.group.policy, force_detach_seconds=20.0))
    digests = {plan_to(world, node).digest for node in ("db-1", "db-2")}
    digests |= {plan_to(moved, "db-2").digest, plan_to(forced, "db-2").digest}
    assert len(digests) == 4


def test_a_plan_is_the_same_after_it_was_written_and_read() -> None:
    plan = plan_to(pair(), "db-2")
    again = Plan.from_json(plan.as_json())
    assert again == plan
    assert again.digest == plan.digest


def test_the_goal_names_every_subject_moved_or_not() -> None:
    plan = plan_to(pair("eip", "eni"), "db-2")
    assert set(plan.goal) == {"eip:eipalloc-00000001", "eni:eni-f0000001", "eni:eni-f0000001!identity"}
