"""``failover explain``: why a move would or would not happen."""

from __future__ import annotations

import time

import click

from toolkit.cli.options import chosen, group_options, override_option
from toolkit.cli.saying import say
from toolkit.cli.screen import show_json, table
from toolkit.domain.decision import Cause, Hold, Trigger


@click.command()
@group_options
@override_option
@click.option("--to", "target", metavar="NODE", help="Explain a move by hand to this node.")
def explain(
    config: str | None, group: str | None, *, as_json: bool, overrides: tuple[str, ...], target: str | None
) -> None:
    """Say for each node and address why a move would or would not happen. Changes nothing."""
    from toolkit.bootstrap import engine_for  # noqa: PLC0415 - after the options are known to be right

    asked = chosen(config, group, as_json=as_json)
    cause = Cause.MANUAL if target else Cause.FAILURE
    trigger = Trigger(cause, "failover explain", time.time(), target, frozenset(overrides))
    with engine_for(asked.configuration) as engine:
        view = engine.view(asked.group, trigger)
    decision = view.decision
    if isinstance(decision, Hold):
        verdict, why = "hold", f"{decision.rule}: {decision.why}"
    else:
        calls = len(view.plan.steps) if view.plan else 0
        verdict, why = "move", f"to {decision.target} by {calls} calls"
    rows = [[key, f"held by {holder}"] for key, holder in view.holders.items()]
    rows += [[name, f"{seen.belief.value}: {seen.why}"] for name, seen in view.verdicts.items()]
    rows += [
        [objection.subject, f"{name} can't take it ({objection.rule}): {objection.why}"]
        for name, found in view.objections.items()
        for objection in found
    ]
    if as_json:
        reasons = [{"subject": subject, "text": text} for subject, text in rows]
        show_json({"group": asked.group.name, "decision": verdict, "reason": why, "reasons": reasons})
        return
    table(asked.group.name, ["about", "what is so"], rows)
    say(f"{asked.group.name}: {verdict}: {why}")
