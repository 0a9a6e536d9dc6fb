"""``make tf-cost``: what each example costs in a month, counted from the resources that it makes.

List prices in US dollars of one Region; instances and disks are not in it. Traffic between zones stands in a table of
its own: which groups stand in several is counted, how much they send is theirs to know.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from terraform import outcomes, workspace
from terraform.outcomes import Resource, State
from terraform.workspace import ROOT, Workspace

DOCUMENT: Final = ROOT / "docs/cost.md"
_BEGIN: Final = "<!-- counted by make tf-cost -->\n"
_BEGIN_CROSSINGS: Final = "<!-- crossings counted by make tf-cost -->\n"
_END: Final = "<!-- end -->\n"
_HOURS: Final = 730
_GIGABYTES: Final = 100
_GIGABYTE_IN_ONE_DIRECTION: Final = 0.01
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


# What goes between zones because of a group; without words: nothing.
CROSSES: Final[Mapping[tuple[str, str], str]] = {
    ("active-standby-eip", "web"): "what the standby copies; clients come from the internet and cross nothing",
    ("appliance", "firewall"): "all traffic of the clients in the zone whose appliance stands by, both ways",
    ("complete", "core"): "clients in the second zone; replication stays in the first",
    ("complete", "edge"): "what the standby copies, and clients inside the VPC in the standby's zone",
    ("internal-database", "db"): "replication, and clients in the standby's zone",
    ("licence-server", "licence"): "",
    ("nat-pair", "nat"): "all internet traffic of the private subnet whose NAT node stands by, both ways",
    ("three-tier", "app"): "",
    ("three-tier", "db"): "",
    ("three-tier", "web"): "requests to the application, while the web node of the second zone serves",
}


def counted(resources: Iterable[Resource]) -> dict[str, int]:
    """How many of each item there are."""
    found = list(resources)
    return {item.name: sum(int(item.count(resource)) for resource in found) for item in ITEMS}


def month(counts: Mapping[str, int]) -> float:
    """Dollars a month."""
    return sum(item.month * counts[item.name] for item in ITEMS)


def zones(state: State) -> dict[str, int]:
    """In how many zones the nodes of each group stand."""
    subnets = {r.values["id"]: r.values["availability_zone"] for r in state.resources if r.type == "aws_subnet"}
    places = {
        r.values["id"]: subnets[r.values["subnet_id"]] for r in state.resources if r.type == "aws_network_interface"
    }
    groups = state.outputs["failover_config"]["groups"]
    return {name: len({places[node["interface"]] for node in group["nodes"]}) for name, group in groups.items()}


def table(examples: Mapping[str, tuple[Mapping[str, int], Mapping[str, int]]]) -> str:
    """A Markdown table, an example a row: as it is, and what it costs with ``session_manager``."""
    head = ["example", *(item.name for item in ITEMS), "USD a month", "with `session_manager`"]
    rows = [
        [name, *(str(counts[item.name] or "-") for item in ITEMS), f"{month(counts):.2f}", f"{month(entered):.2f}"]
        for name, (counts, entered) in sorted(examples.items())
    ]
    prices = ["*USD a month each*", *(f"{item.month:.2f}" for item in ITEMS), "", ""]
    return _written([head, ["---", *("--:" for _ in head[1:])], prices, *rows])


def crossings(examples: Mapping[str, Mapping[str, int]]) -> str:
    """A Markdown table, a group a row: what crosses between zones, and what that costs."""
    price = _GIGABYTES * 2 * _GIGABYTE_IN_ONE_DIRECTION
    head = ["example", "group", "zones", "what crosses between zones", f"USD for {_GIGABYTES} GB of it"]
    rows = [
        [name, group, str(count), CROSSES[name, group] or "nothing", f"{price:.2f}" if CROSSES[name, group] else "-"]
        for name, groups in sorted(examples.items())
        for group, count in sorted(groups.items())
    ]
    return _written([head, ["---", "---", "--:", "---", "--:"], *rows])


def _written(lines: Iterable[Iterable[str]]) -> str:
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def inserted(document: str, text: str, *, begin: str = _BEGIN) -> str:
    """The document with the table between its two marks."""
    before, _, rest = document.partition(begin)
    _, _, after = rest.partition(_END)
    return f"{before}{begin}{text}{_END}{after}"


def main() -> int:
    """Count every example and write the table into the document; 2 when no provider can be had."""
    with tempfile.TemporaryDirectory(prefix="tf-cost-") as folder:
        providers = workspace.offline() or workspace.reachable(Path(folder) / "reach")
        if providers is None:
            sys.stderr.write("tf-cost: no providers\n")
            return 2
        copy = Workspace(Path(folder) / "copy", providers)
        examples = [target for target in workspace.targets() if target.startswith("examples/")]
        found = {target.partition("/")[2]: _states(copy, target) for target in examples}
    money = table(
        {name: (counted(plain.resources), counted(open_.resources)) for name, (plain, open_) in found.items()}
    )
    traffic = crossings({name: zones(plain) for name, (plain, _) in found.items()})
    document = inserted(DOCUMENT.read_text(encoding="utf-8"), money)
    DOCUMENT.write_text(inserted(document, traffic, begin=_BEGIN_CROSSINGS), encoding="utf-8")
    sys.stdout.write(f"{money}\n{traffic}")
    return 0


def _states(copy: Workspace, target: str) -> tuple[State, State]:
    """The example as it is, and with ``session_manager``."""
    copy.init(target)
    return _state(copy, target), _state(copy, target, "-var=session_manager=true")


def _state(copy: Workspace, target: str, *given: str) -> State:
    ended = copy.run(target, "test", "-json", "-verbose", "-filter=tests/aws.tftest.hcl", *given)
    return next(state for state in outcomes.read(ended.out).states if "failover_config" in state.outputs)


if __name__ == "__main__":
    sys.exit(main())
