"""``failover dns`` against small name servers, in a world of fakes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import dns.message
import dns.rdatatype
import pytest
from click.testing import CliRunner, Result

from support import look_dns, look_servers
from toolkit.cli.dns import dns as command
from toolkit.cli.dns_names import Opening
from toolkit.domain.errors import UsageError
from toolkit.domain.group import Configuration, Group
from toolkit.domain.snapshot import Snapshot
from toolkit.engine.gather import reads_of
from toolkit.testing import FakeNotifier, World, pair, unreachable

EIP = "ec2-203-0-113-1.eu-west-1.compute.amazonaws.com"
INSIDE_IP, OTHER_IP, PUBLIC_IP = "10.0.1.10", "10.0.1.11", "203.0.113.1"


@dataclass
class Ports:
    """As much of an engine's ports as these commands ask for."""

    notifier: FakeNotifier


@dataclass
class Engine:
    """As much of an engine as these commands ask for."""

    world: World
    ports: Ports
    away: bool = False

    def gather(self, group: Group) -> tuple[Group, Snapshot]:
        if self.away:
            raise unreachable("DescribeAddresses")
        return group, self.world.cloud.read(reads_of(group))


@dataclass
class Bench:
    """A configuration on disk, its engine, and the servers of both sides."""

    config: Path
    engine: Engine
    inside: look_dns.Records
    outside: look_dns.Records
    servers: tuple[str, str]

    def run(self, *words: str) -> Result:
        @contextmanager
        def opened(_: Configuration) -> Iterator[Engine]:
            yield self.engine

        return CliRunner().invoke(command, list(words), obj=Opening(opened, lambda _: [INSIDE_IP]))

    def check(self, *words: str) -> dict[str, Any]:
        """The JSON of a check, with the exit code."""
        result = self.run("check", *words, "--config", str(self.config), "--json", "--timeout", "5")
        return {**json.loads(result.stdout), "exit_code": result.exit_code}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    inside = look_dns.Records(rows=[f"{EIP} 60 A {INSIDE_IP}", f"db.example.com 60 CNAME {EIP}."])
    outside = look_dns.Records(rows=[f"{EIP} 604800 A {PUBLIC_IP}", f"db.example.com 60 CNAME {EIP}."])
    world = pair("eip")
    with ExitStack() as stack:
        servers = (stack.enter_context(look_dns.answering(inside)), stack.enter_context(look_dns.answering(outside)))
        group = {
            "nodes": [{"name": node.name, "instance": node.instance} for node in world.group.members],
            "addresses": [{"kind": "eip", "id": "eipalloc-00000001"}],
            "health": {"probes": [{"tcp": 3306}]},
            "verify": {"names": ["db.example.com"], "resolvers": {"inside": [servers[0]], "outside": [servers[1]]}},
            "notify": {"sns": "arn:aws:sns:eu-west-1:111122223333:failover"},
        }
        body = {"version": 1, "region": "eu-west-1", "state": {"file": str(tmp_path)}, "groups": {"db": group}}
        config = tmp_path / "failover.json"
        config.write_text(json.dumps(body))
        yield Bench(config, Engine(world, Ports(world.notifier)), inside, outside, servers)


