from __future__ import annotations

import subprocess
import sys

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from support import look_dns, look_servers
from toolkit.domain.answers import Answer, Failure
from toolkit.domain.errors import UsageError
from toolkit.resolve import DnsResolver

EIP = "ec2-203-0-113-10.eu-west-1.compute.amazonaws.com"


def ask(say: look_dns.Say, name: str = "db.example.com", *, timeout_seconds: float = 5.0) -> Answer:
    with look_dns.answering(say) as server:
        return DnsResolver().ask(name, server, timeout_seconds=timeout_seconds)


def test_the_chain_to_the_private_address_is_told_hop_by_hop() -> None:
    told = ask(look_dns.Records(rows=[f"db.example.com 300 CNAME {EIP}.", f"{EIP} 60 A 10.0.1.10"]))
    assert (told.chain, told.addresses, told.ttl, told.problem) == ((EIP,), ("10.0.1.10",), 60, None)
    assert [(hop.name, hop.type, hop.values, hop.ttl) for hop in told.hops] == [
        ("db.example.com", "CNAME", (EIP,), 300),
        (EIP, "A", ("10.0.1.10",), 60),
    ]
    assert {hop.server for hop in told.hops} == {told.resolver}


def test_a_chain_over_several_answers_is_followed() -> None:
    """As from a server that gives only its own records."""
    records = look_dns.Records(follows=False, rows=[f"db.example.com 300 CNAME {EIP}.", f"{EIP} 60 A 10.0.1.10"])
    assert ask(records).addresses == ("10.0.1.10",)


@pytest.mark.parametrize("follows", [True, False])
def test_a_chain_of_ten_is_followed(*, follows: bool) -> None:
    rows = [f"n{number}.example.com 60 CNAME n{number + 1}.example.com." for number in range(10)]
    told = ask(look_dns.Records(follows=follows, rows=[*rows, "n10.example.com 60 A 10.0.0.1"]), "n0.example.com")
    assert (len(told.chain), told.addresses) == (10, ("10.0.0.1",))


@pytest.mark.parametrize("follows", [True, False])
def test_a_chain_without_end_is_given_up(*, follows: bool) -> None:
    rows = [f"n{number}.example.com 60 CNAME n{number + 1}.example.com." for number in range(40)]
    assert ask(look_dns.Records(follows=follows, rows=rows), "n0.example.com").failure is Failure.TOO_LONG


@pytest.mark.parametrize("follows", [True, False])
def test_a_circle_of_cnames_is_named(*, follows: bool) -> None:
    rows = ["a.example.com 60 CNAME b.example.com.", "b.example.com 60 CNAME a.example.com."]
    told = ask(look_dns.Records(follows=follows, rows=rows), "a.example.com")
    assert told.failure is Failure.LOOP
    assert told.problem == "its CNAMEs go round in a circle at a.example.com"


def test_a_dangling_end_names_the_missing_target() -> None:
    told = ask(look_dns.Records(rows=["db.example.com 60 CNAME gone.example.com."]))
    assert (told.failure, told.chain) == (Failure.NXDOMAIN, ("gone.example.com",))
    assert "gone.example.com does not exist" in (told.problem or "")


def test_addresses_of_both_families_stand_in_one_answer() -> None:
    told = ask(look_dns.Records(rows=["db.example.com 60 A 10.0.0.1", "db.example.com 30 AAAA 2600:1f18::50"]))
    assert (told.addresses, told.ttl) == (("10.0.0.1", "2600:1f18::50"), 30)


def test_a_name_with_only_an_ipv6_address_has_no_problem() -> None:
    told = ask(look_dns.Records(rows=["db.example.com 30 AAAA 2600:1f18::50"]))
    assert (told.addresses, told.problem) == (("2600:1f18::50",), None)


def coded(code: dns.rcode.Rcode) -> look_dns.Say:
    def say(query: dns.message.Message, _: str) -> dns.message.Message:
        answer = dns.message.make_response(query)
        answer.set_rcode(code)
        return answer

    return say


def lame(query: dns.message.Message, _: str) -> dns.message.Message:
    answer = dns.message.make_response(query)
    answer.authority.append(dns.rrset.from_text("example.com.", 60, "IN", "NS", "ns.example.net."))
    return answer


@pytest.mark.parametrize(
    ("say", "failure"),
    [
        (look_dns.Records(), Failure.NXDOMAIN),
        (look_dns.Records(rows=["db.example.com 60 TXT x"]), Failure.EMPTY),
        (coded(dns.rcode.SERVFAIL), Failure.SERVFAIL),
        (coded(dns.rcode.REFUSED), Failure.REFUSED),
        (coded(dns.rcode.FORMERR), Failure.SERVFAIL),
        (lame, Failure.LAME),
    ],
    ids=["nxdomain", "empty", "servfail", "refused", "formerr", "lame"],
)
def test_each_way_to_have_no_address_is_told_apart(say: look_dns.Say, failure: Failure) -> None:
    told = ask(say)
    assert told.failure is failure
    assert told.problem
    assert not told.addresses


