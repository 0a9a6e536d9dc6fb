"""``failover verify``: prove a group where it is."""

from __future__ import annotations

import click

from toolkit.cli.options import chosen, group_options
from toolkit.cli.screen import show_end


@click.command()
@group_options
@click.pass_context
def verify(context: click.Context, config: str | None, group: str | None, *, as_json: bool) -> None:
    """Prove that a group is whole where it is: on the API, in DNS, through the address. Moves nothing."""
    from toolkit.bootstrap import engine_for  # noqa: PLC0415 - after the options are known to be right

    asked = chosen(config, group, as_json=as_json)
    with engine_for(asked.configuration) as engine:
        result = engine.verify(asked.group)
    show_end(result, as_json=as_json)
    context.exit(int(result.exit_code))
