"""``failover status``: who holds what, the lease, the last run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from toolkit.cli.options import chosen, group_options
from toolkit.cli.screen import show_json, table
from toolkit.domain.events import EventName
from toolkit.engine.gather import holders

if TYPE_CHECKING:
    from toolkit.domain.events import History
    from toolkit.domain.group import Group
    from toolkit.engine.engine import Engine


@click.command()
@group_options
def status(config: str | None, group: str | None, *, as_json: bool) -> None:
    """Show who holds what, the lease, and the last run of each group. Changes nothing."""
    from toolkit.bootstrap import engine_for  # noqa: PLC0415 - after the options are known to be right

    asked = chosen(config, group, as_json=as_json)
    with engine_for(asked.configuration) as engine:
        found = [_state(engine, each) for each in asked.groups]
    if as_json:
        show_json({"groups": found})
        return
    rows = [
        [str(each["group"]), key, holder, str(each["lease"] or "free"), str(each["last_run"] or "none")]
        for each in found
        for key, holder in each["holders"].items()
    ]
    table("", ["group", "address", "held by", "lease", "last run"], rows)


def _state(engine: Engine, group: Group) -> dict[str, Any]:
    known, snapshot = engine.gather(group)
    history = engine.ports.ledger.history(group.name)
    return {
        "group": group.name,
        "holders": {key: str(holder) for key, holder in holders(known, snapshot).items()},
        "lease": engine.ports.ledger.owner(group.name),
        "last_run": _last(history),
        "unfinished": bool(history.unfinished()),
    }


def _last(history: History) -> str | None:
    opening = next((e for e in reversed(history.events) if e.name is EventName.RUN_STARTED), None)
    if opening is None:
        return None
    when = datetime.fromtimestamp(opening.at, UTC).isoformat(timespec="seconds")
    end = next((e for e in history.events if e.run == opening.run and e.name is EventName.RUN_ENDED), None)
    ending = str(end.data.get("status")) if end else "unfinished: run `failover resume`"
    return f"{when} to {opening.data['target']}: {ending}"
