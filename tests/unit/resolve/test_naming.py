from __future__ import annotations

from dataclasses import replace

import pytest

from toolkit.domain.answers import Answer, Failure
from toolkit.domain.causes import judge
from toolkit.domain.circumstances import Circumstances
from toolkit.domain.naming import Expectation, Judgement, Standing, View, by_name_alone, laggards, together

EIP = "ec2-203-0-113-10.eu-west-1.compute.amazonaws.com"
EXPECTED = Expectation(EIP, frozenset({"10.0.1.10"}), frozenset({"203.0.113.10"}), {"10.0.2.20": "db-2"})
INSIDE, OUTSIDE = View.INSIDE, View.OUTSIDE


def answer(
    *addresses: str,
    ttl: int | None = 60,
    failure: Failure | None = None,
    resolver: str = "10.0.0.5",
    chain: tuple[str, ...] = (),
    remarks: tuple[str, ...] = (),
    denied_by: str | None = None,
    policy: str | None = None,
    whole: bool = True,
) -> Answer:
    problem = None if addresses else f"problem {failure}"
    return Answer(EIP, resolver, chain, addresses, ttl, problem, failure, (), remarks, denied_by, policy, whole)


def judged(
    said: Answer, view: View = INSIDE, *, software: str | None = None, expected: Expectation = EXPECTED, **known: bool
) -> Judgement:
    return judge(said, view, expected, Circumstances(software=software, **known))


@pytest.mark.parametrize(
    ("said", "view", "standing"),
    [
        (answer("10.0.1.10"), INSIDE, Standing.RIGHT),
        (answer("203.0.113.10"), OUTSIDE, Standing.RIGHT),
        (answer("203.0.113.10"), INSIDE, Standing.WRONG_VIEW),
        (answer("10.0.1.10"), OUTSIDE, Standing.WRONG_VIEW),
        (answer("198.51.100.9"), INSIDE, Standing.WRONG_VIEW),
        (answer("10.9.9.9"), OUTSIDE, Standing.WRONG_VIEW),
        (answer("10.0.2.20"), INSIDE, Standing.STALE),
        (answer("10.0.1.10", "10.0.2.20"), INSIDE, Standing.STALE),
        (answer("10.9.9.9"), INSIDE, Standing.UNKNOWN),
        (answer("198.51.100.9"), OUTSIDE, Standing.UNKNOWN),
        (answer(failure=Failure.NXDOMAIN), INSIDE, Standing.MISSING),
        (answer(failure=Failure.EMPTY), INSIDE, Standing.MISSING),
        (answer("10.0.1.10", whole=False), INSIDE, Standing.MISSING),
        (answer(failure=Failure.SILENT), INSIDE, Standing.UNKNOWN),
        (answer(failure=Failure.CLOSED), INSIDE, Standing.UNKNOWN),
    ],
)
def test_each_answer_has_its_standing(said: Answer, view: View, standing: Standing) -> None:
    assert judged(said, view).standing is standing


@pytest.mark.parametrize("failure", Failure)
def test_every_failure_has_a_cause_and_a_remedy(failure: Failure) -> None:
    told = judged(answer(failure=failure))
    assert told.cause
    assert told.remedy


@pytest.mark.parametrize(
    ("said", "software", "words"),
    [
        (answer(failure=Failure.EMPTY, remarks=("blocked",)), "dnsmasq-2.90", "--stop-dns-rebind"),
        (answer(failure=Failure.EMPTY), "unbound 1.17.1", "private-address"),
        (answer("203.0.113.10", ttl=604_800), "9.18.49", "forward first"),
        (answer("203.0.113.10", ttl=604_800), None, "public view leaked"),
        (answer("203.0.113.10", ttl=600), None, "upstreams of different views"),
        (answer("203.0.113.10", ttl=60), None, "a peering has no remote resolution"),
        (answer("203.0.113.10", resolver="169.254.169.253"), None, "DNS hostnames are off"),
        (answer(failure=Failure.NXDOMAIN, policy="rpz.test"), "9.18.49", "response policy zone rpz.test"),
        (answer(failure=Failure.NXDOMAIN, denied_by="eu-west-1.compute.amazonaws.com"), None, "of your own shadows"),
        (answer("10.0.1.10", whole=False), "dnsmasq-2.90", "--cname"),
        (answer("10.0.2.20", ttl=1800), "dnsmasq-2.90", "--min-cache-ttl"),
        (answer("10.0.2.20", ttl=40), "dnsmasq-2.90", "address of db-2, for 40 s more"),
        (answer("10.0.2.20", remarks=("stale answer",)), "9.18.49", "serve-stale"),
        (answer("10.0.1.10", ttl=3600), "dnsmasq-2.90", "--min-cache-ttl"),
    ],
)
def test_each_pitfall_is_named(said: Answer, software: str | None, words: str) -> None:
    told = judged(said, software=software)
    assert words in told.cause
    assert told.remedy


