"""The root of the command line: finds commands, turns every foreseen end into its line and exit code."""

from __future__ import annotations

import json
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import click

from toolkit.cli.saying import say, say_lines
from toolkit.domain.errors import ConfigurationError, ExitCode, FailoverError
from toolkit.domain.remedies import after_error

if TYPE_CHECKING:
    from collections.abc import Sequence

# Command → module under toolkit.cli and attribute; a line here is all that a new command needs.
COMMANDS: Final = {
    "plan": ("plan", "Show what a move would do, and change nothing."),
    "run": ("run", "Move a group and prove it; shows the plan only, without --yes."),
    "verify": ("verify", "Prove that a group is whole where it is: API, DNS, through the address."),
    "resume": ("resume", "Finish or undo a run that was interrupted."),
    "explain": ("explain", "Say for each node and address why a move would or would not happen."),
    "status": ("status", "Show who holds what, the lease, and the last run."),
    "watch": ("watch", "Look without end, and move a group when its holder is dead."),
    "reclaim": ("reclaim", "At boot: take this node's addresses, if nobody healthy holds them."),
    "agent": ("agent", "On a node: keep its addresses in line with what AWS says it holds."),
    "install": ("install", "Write the systemd units or the crontab that start it with the machine."),
    "config": ("config", "Check configurations; print their JSON Schema."),
    "dns": ("dns", "Check what a name answers inside and outside the VPC."),
    "lab": ("lab", "Run an AWS to practise on, on this machine."),
}


class Commands(click.Group):
    """Imports a command's module when the command is called, so that a failover imports nothing else."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"toolkit.cli.{COMMANDS[cmd_name][0]}"), cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{cmd_name} is no command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("aws-failover-toolkit"), prog_name="failover")
def failover() -> None:
    """Keep a fixed address in front of servers on EC2, and prove it.

    Exit codes: 0 done or nothing to do, 1 fault of the program, 2 usage or configuration, 3 hold,
    4 incomplete (see resume), 5 moved but not verified, 6 refused by AWS, 7 lease held, 8 AWS unreachable.
    """


def run(arguments: Sequence[str]) -> int:
    """The exit code of a call; prints one line for every foreseen end."""
    try:
        code = failover.main(list(arguments), prog_name="failover", standalone_mode=False)
    except FailoverError as error:
        _say(error, as_json="--json" in arguments)
        return int(error.exit_code)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return int(ExitCode.USAGE)
    except (click.Abort, KeyboardInterrupt):
        say("interrupted; `failover status` shows what was done, `failover resume` finishes it", err=True)
        return 130
    return int(code or 0)


def told(error: FailoverError) -> str:
    """The one line that a person gets: what it was, and what to do."""
    remedy = after_error(error)
    return f"{error}; {remedy}" if remedy else str(error)


def _say(error: FailoverError, *, as_json: bool) -> None:
    if as_json:
        faults = [vars_of(fault) for fault in error.faults] if isinstance(error, ConfigurationError) else []
        body = {"status": "error", "reason": str(error), "remedy": after_error(error), "faults": faults}
        click.echo(json.dumps({**body, "exit_code": int(error.exit_code)}))
    # The lines of a configuration's faults; any other error is one line, whatever is in it.
    (say_lines if isinstance(error, ConfigurationError) else say)(f"failover: {told(error)}", err=True)


def vars_of(fault: object) -> dict[str, object]:
    """The fields of a fault, for JSON."""
    return {name: getattr(fault, name) for name in ("path", "line", "problem", "remedy")}
