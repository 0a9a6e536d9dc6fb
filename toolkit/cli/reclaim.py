"""``failover reclaim``: what a node does at boot."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING

import click

from toolkit.cli.options import chosen, group_options
from toolkit.cli.progress import watcher
from toolkit.cli.root import told
from toolkit.cli.saying import note
from toolkit.cli.screen import show_json, show_result
from toolkit.domain.errors import ExitCode, FailoverError
from toolkit.engine.outcome import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from toolkit.cli.options import Chosen
    from toolkit.domain.group import Group


@click.command()
@group_options
@click.option(
    "--wait",
    "wait",
    type=click.FloatRange(min=0),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="For the metadata service, credentials, AWS, a service to start, another node's run.",
)
@click.pass_context
def reclaim(context: click.Context, config: str | None, group: str | None, *, as_json: bool, wait: float) -> None:
    """Take this node's addresses after a boot, if nobody healthy holds them.

    What is free is claimed, what a healthy node holds is left to it, and what a dead node holds is moved by a
    full run. An instance that is no node of the group takes nothing (exit code 3). Safe on all nodes at once.
    Several groups are reclaimed side by side; the exit code is the highest of theirs.
    """
    results = _results(chosen(config, group, as_json=as_json), wait)
    if not as_json:
        for result in results:
            show_result(result)
    elif len(results) == 1:
        show_json(results[0].as_json())
    else:
        worst = max(results, key=lambda each: each.exit_code)
        show_json({"status": worst.status, "reason": worst.reason, "groups": [each.as_json() for each in results]})
    context.exit(int(max((each.exit_code for each in results), default=ExitCode.DONE)))


def _results(asked: Chosen, wait: float) -> list[Result]:
    """One result for each group of which this instance is a node, else one for each group that was asked about."""
    from toolkit.aws.imds import Imds  # noqa: PLC0415 - after the options are known to be right
    from toolkit.aws.whoami import who_am_i  # noqa: PLC0415
    from toolkit.bootstrap import SystemClock, engine_for  # noqa: PLC0415
    from toolkit.engine.reclaim import Reclaimer, is_stranger  # noqa: PLC0415
    from toolkit.pacing import Deadline  # noqa: PLC0415

    clock = SystemClock()
    deadline = Deadline.after(clock, wait)
    me = who_am_i(lambda seconds: Imds(clock=clock, timeout_seconds=seconds), deadline, tell=partial(_say, ""))
    # cron gives no environment: the instance knows its Region.
    region = asked.configuration.region or os.environ.get("AWS_REGION") or me.region
    with engine_for(replace(asked.configuration, region=region), watcher=watcher()) as engine:

        def reclaim_one(group: Group) -> Result:
            tell = partial(_say, group.name if len(asked.groups) > 1 else "")
            return Reclaimer(engine, me.instance, deadline=deadline, tell=tell).reclaim(group)

        results = side_by_side(asked.groups, reclaim_one)
    return [result for result in results if not is_stranger(result)] or results


def side_by_side(groups: Sequence[Group], reclaim_one: Callable[[Group], Result]) -> list[Result]:
    """How it ended for each group: one that waits, or fails, keeps no other from its addresses.

    Raises what a single group raises; of several, only what nobody foresaw, and when all have ended.
    """
    if len(groups) == 1:
        return [reclaim_one(groups[0])]
    ends: dict[str, Result | Exception] = {}

    def end(group: Group) -> None:
        try:
            ends[group.name] = reclaim_one(group)
        except FailoverError as error:
            ends[group.name] = Result("error", told(error), group.name, "", error.exit_code)
        except Exception as error:  # noqa: BLE001 - raised again below
            ends[group.name] = error

    # Threads of its own, not a pool's: an interrupt ends the command at once, whatever they wait for.
    threads = [Thread(target=end, args=(group,), name=f"reclaim-{group.name}", daemon=True) for group in groups]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results: list[Result] = []
    for group in groups:
        found = ends[group.name]
        if isinstance(found, Exception):
            raise found
        results.append(found)
    return results


def _say(group: str, text: str) -> None:
    note(f"failover reclaim: {group}: {text}" if group else f"failover reclaim: {text}")
