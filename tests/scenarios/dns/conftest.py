"""One lab for each worker with a pair of nodes, and an internet that real name servers can iterate on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import botocore.session
import dns.flags
import dns.message
import dns.query
import dns.rdatatype
import dns.rrset
import pytest

from support import look_daemons, look_dns
from toolkit.domain.naming import Expectation, Judgement, View
from toolkit.engine.checking import Check, check
from toolkit.lab import Lab, World
from toolkit.resolve import DnsResolver

Judge = Callable[..., Judgement]


@pytest.fixture(scope="session")
def running_lab() -> Iterator[Lab]:
    with Lab.start() as lab:
        yield lab


@pytest.fixture
def lab(running_lab: Lab) -> Lab:
    running_lab.reset()
    return running_lab


@pytest.fixture
def world(lab: Lab) -> World:
    return lab.seed("pair", kinds=["eip"])


@pytest.fixture
def name(world: World) -> str:
    """The public name of the group's Elastic IP."""
    names: list[str] = world.configuration["groups"]["db"]["verify"]["names"]
    return names[0]


@pytest.fixture
def expected(world: World, name: str) -> Expectation:
    """What AWS says while db-1 holds the address."""
    return Expectation(name, frozenset({"10.0.1.10"}), frozenset({world["eip-ip"]}), {"10.0.1.20": "db-2"})


@pytest.fixture
def judge(expected: Expectation) -> Judge:
    """One server's answer, judged."""

    def ask(server: str, view: View = View.INSIDE, *, against: Expectation = expected) -> Judgement:
        (found,) = check(DnsResolver(), Check(against, [(server, view)], timeout_seconds=8.0))
        return found

    return ask


@pytest.fixture
def move(lab: Lab, world: World) -> Callable[[], None]:
    """Moves the address to db-2."""

    def to_the_second() -> None:
        environment: Mapping[str, str] = lab.environment()
        client: Any = botocore.session.get_session().create_client(
            "ec2",
            endpoint_url=lab.url,
            region_name=environment["AWS_REGION"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        )
        client.associate_address(AllocationId=world["eip"], NetworkInterfaceId=world["db-2-eni"])
        client.close()

    return to_the_second


@contextmanager
def internet(outside: str, *, port: int) -> Iterator[None]:
    """A root server that knows all that the lab's outside knows, where BIND's root hints point."""
    host, _, number = outside.partition(":")

    def say(query: dns.message.Message, _: str) -> dns.message.Message:
        question = query.question[0]
        if question.rdtype == dns.rdatatype.NS and question.name == dns.name.root:
            answer = dns.message.make_response(query)
            answer.answer.append(dns.rrset.from_text(".", 60, "IN", "NS", "a.root.test."))
            answer.additional.append(dns.rrset.from_text("a.root.test.", 60, "IN", "A", look_daemons.INTERNET))
        else:
            answer = dns.query.udp(query, host, port=int(number), timeout=5)
        answer.flags |= dns.flags.AA
        return answer

    with look_dns.answering(say, host=look_daemons.INTERNET, port=port):
        yield