@pytest.mark.parametrize(
    ("failure", "software", "words"),
    [
        (Failure.EMPTY, "dnsmasq-2.90", "`rebind-domain-ok=/amazonaws.com.cn/`"),
        (Failure.EMPTY, "unbound 1.17.1", '`private-domain: "amazonaws.com.cn"`'),
        (Failure.SERVFAIL, "9.18.49", '`except-from { "amazonaws.com.cn"; }`'),
    ],
)
def test_a_remedy_names_the_domain_of_the_name_s_own_partition(failure: Failure, software: str, words: str) -> None:
    said = answer(failure=failure, chain=("ec2-203-0-113-10.cn-north-1.compute.amazonaws.com.cn",))
    told = judged(replace(said, name="db.example.com"), software=software, upstream_alive=True)
    assert words in told.remedy


@pytest.mark.parametrize(("alive", "words"), [(True, "deny-answer-addresses"), (False, "problem")])
def test_bind_s_refusal_of_an_address_is_told_from_a_dead_upstream(*, alive: bool, words: str) -> None:
    assert words in judged(answer(failure=Failure.SERVFAIL), software="9.18.49", upstream_alive=alive).cause


def test_a_right_answer_with_the_ttl_of_aws_needs_no_words() -> None:
    told = judged(answer("10.0.1.10", ttl=60))
    assert (told.cause, told.remedy) == ("", "")


def test_a_name_of_an_address_without_dns_hostnames_says_so() -> None:
    assert "enableDnsHostnames" in judged(answer(failure=Failure.NXDOMAIN), hostnames_off=True).remedy


@pytest.mark.parametrize(
    ("name", "address"),
    [
        (EIP, "203.0.113.10"),
        ("ec2-203-0-113-10.compute-1.amazonaws.com", "203.0.113.10"),
        ("ec2-203-0-113-10.cn-north-1.compute.amazonaws.com.cn", "203.0.113.10"),
        ("ec2-203-0-113-10.eusc-de-east-1.compute.amazonaws.eu", "203.0.113.10"),
    ],
)
def test_the_public_address_is_read_from_a_name_of_any_partition(name: str, address: str) -> None:
    assert by_name_alone(name).outside == {address}


def test_a_name_of_your_own_is_judged_by_the_kind_of_address_where_nothing_is_known() -> None:
    nothing = by_name_alone("db.example.com")
    assert judged(answer("10.0.1.10"), INSIDE, expected=nothing).standing is Standing.RIGHT
    assert judged(answer("203.0.113.10"), INSIDE, expected=nothing).standing is Standing.WRONG_VIEW
    assert judged(answer("203.0.113.10"), OUTSIDE, expected=nothing).standing is Standing.RIGHT


def test_resolvers_of_one_side_that_differ_disagree() -> None:
    rows = [judged(answer("10.0.1.10", resolver="a")), judged(answer("10.0.2.20", resolver="b"))]
    assert together(rows) is Standing.DISAGREEING
    assert [row.resolver for row in laggards(rows)] == ["b"]


def test_the_two_sides_may_differ() -> None:
    rows = [judged(answer("10.0.1.10"), INSIDE), judged(answer("203.0.113.10"), OUTSIDE)]
    assert together(rows) is Standing.RIGHT


def test_resolvers_that_are_wrong_alike_are_that_wrong() -> None:
    rows = [judged(answer("10.0.2.20", resolver="a")), judged(answer("10.0.2.20", resolver="b"))]
    assert together(rows) is Standing.STALE


def test_a_resolver_that_is_silent_is_no_disagreement() -> None:
    rows = [judged(answer("10.0.1.10", resolver="a")), judged(answer(failure=Failure.SILENT, resolver="b"))]
    assert together(rows) is Standing.UNKNOWN


def test_nothing_asked_is_nothing_known() -> None:
    assert together([]) is Standing.UNKNOWN