def standings(report: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {(j["name"], j["view"]): j["standing"] for j in report["judgements"]}


def test_check_asks_every_resolver_for_every_name_that_the_configuration_knows(bench: Bench) -> None:
    report = bench.check()
    assert standings(report) == {
        (name, view): "right" for name in (EIP, "db.example.com") for view in ("inside", "outside")
    }
    assert (report["status"], report["reason"], report["exit_code"]) == ("right", "every resolver is right", 0)


def test_check_names_the_resolver_that_is_wrong_with_cause_and_remedy(bench: Bench) -> None:
    bench.inside.rows[0] = f"{EIP} 60 A {OTHER_IP}"
    report = bench.check(EIP)
    (wrong,) = [j for j in report["judgements"] if j["standing"] != "right"]
    assert (wrong["resolver"], wrong["standing"]) == (bench.servers[0], "stale")
    assert wrong["cause"].startswith("the cache still has the address of db-2")
    assert wrong["remedy"]
    assert report["exit_code"] == 5


def test_check_follows_a_name_of_your_own_to_what_is_known_of_its_target(bench: Bench) -> None:
    bench.inside.rows += [f"www.example.com 60 CNAME {EIP}."]
    bench.outside.rows += [f"www.example.com 60 CNAME {EIP}."]
    assert set(standings(bench.check("www.example.com")).values()) == {"right"}
    bench.inside.rows[0] = f"{EIP} 60 A {OTHER_IP}"
    assert standings(bench.check("www.example.com"))["www.example.com", "inside"] == "stale"


def test_check_prints_a_table_for_people(bench: Bench) -> None:
    result = bench.run("check", EIP, "--config", str(bench.config))
    assert INSIDE_IP in result.stdout
    assert result.stdout.endswith("right: every resolver is right\n")


def test_check_goes_on_without_aws_and_says_so(bench: Bench) -> None:
    bench.engine.away = True
    report = bench.check(EIP)
    assert standings(report) == {(EIP, "inside"): "right", (EIP, "outside"): "right"}
    assert "what AWS says now is unknown" in report["remarks"][0]


def test_check_needs_no_configuration_when_the_servers_are_given(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path / "..")
    inside, outside = bench.servers
    result = bench.run("check", EIP, "--inside", outside, "--outside", inside, "--json")
    assert set(standings(json.loads(result.stdout)).values()) == {"wrong view"}


def test_a_name_of_another_account_is_told(bench: Bench) -> None:
    stranger = "ec2-198-51-100-9.eu-west-1.compute.amazonaws.com"
    bench.inside.rows += [f"{stranger} 60 A 198.51.100.9"]
    bench.outside.rows += [f"{stranger} 60 A 198.51.100.9"]
    assert f"{stranger} is no name of this configuration" in bench.check(stranger)["reason"]


def test_no_resolver_within_reach_is_told(bench: Bench) -> None:
    closed = f"127.0.0.1:{look_servers.closed()}"
    report = bench.check(EIP, "--inside", closed)
    assert (report["reason"], report["exit_code"]) == ("no resolver could be reached", 5)
    assert report["judgements"][0]["cause"] == f"nothing listens on {closed}"


@pytest.mark.parametrize(
    ("name", "words"), [("203.0.113.1", "is an IP address"), ("a b", "is no host name"), ("x..y", "is no host name")]
)
def test_what_is_no_name_is_a_usage_error(bench: Bench, name: str, words: str) -> None:
    result = bench.run("check", name, "--config", str(bench.config))
    assert isinstance(result.exception, UsageError)
    assert words in str(result.exception)


def watched(bench: Bench, rounds: int) -> list[dict[str, Any]]:
    words = ["watch", EIP, "--config", str(bench.config), "--interval", "0.01", "--timeout", "5"]
    result = bench.run(*words, "--rounds", str(rounds), "--metrics-file", str(bench.config.with_name("metrics")))
    assert result.exit_code == 0, result.exception
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_watch_tells_a_judgement_once(bench: Bench) -> None:
    told = watched(bench, 4)
    assert [(row["view"], row["standing"]) for row in told] == [("inside", "right"), ("outside", "right")]


def test_watch_finds_a_resolver_that_lies_in_one_answer_of_twenty(bench: Bench) -> None:
    """Within the 120 rounds of a minute at the default interval; told once, and the notification names it."""
    truth, asked = bench.inside, []

    def lying(query: dns.message.Message, transport: str) -> dns.message.Message:
        if query.question[0].rdtype == dns.rdatatype.A:
            asked.append(query)
            if len(asked) % 20 == 0:
                return bench.outside(query, transport)
        return truth(query, transport)

    with look_dns.answering(lying) as liar:
        text = bench.config.read_text().replace(bench.servers[0], liar)
        bench.config.write_text(text)
        told = watched(bench, 50)
    wrong = [row for row in told if row["standing"] != "right"]
    assert [(row["resolver"], row["standing"]) for row in wrong] == [(liar, "wrong view")]
    subjects = [subject for _, subject, _ in bench.engine.ports.notifier.sent]
    assert f"{EIP} at {liar} is wrong view" in subjects


def test_watch_takes_a_move_for_what_it_is(bench: Bench) -> None:
    """The answer turns with AWS: nothing is wrong, and nothing is told again."""
    world, seen = bench.engine.world, []

    def turning(query: dns.message.Message, transport: str) -> dns.message.Message:
        seen.append(query)
        if len(seen) == 9:
            elastic = world.store.elastics["eipalloc-00000001"]
            elastic.interface, elastic.private_ip = world.interface("db-2"), OTHER_IP
            bench.inside.rows[0] = f"{EIP} 60 A {OTHER_IP}"
        return bench.inside(query, transport)

    with look_dns.answering(turning) as server:
        bench.config.write_text(bench.config.read_text().replace(bench.servers[0], server))
        told = watched(bench, 12)
    assert {row["standing"] for row in told} == {"right"}
    assert len(seen) > 9


def test_watch_keeps_metrics_that_a_scraper_can_read(bench: Bench) -> None:
    watched(bench, 3)
    text = bench.config.with_name("metrics").read_text()
    labels = f'name="{EIP}",resolver="{bench.servers[0]}"'
    assert f'failover_dns_judgements_total{{{labels},view="inside",standing="right"}} 3' in text
    assert f"failover_dns_right{{{labels}}} 1" in text
    assert f"failover_dns_ttl_seconds{{{labels}}} 60" in text


def test_name_prints_what_aws_calls_the_address_and_the_records_that_lead_to_it(bench: Bench) -> None:
    result = bench.run("name", "db", "--config", str(bench.config), "--json")
    body = json.loads(result.stdout)
    assert body["addresses"] == [
        {"allocation": "eipalloc-00000001", "public_ip": PUBLIC_IP, "private_ip": INSIDE_IP, "name": EIP}
    ]
    texts: Sequence[str] = [row["text"] for row in body["records"]]
    assert f"db.example.com. 60 IN CNAME {EIP}." in texts
    (change,) = [json.loads(text) for text in texts if text.startswith("{")]
    assert change["Changes"][0]["ResourceRecordSet"]["ResourceRecords"] == [{"Value": f"{EIP}."}]
    assert replace(bench.engine.world.group).name == body["group"]


def test_name_prints_lines_to_copy_for_people(bench: Bench) -> None:
    result = bench.run("name", "--config", str(bench.config))
    assert f"\nBIND zone:\ndb.example.com. 60 IN CNAME {EIP}.\n" in result.stdout
    assert "rebind-domain-ok=/amazonaws.com/example.com/" in result.stdout


def test_a_free_address_is_listed_and_has_no_name_yet(bench: Bench) -> None:
    elastic = bench.engine.world.store.elastics["eipalloc-00000001"]
    elastic.interface = elastic.private_ip = elastic.association = None
    result = bench.run("name", "--config", str(bench.config))
    assert PUBLIC_IP in result.stdout
    assert "eipalloc-00000001 has no name: AWS names it once a node holds it" in result.stdout


def test_no_resolver_to_ask_is_a_usage_error(bench: Bench) -> None:
    body = json.loads(bench.config.read_text())
    del body["groups"]["db"]["verify"]["resolvers"]
    bench.config.write_text(json.dumps(body))
    result = bench.run("check", "--config", str(bench.config))
    assert isinstance(result.exception, UsageError)
    assert "give --inside or --outside" in str(result.exception)
