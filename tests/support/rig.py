"""What tests of moves and of the engine build on a fake world."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.domain.decision import Cause, Trigger
from toolkit.engine.engine import Engine
from toolkit.engine.executor import Executor
from toolkit.engine.gather import holders, objections, places, reads_of
from toolkit.engine.planner import plan_move
from toolkit.engine.stepper import Stepper
from toolkit.engine.tenure import Tenure
from toolkit.engine.view import Ports
from toolkit.pacing import Deadline

if TYPE_CHECKING:
    from toolkit.domain.holder import Holder
    from toolkit.domain.plan import Plan
    from toolkit.domain.snapshot import Snapshot
    from toolkit.engine.outcome import StepOutcome
    from toolkit.ports import Ledger
    from toolkit.testing import World


def seen(world: World) -> Snapshot:
    """What one read of everything that the group asks for gives."""
    return world.cloud.read(reads_of(world.group))


def plan_to(world: World, node: str) -> Plan:
    return plan_move(world.group, world.node(node), seen(world))


def held(world: World) -> dict[str, Holder]:
    return holders(world.group, seen(world))


def rules_against(world: World, node: str) -> list[str]:
    """The names of the facts that keep the node from taking the group."""
    return [objection.rule for objection in objections(world.group, seen(world))[node]]


def actions(plan: Plan) -> list[list[str]]:
    """The calls of each stage by name."""
    return [[step.call.action for step in stage] for stage in plan.stages]


def make_all(world: World, plan: Plan) -> None:
    """Every call of the plan in its order, without the engine."""
    for step in plan.steps:
        world.cloud.call(step.call)


def reached(world: World, plan: Plan) -> bool:
    """Whether every subject is where the plan wanted it."""
    here = places(world.group, seen(world))
    return all(here[subject] == place for subject, place in plan.goal.items())


def tenure(world: World, *, ledger: Ledger | None = None) -> Tenure:
    """A lease just taken, for a run by hand."""
    used = ledger or world.ledger
    grant = used.acquire(world.group.name)
    return Tenure(used, grant, "run-1", clock=world.clock, watcher=world.watcher)


def stepper(world: World) -> Stepper:
    return Stepper(world.group, world.cloud, world.clock, tenure(world))


def carry_out(world: World, plan: Plan, *, seconds: float = 120.0) -> tuple[StepOutcome, ...]:
    """The executor alone, under a lease of its own."""
    mine = tenure(world)
    steps = Stepper(world.group, world.cloud, world.clock, mine)
    return Executor(steps, mine, Deadline.after(world.clock, seconds)).carry_out(plan, [])


def ports(world: World, *, ledger: Ledger | None = None) -> Ports:
    """The world's fakes, as the engine takes them."""
    return Ports(
        cloud=world.cloud,
        ledger=ledger or world.ledger,
        prober=world.prober,
        resolver=world.resolver,
        notifier=world.notifier,
        clock=world.clock,
        watcher=world.watcher,
    )


def engine(world: World, *, ledger: Ledger | None = None, run_seconds: float = 300.0) -> Engine:
    return Engine(ports(world, ledger=ledger), run_seconds=run_seconds)


def by_hand(world: World, target: str | None, *overrides: str) -> Trigger:
    """A person's wish."""
    return Trigger(Cause.MANUAL, "a test", world.clock.wall(), target=target, overrides=frozenset(overrides))


def on_failure(world: World) -> Trigger:
    return Trigger(Cause.FAILURE, "a test", world.clock.wall())


def with_policy(world: World, **changes: object) -> None:
    """Change single terms of the group's policy."""
    world.group = replace(world.group, policy=replace(world.group.policy, **changes))  # type: ignore[arg-type]
