"""``failover run``: move a group and prove it."""

from __future__ import annotations

import time

import click

from toolkit.cli.options import chosen, group_options, override_option
from toolkit.cli.plan import plan as plan_command
from toolkit.cli.progress import watcher
from toolkit.cli.saying import say
from toolkit.cli.screen import show_end
from toolkit.domain.decision import Cause, Trigger
from toolkit.domain.errors import UsageError


@click.command()
@group_options
@override_option
@click.option("--to", "target", metavar="NODE", help="The node to move to; default: the first proven healthy one.")
@click.option("--yes", is_flag=True, help="Do it; without this the plan is shown and nothing is changed.")
@click.option("--digest", metavar="HEX", help="Do it only if the plan is still this one.")
@click.option("--fence", is_flag=True, help="Climb the policy's ladder of fences first, as after a failure.")
@click.option("--timeout", "seconds", type=float, default=300.0, show_default=True, help="Seconds for the moves.")
@click.option("--wait", "wait", type=float, default=0.0, metavar="SECONDS", help="For another run's lease; default: 0.")
@click.pass_context
def run(
    context: click.Context,
    config: str | None,
    group: str | None,
    *,
    as_json: bool,
    overrides: tuple[str, ...],
    target: str | None,
    yes: bool,
    digest: str | None,
    fence: bool,
    seconds: float,
    wait: float,
) -> None:
    """Move a group and prove it; shows the plan only, without --yes."""
    if digest is not None and not yes:
        raise UsageError("--digest approves a plan for --yes; give both")
    if not yes:
        context.invoke(plan_command, config=config, group=group, as_json=as_json, overrides=overrides, target=target)
        if not as_json:
            say("nothing was changed; repeat with --yes (and --digest, to get exactly this plan)")
        return
    from toolkit.bootstrap import engine_for  # noqa: PLC0415 - after the options are known to be right

    asked = chosen(config, group, as_json=as_json)
    cause = Cause.MANUAL if target else Cause.FAILURE
    trigger = Trigger(cause, "failover run", time.time(), target, frozenset(overrides), fences=fence)
    with engine_for(asked.configuration, watcher=watcher(), run_seconds=seconds, wait_seconds=wait) as engine:
        result = engine.run(asked.group, trigger, digest=digest)
    show_end(result, as_json=as_json)
    context.exit(int(result.exit_code))
