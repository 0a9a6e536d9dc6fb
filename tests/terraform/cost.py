"""``make tf-cost``: what each example costs in a month, counted from the resources that it makes.

List prices in US dollars of one Region; instances, disks and traffic are not in it.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from terraform import outcomes, workspace
from terraform.outcomes import Resource
from terraform.workspace import ROOT, Workspace

DOCUMENT: Final = ROOT / "docs/cost.md"
_BEGIN: Final = "<!-- counted by make tf-cost -->\n"
_END: Final = "<!-- end -->\n"
_HOURS: Final = 730
_HIGH_RESOLUTION_SECONDS: Final = 60


@dataclass(frozen=True)
class Item:
    """One thing that is paid by the month: its price, and how many of them a resource stands for."""

    name: str
    month: float
    count: Callable[[Resource], int]


def _each(kind: str) -> Callable[[Resource], int]:
    return lambda resource: resource.type == kind


def _endpoints(resource: Resource) -> int:
    interface = resource.type == "aws_vpc_endpoint" and resource.values["vpc_endpoint_type"] == "Interface"
    return len(resource.values["subnet_ids"]) if interface else 0


def _alarms(*, fast: bool) -> Callable[[Resource], int]:
    return lambda resource: (
        resource.type == "aws_cloudwatch_metric_alarm"
        and (resource.values["period"] < _HIGH_RESOLUTION_SECONDS) == fast
    )


ITEMS: Final = (
    Item("Elastic IPs", 0.005 * _HOURS, _each("aws_eip")),
    Item("interface endpoints by zone", 0.01 * _HOURS, _endpoints),
    Item("standard alarms", 0.10, _alarms(fast=False)),
    Item("10 s alarms", 0.30, _alarms(fast=True)),
    Item("heartbeat metrics", 0.30, _alarms(fast=True)),
    Item("composite alarms", 0.50, _each("aws_cloudwatch_composite_alarm")),
    Item("hosted zones", 0.50, _each("aws_route53_zone")),
)


def counted(resources: Iterable[Resource]) -> dict[str, int]:
    """How many of each item there are."""
    found = list(resources)
    return {item.name: sum(int(item.count(resource)) for resource in found) for item in ITEMS}


def month(counts: Mapping[str, int]) -> float:
    """Dollars a month."""
    return sum(item.month * counts[item.name] for item in ITEMS)


def table(examples: Mapping[str, Mapping[str, int]]) -> str:
    """A Markdown table, an example a row."""
    head = ["example", *(item.name for item in ITEMS), "USD a month"]
    rows = [
        [name, *(str(counts[item.name] or "-") for item in ITEMS), f"{month(counts):.2f}"]
        for name, counts in sorted(examples.items())
    ]
    prices = ["*USD a month each*", *(f"{item.month:.2f}" for item in ITEMS), ""]
    lines = [head, ["---", *("--:" for _ in ITEMS), "--:"], prices, *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def inserted(document: str, text: str) -> str:
    """The document with the table between its two marks."""
    before, _, rest = document.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}{text}{_END}{after}"


def main() -> int:
    """Count every example and write the table into the document; 2 when no provider can be had."""
    with tempfile.TemporaryDirectory(prefix="tf-cost-") as folder:
        providers = workspace.offline() or workspace.reachable(Path(folder) / "reach")
        if providers is None:
            sys.stderr.write("tf-cost: no providers\n")
            return 2
        copy = Workspace(Path(folder) / "copy", providers)
        examples = {
            target.partition("/")[2]: counted(_resources(copy, target))
            for target in workspace.targets()
            if target.startswith("examples/")
        }
    DOCUMENT.write_text(inserted(DOCUMENT.read_text(encoding="utf-8"), table(examples)), encoding="utf-8")
    sys.stdout.write(table(examples))
    return 0


def _resources(copy: Workspace, target: str) -> tuple[Resource, ...]:
    copy.init(target)
    ended = copy.run(target, "test", "-json", "-verbose", "-filter=tests/aws.tftest.hcl")
    states = [state for state in outcomes.read(ended.out).states if "failover_config" in state.outputs]
    return states[0].resources


if __name__ == "__main__":
    sys.exit(main())