def test_the_server_s_own_explanation_is_kept() -> None:
    def say(query: dns.message.Message, _: str) -> dns.message.Message:
        answer = dns.message.make_response(query)
        answer.set_rcode(dns.rcode.SERVFAIL)
        answer.use_edns(0, options=[dns.edns.EDEOption(dns.edns.EDECode.BLOCKED, "by policy")])
        return answer

    assert ask(say).remarks == ("blocked: by policy",)


def test_a_truncated_answer_is_asked_for_again_over_tcp() -> None:
    """As at 512 bytes, where a server has more addresses than fit."""
    rows = [f"db.example.com 60 A 10.0.{number // 250}.{number % 250}" for number in range(400)]
    records = look_dns.Records(rows=rows)

    def say(query: dns.message.Message, transport: str) -> dns.message.Message:
        answer = records(query, transport)
        if transport == "udp":
            answer.answer.clear()
            answer.flags |= dns.flags.TC
        return answer

    told = ask(say)
    assert len(told.addresses) == 400
    assert {transport for _, _, transport in records.asked} == {"udp", "tcp"}


def test_a_server_that_knows_no_edns_is_asked_without() -> None:
    records = look_dns.Records(rows=["db.example.com 60 A 10.0.0.1"])

    def say(query: dns.message.Message, transport: str) -> dns.message.Message:
        return coded_formerr(query) if query.edns >= 0 else records(query, transport)

    def coded_formerr(query: dns.message.Message) -> dns.message.Message:
        answer = dns.message.make_response(query)
        answer.use_edns(edns=False)
        answer.set_rcode(dns.rcode.FORMERR)
        return answer

    assert ask(say).addresses == ("10.0.0.1",)


def test_lost_packets_are_sent_again() -> None:
    records = look_dns.Records(rows=["db.example.com 60 A 10.0.0.1"])
    lost: set[str] = set()

    def say(query: dns.message.Message, transport: str) -> dns.message.Message | None:
        kind = str(query.question[0])
        if kind not in lost:
            lost.add(kind)
            return None
        return records(query, transport)

    assert ask(say, timeout_seconds=0.6).addresses == ("10.0.0.1",)


def test_a_stray_answer_is_not_taken_for_ours() -> None:
    records = look_dns.Records(rows=["db.example.com 60 A 10.0.0.1"])
    strays: set[str] = set()

    def say(query: dns.message.Message, transport: str) -> dns.message.Message:
        answer = records(query, transport)
        kind = str(query.question[0])
        if kind not in strays:
            strays.add(kind)
            answer.id ^= 1
        return answer

    assert ask(say, timeout_seconds=0.6).addresses == ("10.0.0.1",)


def test_a_silent_server_is_given_up_at_the_time_limit() -> None:
    told = ask(lambda _query, _transport: None, timeout_seconds=0.06)
    assert told.failure is Failure.SILENT
    assert told.took_seconds >= 0.05


def test_a_closed_port_is_told_at_once() -> None:
    port = look_servers.closed()
    told = DnsResolver().ask("db.example.com", f"127.0.0.1:{port}", timeout_seconds=30.0)
    assert (told.failure, told.problem) == (Failure.CLOSED, f"nothing listens on 127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("203.0.113.10", "203.0.113.10 is an IP address; give the name that should lead to it"),
        ("2600:1f18::50", "2600:1f18::50 is an IP address; give the name that should lead to it"),
        ("", "there is no name; give one such as db.example.com"),
        ("a b.example.com", "'a b.example.com' is no host name; write one such as db.example.com"),
        ("db..example.com", "'db..example.com' is no host name; write one such as db.example.com"),
        ("x" * 64 + ".com", f"'{'x' * 64}.com' is no host name; write one such as db.example.com"),
    ],
)
def test_what_is_no_name_is_told_without_asking(name: str, problem: str) -> None:
    records = look_dns.Records()
    told = ask(records, name)
    assert (told.failure, told.problem) == (Failure.BAD_NAME, problem)
    assert records.asked == []


def test_the_final_dot_and_capitals_do_not_matter() -> None:
    assert ask(look_dns.Records(rows=["db.example.com 60 A 10.0.0.1"]), "DB.Example.com.").addresses == ("10.0.0.1",)


@pytest.mark.parametrize("text", ["127.0.0.1:0", "127.0.0.1:port", ":53", "127.0.0.1:99999", "x" * 64 + ".localhost"])
def test_what_is_no_resolver_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match=r"write its IP address, or host:port"):
        DnsResolver().ask("db.example.com", text, timeout_seconds=1.0)


def test_importing_the_resolver_imports_no_dnspython() -> None:
    code = "import sys, toolkit.resolve; assert not [m for m in sys.modules if m == 'dns' or m.startswith('dns.')]"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_answer_goes_into_json() -> None:
    told = ask(look_dns.Records(rows=["db.example.com 60 A 10.0.0.1"])).as_json()
    assert told["addresses"] == ["10.0.0.1"]
    assert told["hops"][0]["type"] == "A"
