"""``failover resume``: finish or undo what was interrupted."""

from __future__ import annotations

import click

from toolkit.cli.options import chosen, group_options
from toolkit.cli.progress import watcher
from toolkit.cli.screen import show_end


@click.command()
@group_options
@click.option("--wait", "wait", type=float, metavar="SECONDS", help="For a silent owner's lease; default: one term.")
@click.pass_context
def resume(context: click.Context, config: str | None, group: str | None, *, as_json: bool, wait: float | None) -> None:
    """Finish a run that was interrupted, or bring its addresses to another healthy node."""
    from toolkit.bootstrap import engine_for  # noqa: PLC0415 - after the options are known to be right

    asked = chosen(config, group, as_json=as_json)
    # The owner may have died with its machine: then only a whole term of silence frees the lease.
    term = asked.configuration.lease_seconds + 1.0 if wait is None else wait
    with engine_for(asked.configuration, watcher=watcher(), wait_seconds=term) as engine:
        result = engine.resume(asked.group)
    show_end(result, as_json=as_json)
    context.exit(int(result.exit_code))
