"""``failover dns check``: ask every resolver once and judge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from toolkit.cli.dns_names import Asked, Known, learn
from toolkit.cli.dns_round import name_options, names_of, opening_of, plain, round_of
from toolkit.cli.saying import say
from toolkit.cli.screen import show_json, table
from toolkit.domain.errors import ExitCode
from toolkit.domain.naming import Judgement, Standing, together
from toolkit.resolve.own import OwnView, own_view


@click.command(name="check")
@click.argument("names", nargs=-1)
@name_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def check_command(
    context: click.Context,
    *,
    names: tuple[str, ...],
    config: str | None,
    group: str | None,
    inside: tuple[str, ...],
    outside: tuple[str, ...],
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """Ask every resolver for NAMES (default: all that the configuration knows) and judge the answers.

    Exits with 0 when every resolver is right, else with 5.
    """
    known = learn(Asked(plain(names), config, group, inside, outside), opening_of(context))
    found = round_of(known, names_of(known, names), timeout_seconds=timeout_seconds)
    lookup = opening_of(context).lookup
    own = [
        own_view(name, lookup=lookup, timeout_seconds=timeout_seconds)
        for name in dict.fromkeys(judgement.name for judgement in found)
    ]
    overall = overall_of(found)
    if as_json:
        show_json(_report(overall, found, own, known))
    else:
        _show(overall, found, own, known)
    context.exit(int(ExitCode.DONE if overall is Standing.RIGHT else ExitCode.UNVERIFIED))


def overall_of(found: Sequence[Judgement]) -> Standing:
    """The worst of all names."""
    by_name = {name: [j for j in found if j.name == name] for name in {j.name for j in found}}
    return max((together(rows) for rows in by_name.values()), key=list(Standing).index, default=Standing.UNKNOWN)


def _reason(overall: Standing, found: Sequence[Judgement], known: Known) -> str:
    wrong = [j for j in found if j.standing is not Standing.RIGHT]
    if (
        wrong
        and all(j.standing is Standing.UNKNOWN and not j.answer.addresses for j in wrong)
        and len(wrong) == len(found)
    ):
        return "no resolver could be reached"
    strangers = sorted({j.name for j in found if known.is_stranger(j.name)})
    if strangers:
        return f"{', '.join(strangers)} is no name of this configuration: of another account or Region, or an old one"
    if overall is Standing.RIGHT:
        return "every resolver is right"
    return "; ".join(f"{j.resolver} ({j.view.value}): {j.standing.value}" for j in wrong)


def _report(overall: Standing, found: Sequence[Judgement], own: Sequence[OwnView], known: Known) -> dict[str, Any]:
    return {
        "status": overall.value,
        "reason": _reason(overall, found, known),
        "judgements": [judgement.as_json() for judgement in found],
        "this_machine": [view.as_json() for view in own],
        "remarks": list(known.remarks),
    }


def _show(overall: Standing, found: Sequence[Judgement], own: Sequence[OwnView], known: Known) -> None:
    rows = []
    for judgement in found:
        answer = judgement.answer
        said = " → ".join((*answer.chain, ", ".join(answer.addresses) or "nothing"))
        ttl = "" if answer.ttl is None else f"{answer.ttl} s"
        why = f"{judgement.cause}; {judgement.remedy}" if judgement.cause else ""
        rows.append(
            [judgement.name, judgement.view.value, judgement.resolver, said, ttl, judgement.standing.value, why]
        )
    table("", ["name", "side", "resolver", "answer", "ttl", "judgement", "why, and what to do"], rows)
    for view in own:
        given = [address for j in found if j.name == view.name for address in j.answer.addresses]
        has = f"has {', '.join(view.addresses)}" if view.addresses else view.problem
        say(f"this machine {has} for {view.name}")
        if view.differs(given):
            for finding in view.findings:
                say(f"  {finding.cause}; {finding.remedy}")
    for remark in known.remarks:
        say(f"note: {remark}")
    say(f"{overall.value}: {_reason(overall, found, known)}")
