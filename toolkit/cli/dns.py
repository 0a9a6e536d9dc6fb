"""``failover dns``: what a name answers inside and outside the VPC, and what it should."""

from __future__ import annotations

import click

from toolkit.cli.dns_check import check_command
from toolkit.cli.dns_name import name_command
from toolkit.cli.dns_watch import watch_command


@click.group(name="dns")
def dns() -> None:
    """Check what names answer inside and outside the VPC."""


for command in (check_command, watch_command, name_command):
    dns.add_command(command)
