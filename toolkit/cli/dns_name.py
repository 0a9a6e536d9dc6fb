"""``failover dns name``: the names that AWS gives to Elastic IPs, and the records that lead to them."""

from __future__ import annotations

from collections.abc import Sequence

import click

from toolkit.cli.dns_round import opening_of
from toolkit.cli.options import chosen, config_option
from toolkit.cli.saying import say, say_lines
from toolkit.cli.screen import show_json, table
from toolkit.domain.group import Group
from toolkit.domain.snapshot import Snapshot
from toolkit.engine.expectations import slots
from toolkit.resolve import records


@click.command(name="name")
@click.argument("group", required=False)
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def name_command(context: click.Context, *, group: str | None, config: str | None, as_json: bool) -> None:
    """Print the public name of each Elastic IP of GROUP as AWS gives it, and the CNAME records that lead to it."""
    asked = chosen(config, group, as_json=as_json)
    with opening_of(context).open(asked.configuration) as world:
        known, snapshot = world.gather(asked.group)
    rows = _rows(known, snapshot)
    named = [str(row["name"]) for row in rows if row["name"]]
    lines = _records([name for name in known.verify.names if name not in named] or ["db.example.com"], named)
    if as_json:
        show_json({"group": known.name, "addresses": rows, "records": lines})
        return
    table("", list(rows[0]) if rows else ["name"], [[str(value or "none") for value in row.values()] for row in rows])
    for row in rows:
        if not row["name"]:
            why = "enableDnsHostnames is off in its VPC" if row["private_ip"] else "AWS names it once a node holds it"
            say(f"{row['allocation']} has no name: {why}")
    for line in lines:
        say_lines(f"\n{line['form']}:\n{line['text']}")


def _rows(group: Group, snapshot: Snapshot) -> list[dict[str, str | None]]:
    carriers = {slot.allocation: slot for slot in slots(group, snapshot)}
    rows: list[dict[str, str | None]] = []
    for address in group.of_kind("eip"):
        allocation = address.key.removeprefix("eip:")
        slot, eip = carriers.get(allocation), snapshot.eips.get(allocation)
        rows.append(
            {
                "allocation": allocation,
                "public_ip": eip.public_ip if eip else None,
                "private_ip": slot.address if slot else None,
                "name": slot.public_dns if slot else None,
            }
        )
    return rows


def _records(names: Sequence[str], targets: Sequence[str]) -> list[dict[str, str]]:
    forms = {"BIND zone": records.bind, "Route 53 change batch": records.route53, "dnsmasq": records.dnsmasq}
    return [
        {"form": form, "name": name, "target": target, "text": write(name, target)}
        for name in names
        for target in targets[:1]
        for form, write in forms.items()
    ]
