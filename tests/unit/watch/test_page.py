"""The health page and the metrics, as a browser and Prometheus get them."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from support.watch_sim import Sim, by_tcp
from toolkit.cli.watch import DEFAULT_PAGE
from toolkit.domain.errors import UsageError
from toolkit.domain.health import Belief, Verdict
from toolkit.domain.holder import Foreign, Free, HeldBy, Holder, Split, Unknown
from toolkit.testing import pair
from toolkit.watch import metrics
from toolkit.watch.page import Page, Server, is_open, place, served
from toolkit.watch.report import DEAD_SECONDS, GroupReport, Report, report
from toolkit.watch.voice import Voice

if TYPE_CHECKING:
    from collections.abc import Mapping


def group(**changes: object) -> GroupReport:
    values: dict[str, object] = {
        "holders": {"eip:eipalloc-1": HeldBy("db-1")},
        "verdicts": {"db-1": Verdict("db-1", Belief.UNHEALTHY, "refused"), "db-2": Verdict("db-2", Belief.UNKNOWN, "")},
        "looks": {"passed": 3},
        "runs": {"done": 1},
        "hold": "cooldown",
        "running": False,
        "snapshot_age_seconds": 1.5,
        "last_move_at": None,
    }
    return GroupReport(**(values | changes))  # type: ignore[arg-type]


def of(groups: Mapping[str, GroupReport], *, silent_seconds: float = 0.0) -> Report:
    return Report(groups, {"aws": True, "ledger": False}, {"refused": 2}, 0.25, silent_seconds, stopping=False)


def get(port: int, path: str) -> tuple[int, str, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, answer.headers["Content-Type"], body


def test_the_metrics_are_in_the_text_format() -> None:
    lines = metrics.text(of({"db": group()})).splitlines()
    assert 'failover_node_healthy{group="db",node="db-1"} 0.0' in lines
    assert 'failover_hold{group="db",rule="cooldown"} 1.0' in lines
    assert 'failover_away{part="aws"} 1.0' in lines
    assert "failover_round_late_seconds 0.25" in lines
    families = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(families) == len(set(families))
    assert all(line.startswith(("#", *families)) for line in lines)


def test_what_is_unknown_is_no_sample() -> None:
    text = metrics.text(of({"db": group(snapshot_age_seconds=None)}))
    assert 'node="db-2"' not in text
    assert "failover_snapshot_age_seconds{" not in text


def test_quotes_backslashes_and_ends_of_lines_are_escaped_in_labels() -> None:
    text = metrics.text(of({"db": group(holders={"k": HeldBy('a "b"\\\n')})}))
    assert 'holder="a \\"b\\"\\\\\\n"' in text


@pytest.mark.parametrize(
    ("holder", "label"),
    [
        (HeldBy("db-1"), "db-1"),
        (Free(), "(nobody)"),
        (Foreign("eni-1"), "(somebody else)"),
        (Unknown("DescribeAddresses: request 1b2c timed out"), "(unknown)"),
        (Split(("db-1", "db-2")), "(split)"),
    ],
)
def test_whoever_holds_an_address_is_a_node_or_one_of_few_words(holder: Holder, label: str) -> None:
    found = of({"db": group(holders={"eip:eipalloc-1": holder})})
    assert f'failover_address_holder{{group="db",address="eip:eipalloc-1",holder="{label}"}} 1.0' in metrics.text(found)
    assert found.as_json()["groups"]["db"]["holders"] == {"eip:eipalloc-1": str(holder)}


def test_the_page_serves_health_and_metrics_and_names_them_elsewhere() -> None:
    with served(("127.0.0.1", 0), lambda: of({"db": group()})) as port:
        status, kind, body = get(port, "/health")
        assert (status, kind, json.loads(body)["groups"]["db"]["hold"]) == (200, "application/json", "cooldown")
        assert get(port, "/metrics")[:2] == (200, "text/plain; version=0.0.4; charset=utf-8")
        assert get(port, "/metrics?name=failover_hold")[0] == get(port, "/health?pretty")[0] == 200
        assert get(port, "/else")[0] == 404


def test_a_loop_that_hangs_is_unhealthy() -> None:
    with served(("127.0.0.1", 0), lambda: of({}, silent_seconds=DEAD_SECONDS)) as port:
        status, _, body = get(port, "/health")
    assert (status, json.loads(body)["status"]) == (503, "hanging")


def test_a_port_that_is_taken_is_a_fault_of_usage() -> None:
    with served(("127.0.0.1", 0), lambda: of({})) as port, pytest.raises(UsageError, match="in use"):
        served(("127.0.0.1", port), lambda: of({})).__enter__()


def test_the_page_begins_without_a_question_for_this_machines_name() -> None:
    server = Server(("127.0.0.1", 0), lambda: of({}))
    server.server_close()
    assert server.server_name == "127.0.0.1"


@pytest.mark.parametrize(
    "text",
    [
        "localhost:9470",
        "127.0.0.1",
        "9470",
        "::1",
        "[::1]",
        "::1:9470",
        "[127.0.0.1]:9470",
        "127.0.0.1:65536",
        "127.0.0.1:x",
    ],
)
def test_only_an_address_with_a_port_is_taken(text: str) -> None:
    with pytest.raises(UsageError, match="an address and a port"):
        place(text)


@pytest.mark.parametrize("text", ["127.0.0.1:9470", "127.1.2.3:0", "[::1]:9470"])
def test_no_other_machine_reaches_a_page_on_loopback(text: str) -> None:
    assert not is_open(place(text))


@pytest.mark.parametrize("text", ["0.0.0.0:9470", "10.0.0.1:9470", "[::]:9470", "[2001:db8::1]:9470"])
def test_a_page_elsewhere_is_known_to_be_open_to_others(text: str) -> None:
    assert is_open(place(text))


def test_the_page_is_on_loopback_unless_another_address_is_asked_for() -> None:
    assert not is_open(place(DEFAULT_PAGE))


def test_a_client_that_asks_nothing_is_left_after_a_while() -> None:
    assert 0 < (Page.timeout or 0) <= 10


def test_a_watchers_report_tells_holders_verdicts_and_runs() -> None:
    world = by_tcp(pair("eip"))
    sim = Sim(world)
    sim.after(5.0, lambda: world.prober.down.add("db-1"))
    sim.run_for(30.0)
    found = report(sim.watcher, Voice(sim.ears, world.clock.wall), world.clock).groups["db"]
    assert dict(found.holders) == {"eip:eipalloc-00000001": HeldBy("db-2")}
    assert found.verdicts["db-1"].belief is Belief.UNHEALTHY
    assert found.runs == {"done": 1}
    assert found.last_move_at is not None
