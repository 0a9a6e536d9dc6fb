from __future__ import annotations

from terraform import cost
from terraform.outcomes import Resource
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


def test_the_table_replaces_what_stood_between_its_marks() -> None:
    document = cost.inserted("before\n<!-- counted by make tf-cost -->\nold\n<!-- end -->\nafter\n", "new\n")
    assert document == "before\n<!-- counted by make tf-cost -->\nnew\n<!-- end -->\nafter\n"


def test_every_row_of_the_table_has_the_same_columns() -> None:
    text = cost.table({"one": cost.counted([]), "two": cost.counted([_alarm(10)])})
    assert len({line.count("|") for line in text.splitlines()}) == 1


def test_the_document_has_a_row_for_every_example() -> None:
    document = cost.DOCUMENT.read_text()
    names = [path.name for path in (ROOT / "terraform/examples").iterdir() if (path / "main.tf").is_file()]
    assert [name for name in names if f"| {name} |" not in document] == []
