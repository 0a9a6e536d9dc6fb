"""``failover lab``: an AWS to practise on, on this machine, and the ways to make its day bad."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from toolkit.cli.saying import say
from toolkit.cli.screen import show_json, table
from toolkit.domain.errors import UsageError
from toolkit.lab.fault import EFFECTS, Fault
from toolkit.lab.lab import Control
from toolkit.lab.world import World

EXTRA = "the lab needs its own packages: pip install 'aws-failover-toolkit[lab]'"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--url", envvar="AWS_ENDPOINT_URL", metavar="URL", help="The lab; default: $AWS_ENDPOINT_URL.")
@click.pass_context
def lab(context: click.Context, url: str | None) -> None:
    """Run an AWS to practise on, on this machine, and make its day bad.

    Start one with `up`; the other commands drive the one that AWS_ENDPOINT_URL names.
    Instances go by id or by their role in the seeded world (db-1).
    """
    context.obj = url


def _control(context: click.Context) -> Control:
    """The lab to drive; raises UsageError when none is named."""
    if not context.obj:
        raise UsageError("which lab? set AWS_ENDPOINT_URL as `failover lab up` printed it, or give --url")
    return Control(str(context.obj))


def _instance(control: Control, name: str) -> str:
    """An instance id, given as one or as a role in the world."""
    world = control.world()
    return world.ids.get(name, name) if world else name


def _pairs(texts: tuple[str, ...]) -> dict[str, str]:
    """``key=value`` texts as a mapping; raises UsageError for any other form."""
    pairs = [text.partition("=") for text in texts]
    wrong = [key for key, sign, _ in pairs if not sign]
    if wrong:
        raise UsageError(f"give {wrong[0]} as {wrong[0]}=value")
    return {key: value for key, _, value in pairs}


def _value(text: str) -> Any:
    """A number, true or false where the text is one, else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


@lab.command()
@click.option("--world", default="pair", show_default=True, help="pair, cross-az, three-tier, appliance or fleet:N.")
@click.option("--port", default=0, metavar="N", help="The port to listen on; default: a free one.")
@click.option("--write", metavar="FILE", help="Write the world's failover configuration there, as JSON.")
def up(world: str, port: int, write: str | None) -> None:
    """Start a lab in the foreground, seed a world, print what to export; Ctrl-C stops it."""
    try:
        from toolkit.lab.server import running, told_to_stop  # noqa: PLC0415 - moto takes a second to import
    except ImportError as missing:
        raise UsageError(EXTRA) from missing
    stop = told_to_stop()
    try:
        with running(port) as served:
            control = Control(served.url)
            seeded = control.seed(world)
            _introduce(control, seeded, write=write)
            stop.wait()
    except OSError as fault:
        raise UsageError(f"the lab cannot listen on port {port}: {fault.strerror}") from fault
    say("stopped", err=True)


def _introduce(control: Control, world: World, *, write: str | None) -> None:
    for name, value in control.environment().items():
        say(f"export {name}={value}")
    if write:
        Path(write).write_text(json.dumps(world.configuration, indent=2) + "\n", encoding="utf-8")
        say(f"export FAILOVER_CONFIG={write}")
    say(f"world {world.name} is ready; Ctrl-C stops it", err=True)


@lab.command()
@click.argument("name", default="pair", metavar="WORLD")
@click.pass_context
def seed(context: click.Context, name: str) -> None:
    """Build a world: pair, cross-az, three-tier, appliance or fleet:N; print its ids."""
    show_json(dict(_control(context).seed(name).ids))


@lab.command()
@click.pass_context
def config(context: click.Context) -> None:
    """Print the failover configuration of the seeded world."""
    world = _control(context).world()
    if world is None:
        raise UsageError("no world is seeded: `failover lab seed` builds one")
    show_json(world.configuration)


@lab.command()
@click.pass_context
def reset(context: click.Context) -> None:
    """Empty the account; clear faults, calls and settings."""
    _control(context).reset()


@lab.command("set")
@click.argument("settings", nargs=-1, metavar="[NAME=VALUE]...")
@click.pass_context
def change(context: click.Context, settings: tuple[str, ...]) -> None:
    """Change settings (eni_detach=5 dns_mode=slow); without any, print them all."""
    control = _control(context)
    if settings:
        control.set(**{name: _value(text) for name, text in _pairs(settings).items()})
    else:
        show_json(control.settings())


