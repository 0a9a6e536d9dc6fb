from __future__ import annotations

from typing import Any

from terraform import cost
from terraform.outcomes import Resource, State
from terraform.workspace import ROOT


def _alarm(period: int) -> Resource:
    return Resource("a", "aws_cloudwatch_metric_alarm", {"period": period})


def test_an_interface_endpoint_is_paid_in_each_zone_and_a_gateway_endpoint_nowhere() -> None:
    inside = Resource("a", "aws_vpc_endpoint", {"vpc_endpoint_type": "Interface", "subnet_ids": ["a", "b"]})
    gateway = Resource("b", "aws_vpc_endpoint", {"vpc_endpoint_type": "Gateway", "subnet_ids": None})
    assert cost.counted([inside, gateway])["interface endpoints by zone"] == 2


def test_an_alarm_that_looks_every_ten_seconds_costs_more_and_needs_its_metric() -> None:
    counts = cost.counted([_alarm(60), _alarm(10)])
    assert (counts["standard alarms"], counts["10 s alarms"], counts["heartbeat metrics"]) == (1, 1, 1)
    assert round(cost.month(counts), 2) == 0.70


def test_an_elastic_ip_costs_half_a_cent_an_hour() -> None:
    assert round(cost.month(cost.counted([Resource("a", "aws_eip", {})])), 2) == 3.65


def test_session_manager_costs_its_endpoint_in_each_zone() -> None:
    endpoint = Resource("a", "aws_vpc_endpoint", {"vpc_endpoint_type": "Interface", "subnet_ids": ["a", "b"]})
    row = cost.table({"one": (cost.counted([]), cost.counted([endpoint]))}).splitlines()[-1]
    assert row.endswith("| 0.00 | 14.60 |")


def _state(**zones: str) -> State:
    """A group ``web`` with a node in each of these zones."""
    nodes: list[dict[str, Any]] = [{"name": name, "interface": f"eni-{name}"} for name in zones]
    resources = [
        resource
        for name, zone in zones.items()
        for resource in (
            Resource("a", "aws_network_interface", {"id": f"eni-{name}", "subnet_id": f"subnet-{name}"}),
            Resource("b", "aws_subnet", {"id": f"subnet-{name}", "availability_zone": zone}),
        )
    ]
    return State("a", "b", tuple(resources), {"failover_config": {"groups": {"web": {"nodes": nodes}}}})


def test_a_gigabyte_between_zones_is_paid_on_both_sides() -> None:
    assert cost.zones(_state(one="a", two="b")) == {"web": 2}
    row = cost.crossings({"active-standby-eip": {"web": 2}}).splitlines()[-1]
    assert row.startswith("| active-standby-eip | web | 2 |")
    assert row.endswith("| 2.00 |")


def test_a_group_whose_clients_stand_in_its_own_zone_pays_for_none() -> None:
    assert cost.zones(_state(one="a", two="a")) == {"web": 1}
    assert cost.crossings({"licence-server": {"licence": 1}}).splitlines()[-1].endswith("| 1 | nothing | - |")


def test_the_table_replaces_what_stood_between_its_marks() -> None:
    document = cost.inserted("before\n<!-- counted by make tf-cost -->\nold\n<!-- end -->\nafter\n", "new\n")
    assert document == "before\n<!-- counted by make tf-cost -->\nnew\n<!-- end -->\nafter\n"


def test_every_row_of_the_table_has_the_same_columns() -> None:
    none = cost.counted([])
    text = cost.table({"one": (none, none), "two": (cost.counted([_alarm(10)]), none)})
    assert len({line.count("|") for line in text.splitlines()}) == 1


def test_the_document_has_a_row_for_every_example() -> None:
    document = cost.DOCUMENT.read_text()
    names = [path.name for path in (ROOT / "terraform/examples").iterdir() if (path / "main.tf").is_file()]
    assert [name for name in names if f"| {name} |" not in document] == []


def test_the_document_says_of_every_group_what_crosses_zones_and_of_none_in_two_zones_that_nothing_does() -> None:
    rows = cost.DOCUMENT.read_text().splitlines()
    for example, group in cost.CROSSES:
        [row] = [row for row in rows if row.startswith(f"| {example} | {group} |")]
        assert "| 1 |" in row or row.endswith("| 2.00 |")
