"""``failover plan``: what a move would do."""

from __future__ import annotations

import time

import click

from toolkit.cli.options import chosen, group_options, override_option
from toolkit.cli.saying import say
from toolkit.cli.screen import show_json, show_plan
from toolkit.domain.decision import Cause, Hold, Trigger
from toolkit.domain.errors import ExitCode


@click.command()
@group_options
@override_option
@click.option("--to", "target", metavar="NODE", help="The node to move to; default: the first proven healthy one.")
@click.pass_context
def plan(
    context: click.Context,
    config: str | None,
    group: str | None,
    *,
    as_json: bool,
    overrides: tuple[str, ...],
    target: str | None,
) -> None:
    """Show what a move would do, and change nothing."""
    from toolkit.bootstrap import engine_for  # noqa: PLC0415 - after the options are known to be right

    asked = chosen(config, group, as_json=as_json)
    cause = Cause.MANUAL if target else Cause.FAILURE
    trigger = Trigger(cause, "failover plan", time.time(), target, frozenset(overrides))
    with engine_for(asked.configuration) as engine:
        view = engine.view(asked.group, trigger)
    if isinstance(view.decision, Hold):
        reason = f"{view.decision.rule}: {view.decision.why}"
        if as_json:
            show_json({"status": "hold", "reason": reason, "group": asked.group.name, "exit_code": 3})
        else:
            say(f"{asked.group.name}: hold: {reason}")
        context.exit(int(ExitCode.HOLD))
    if view.plan is not None and as_json:
        show_json({"status": "planned", "digest": view.plan.digest, **view.plan.as_json()})
    elif view.plan is not None:
        show_plan(view.plan)