@lab.command()
@click.argument("kind", required=False, type=click.Choice(list(EFFECTS)))
@click.argument("details", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--service", default="*", help="Which service: ec2, dynamodb, … (a pattern).")
@click.option("--action", default="*", help="Which actions (patterns, split by |).")
@click.option("--param", "params", multiple=True, metavar="NAME=PATTERN", help="Which parameters; may be repeated.")
@click.option("--mutating/--reading", "mutating", default=None, help="Only writes, or only reads.")
@click.option("--first", default=1, metavar="N", help="From the Nth call that fits.")
@click.option("--count", type=int, metavar="N", help="For N calls; default: for ever.")
@click.option("--probability", default=1.0, metavar="P", help="The chance on each of them.")
@click.option("--seed", default=0, metavar="N", help="What that chance is drawn from.")
@click.option("--per-action", is_flag=True, help="Count each action by itself.")
@click.option("--seconds", type=float, metavar="S", help="For that time; default: until cleared.")
@click.option("--clear", is_flag=True, help="End all faults instead.")
@click.pass_context
def fault(
    context: click.Context,
    /,
    kind: str | None,
    details: tuple[str, ...],
    *,
    params: tuple[str, ...],
    clear: bool,
    **matching: object,
) -> None:
    """Put a fault in force (latency seconds=0.5; drop when=after); without a kind, list those that are."""
    control = _control(context)
    if clear:
        control.clear_faults()
        return
    if kind is None:
        show_json({"faults": control.request("GET", "faults")})
        return
    effect = {"kind": kind, **{name: _value(text) for name, text in _pairs(details).items()}}
    try:
        control.fault(Fault.from_json({"effect": effect, "params": _pairs(params), **matching}))
    except (ValueError, TypeError) as wrong:
        raise UsageError(str(wrong)) from wrong


@lab.command()
@click.argument("key")
@click.argument("file", metavar="POLICY")
@click.pass_context
def grant(context: click.Context, key: str, file: str) -> None:
    """Hold whoever signs with an access key to the IAM policy in a file, until a reset.

    A caller whose key has no policy may do everything.
    """
    control = _control(context)
    try:
        control.grant(key, Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as wrong:
        raise UsageError(f"{file}: {wrong}") from wrong


@lab.command()
@click.argument("instance")
@click.option("--check", type=click.Choice(["instance", "system"]), default="instance", help="Which status check.")
@click.option("--ok", "status", flag_value="ok", help="Heal it instead.")
@click.pass_context
def impair(context: click.Context, instance: str, check: str, status: str | None) -> None:
    """Make an instance's status check fail while it runs on."""
    control = _control(context)
    control.impair(_instance(control, instance), check=check, status=status or "impaired")


@lab.command()
@click.argument("instance")
@click.option("--heal", is_flag=True, help="Connect it again instead.")
@click.pass_context
def cut(context: click.Context, instance: str, *, heal: bool) -> None:
    """Cut an instance off the network while it runs on."""
    control = _control(context)
    (control.heal if heal else control.cut)(_instance(control, instance))


@lab.command("stop-instance")
@click.argument("instance")
@click.pass_context
def stop_instance(context: click.Context, instance: str) -> None:
    """Stop an instance."""
    control = _control(context)
    control.stop_instance(_instance(control, instance))


@lab.command("start-instance")
@click.argument("instance")
@click.pass_context
def start_instance(context: click.Context, instance: str) -> None:
    """Start a stopped instance."""
    control = _control(context)
    control.start_instance(_instance(control, instance))


@lab.command("terminate-instance")
@click.argument("instance")
@click.pass_context
def terminate_instance(context: click.Context, instance: str) -> None:
    """Terminate an instance."""
    control = _control(context)
    control.terminate_instance(_instance(control, instance))


@lab.command("spot-notice")
@click.argument("instance")
@click.option("--action", type=click.Choice(["terminate", "stop", "hibernate"]), default="terminate", help="What.")
@click.option("--seconds", default=120, metavar="N", help="In how many seconds.")
@click.pass_context
def spot_notice(context: click.Context, instance: str, action: str, seconds: int) -> None:
    """Announce in an instance's metadata that Spot takes it away."""
    control = _control(context)
    control.spot_notice(_instance(control, instance), action=action, seconds=seconds)


@lab.command()
@click.option("--mutating", is_flag=True, help="Only the calls that change something.")
@click.option("--clear", is_flag=True, help="Forget the calls instead.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def calls(context: click.Context, *, mutating: bool, clear: bool, as_json: bool) -> None:
    """Show the AWS calls that the lab has seen."""
    control = _control(context)
    if clear:
        control.clear_calls()
        return
    seen = [call for call in control.calls() if call.mutating or not mutating]
    if as_json:
        show_json({"calls": [call.to_json() for call in seen]})
        return
    rows = [[str(call.sequence), f"{call.service}:{call.action}", _ending(call.to_json())] for call in seen]
    table("", ["call", "action", "answer"], rows)


def _ending(call: Mapping[str, Any]) -> str:
    if call["status"] is None:
        return "no answer" if call["ended"] else "still running"
    return " ".join(str(part) for part in (call["status"], call["error_code"]) if part)
